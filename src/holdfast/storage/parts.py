"""Cut long lists into parts that a statement takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
PART = 500
"""Values of one IN; SQLite takes 999 parameters in its older versions, and a statement has others too."""


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the values in their order, at most `PART` at a time."""
    return (values[start : start + PART] for start in range(0, len(values), PART))
