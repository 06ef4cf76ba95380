"""Fuse the lists of several legs or queries into one, by chunk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from holdfast.domain.hits import Hit


def proportional(
    legs: Mapping[str, Sequence[Hit]], weights: Mapping[str, float], *, depth: int
) -> tuple[Hit, ...]:
    """Return all hits by the weighted sum of their shares of each leg's best score, best first.

    Both legs have a floor that means "nothing in common" (BM25 0, cosine about 0), so a share keeps
    how far the best is ahead, which scaling between best and worst throws away. A hit missing from a
    leg's list that was cut at `depth` gets that leg's lowest share, for it scored there at most as
    much; one missing from a shorter list has nothing in common with the query, and gets 0. Convex
    combination with the theoretical minimum: Bruch, Gai, Ingber (2023), section 4.2.
    """
    points = {}
    for name, hits in legs.items():
        best = max((hit.score for hit in hits), default=0.0)
        points[name] = {hit.chunk_id: hit.score / best if best > 0 else 0.0 for hit in hits}
    floors = {name: min(scores.values()) for name, scores in points.items() if len(scores) >= depth}
    return _fused(points, legs, weights, floors)


def minmax(legs: Mapping[str, Sequence[Hit]], weights: Mapping[str, float]) -> tuple[Hit, ...]:
    """Return all hits by the weighted sum of their scaled scores, best first, each leg's place kept.

    A leg's scores are scaled linearly so that its best is 1 and its worst 0; a hit that a leg did not
    find gets 0 from it. Formula: Bruch, Gai, Ingber, "An Analysis of Fusion Functions for Hybrid
    Retrieval" (2023), convex combination with min-max scaling.
    """
    return _fused({name: _scaled(hits) for name, hits in legs.items()}, legs, weights)


def reciprocal_rank(
    legs: Mapping[str, Sequence[Hit]], weights: Mapping[str, float], *, k: int
) -> tuple[Hit, ...]:
    """Return all hits by the weighted sum of 1 / (k + rank), best first.

    Formula: Cormack, Clarke, Buettcher, "Reciprocal Rank Fusion outperforms Condorcet" (2009).
    """
    points = {
        name: {hit.chunk_id: 1.0 / (k + rank) for rank, hit in enumerate(hits, 1)}
        for name, hits in legs.items()
    }
    return _fused(points, legs, weights)


def _scaled(hits: Sequence[Hit]) -> dict[int, float]:
    if not hits:
        return {}
    scores = [hit.score for hit in hits]
    low, high = min(scores), max(scores)
    if high == low:
        return {hit.chunk_id: 1.0 for hit in hits}
    return {hit.chunk_id: (hit.score - low) / (high - low) for hit in hits}


def _fused(
    points: Mapping[str, Mapping[int, float]],
    legs: Mapping[str, Sequence[Hit]],
    weights: Mapping[str, float],
    floors: Mapping[str, float] | None = None,
) -> tuple[Hit, ...]:
    unseen = floors or {}
    merged: dict[int, Hit] = {}
    for hits in legs.values():
        for hit in hits:
            there = merged.get(hit.chunk_id)
            merged[hit.chunk_id] = hit if there is None else replace(there, legs={**there.legs, **hit.legs})
    scores = {
        number: sum(
            weights[name] * scored.get(number, unseen.get(name, 0.0)) for name, scored in points.items()
        )
        for number in merged
    }
    # Ties by chunk, so that the same question gives the same list every time.
    order = sorted(merged, key=lambda number: (-scores[number], number))
    return tuple(replace(merged[number], score=scores[number]) for number in order)
