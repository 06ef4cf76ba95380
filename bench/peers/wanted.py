"""Say which environment a peer's packages belong into when they are not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class PeerMissing(Exception):
    """A peer's packages are not in this environment."""


@contextmanager
def wanted(name: str) -> Iterator[None]:
    """Turn a failed import into PeerMissing, which says where the packages come from."""
    try:
        yield
    except ImportError as error:
        raise PeerMissing(
            f"peers: {name} cannot be imported here ({error}). Run it by bench/peers/run.py, which makes an "
            f"environment from bench/peers/requirements-{name}.txt"
        ) from error
