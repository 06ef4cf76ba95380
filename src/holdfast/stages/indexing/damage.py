"""Tell whether the files of an index hold what was written into them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.domain.queries import FloatArray
from holdfast.errors import IndexUnavailable

LIST = "meta.json"
_END = (1337).to_bytes(4, "little")
"""What tantivy writes last into every file of terms (its footer's magic number)."""

UNIT_WITHIN = 1e-3
"""How far the square of a vector's length may lie from 1: rounding moves it by less than 1e-5."""


def are_whole(folder: Path) -> bool:
    """Return whether each file that the list of a tantivy index names ends as it was written.

    To open one that was cut short, tantivy 0.27 panics: that kills the search and prints a trace of Rust.
    """
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
        segments = {str(segment["segment_id"]).replace("-", "") for segment in listed["segments"]}
        return all(_has_end(file) for file in _files_of(folder, segments))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _files_of(folder: Path, segments: set[str]) -> Iterator[str]:
    with os.scandir(folder) as entries:
        yield from (entry.path for entry in entries if entry.name.partition(".")[0] in segments)


def _has_end(file: str) -> bool:
    with open(file, "rb") as opened:  # noqa: PTH123 -- a Path for each of hundreds costs more than the look
        if opened.seek(0, os.SEEK_END) < len(_END):
            return False
        opened.seek(-len(_END), os.SEEK_END)
        return opened.read() == _END


def are_unit(vectors: FloatArray) -> bool:
    """Return whether every vector has the length 1 (or 0) with which it was written."""
    with np.errstate(all="ignore"):
        squares = np.vecdot(vectors, vectors)
    return bool(np.all((np.abs(squares - 1) < UNIT_WITHIN) | (squares == 0)))


def are_states(values: npt.NDArray[Any], *, below: int) -> bool:
    """Return whether every value is one of so many states, which are counted from 0."""
    return bool(np.all(values < below))


def unreadable(leg: str) -> IndexUnavailable:
    """Return what a search raises when a leg's files are damaged; the index then builds them anew."""
    return IndexUnavailable(
        f"the {leg} index cannot be read", stage="indexing", move="Run `holdfast sync --rebuild`."
    )
