"""Compare a question's vector with those of the chunks, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from holdfast.domain.hits import Candidate
from holdfast.domain.queries import FloatArray
from holdfast.stages.indexing.damage import are_unit, unreadable

PICKED_BELOW = 3
"""Where fewer than one in so many may be found these are picked out; else all are compared."""


def scanned(mask: npt.NDArray[np.bool_], inside: int) -> int:
    """Return how many vectors `nearest` compares for a mask that lets `inside` through."""
    return inside if inside * PICKED_BELOW < len(mask) else len(mask)


def nearest(
    vectors: FloatArray,
    slots: npt.NDArray[Any],
    mask: npt.NDArray[np.bool_],
    inside: int,
    vector: FloatArray,
    *,
    limit: int,
) -> list[Candidate]:
    """Return up to `limit` chunks by cosine, best first, of the entries that the mask lets through.

    `vectors` has shape (entries, dimension), L2-normalised, `slots` and `mask` (entries,), `vector`
    (dimension,). Raises IndexUnavailable where the vectors found are damaged.
    """
    if scanned(mask, inside) < len(mask):
        return nearest_of(vectors, slots, np.flatnonzero(mask), vector, limit=limit)
    scores = np.where(mask, _scores(vectors, vector), -np.inf)
    return _top(vectors, slots, np.arange(len(mask)), scores, min(limit, inside))


def nearest_of(
    vectors: FloatArray,
    slots: npt.NDArray[Any],
    places: npt.NDArray[np.int64],
    vector: FloatArray,
    *,
    limit: int,
) -> list[Candidate]:
    """Return the same of the entries at these places, shape (places,)."""
    picked = np.asarray(vectors)[places]  # a memory map makes each of its parts one again
    return _top(picked, slots, places, _scores(picked, vector), limit)


def _scores(vectors: FloatArray, vector: FloatArray) -> FloatArray:
    # Not `vectors @ vector`: BLAS splits that over threads which then wait for each other (measured on
    # two busy cores, 30,000 x 384: 8.0 ms against 1.8 ms, and the same on every run).
    with np.errstate(all="ignore"):  # damaged files hold what is no number; `_top` notices
        scores: FloatArray = np.vecdot(vectors, vector)
    return scores


def _top(
    compared: FloatArray,
    slots: npt.NDArray[Any],
    places: npt.NDArray[np.int64],
    scores: npt.NDArray[Any],
    limit: int,
) -> list[Candidate]:
    k = min(limit, len(places))
    part = np.argpartition(-scores, k - 1)[:k]
    # Ties are broken by place, so that the same question gives the same list every time.
    order = part[np.lexsort((places[part], -scores[part]))]
    if not are_unit(compared[order]):
        raise unreadable("dense")
    chunks = slots["chunk"][places[order]]
    return list(map(Candidate, chunks.tolist(), scores[order].tolist()))
