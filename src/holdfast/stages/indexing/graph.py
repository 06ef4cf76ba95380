"""The HNSW graph over many vectors, kept by usearch in a memory-mapped file."""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.domain.queries import FloatArray

with suppress(OSError):  # other systems name it otherwise, and bind symbols otherwise
    # usearch 2.26 carries a C++ library within it. Where the system's is not loaded for all before it, an
    # onnxruntime that is imported later binds to half of each, and ends the process (segmentation fault).
    ctypes.CDLL("libstdc++.so.6", mode=ctypes.RTLD_GLOBAL)
from usearch.index import Index

PRECISION = "i8"
"""Of the graph's own copies of the vectors: it narrows only, what it finds is compared as it stands.

Beside half precision ("f16", as it was before) over 28,717 chunks and 251 questions, asked for 432: .991 of
best hundred where that found .990, in .6 of the time, built in .55 of its CPU. A file says in which it
was begun and goes on so, hence one of before is searched and extended until the index is built anew.
"""
CONNECTIVITY = 16
EXPANSION_ADD = 128
EXPANSION_SEARCH = 192
_BATCH = 20_000


def build(path: Path, vectors: FloatArray, *, before: int) -> None:
    """Write the graph over all vectors, keyed by their place; extends one that covers `before` of them.

    One that covers more was left by a writer that was killed before it noted so; its later places may
    hold other vectors by now, so it is built from the start.
    """
    index = _empty(vectors.shape[1])
    if before and path.exists():
        index.load(str(path))
        if len(index) != before:
            index, before = _empty(vectors.shape[1]), 0
    for start in range(before, len(vectors), _BATCH):
        part = np.asarray(vectors[start : start + _BATCH])
        index.add(np.arange(start, start + len(part)), part)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    index.save(str(temporary))
    temporary.replace(path)


def view(path: Path, dimension: int) -> Any:
    """Return the graph for searching, mapped and not read; `search(vector, k).keys` gives places."""
    index = _empty(dimension)
    index.view(str(path))
    return index


def _empty(dimension: int) -> Index:
    return Index(
        ndim=dimension,
        metric="ip",
        dtype=PRECISION,
        connectivity=CONNECTIVITY,
        expansion_add=EXPANSION_ADD,
        expansion_search=EXPANSION_SEARCH,
    )
