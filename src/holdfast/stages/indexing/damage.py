"""Tell whether the files of an index hold what was written into them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.domain.queries import FloatArray
from holdfast.errors import IndexUnavailable

UNIT_WITHIN = 1e-3
"""How far the square of a vector's length may lie from 1: rounding moves it by less than 1e-5."""
_PANIC = "PanicException"
"""What tantivy's binding raises where Rust panics; it is no Exception, and has no name to import."""


def are_unit(vectors: FloatArray) -> bool:
    """Return whether every vector has the length 1 (or 0) with which it was written."""
    with np.errstate(all="ignore"):
        squares = np.vecdot(vectors, vectors)
    return bool(np.all((np.abs(squares - 1) < UNIT_WITHIN) | (squares == 0)))


def are_states(values: npt.NDArray[Any], *, below: int) -> bool:
    """Return whether every value is one of so many states, which are counted from 0."""
    return bool(np.all(values < below))


def is_cut(path: Path | str, size: int) -> bool:
    """Return whether a file that was mapped at this size (bytes) is shorter now.

    To read behind its end would end the process (SIGBUS). One that is gone is still there for who has
    mapped it.
    """
    try:
        return os.stat(path).st_size < size  # noqa: PTH116 - asked for each file at each search
    except OSError:
        return False


def unreadable(leg: str) -> IndexUnavailable:
    """Return what a search raises when a leg's files are damaged; the index then builds them anew."""
    return IndexUnavailable(
        f"the {leg} index cannot be read", stage="indexing", move="Run `holdfast sync --rebuild`."
    )


@contextmanager
def read_by(leg: str) -> Iterator[None]:
    """Raise IndexUnavailable for whatever an engine says when it meets bytes that it cannot have written."""
    try:
        yield
    except (ValueError, OSError) as error:
        raise unreadable(leg) from error
    except BaseException as error:
        if type(error).__name__ == _PANIC:
            raise unreadable(leg) from error
        raise
