"""Scores of a ranked list against graded relevance."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def ndcg(ranked: Sequence[str], relevance: Mapping[str, int], *, k: int = 10) -> float:
    """Return normalised discounted cumulative gain at k, 0 to 1; 0 when nothing is relevant.

    Gain 2^grade - 1, discount log2(rank + 1): Burges et al. (2005), as trec_eval's `ndcg_cut` with
    exponential gain (the same as linear gain for grades 0 and 1).
    """
    gained = sum(_gain(relevance.get(name, 0), rank) for rank, name in enumerate(ranked[:k], 1))
    best = sorted(relevance.values(), reverse=True)[:k]
    ideal = sum(_gain(grade, rank) for rank, grade in enumerate(best, 1))
    return gained / ideal if ideal else 0.0


def _gain(grade: int, rank: int) -> float:
    return (2.0**grade - 1) / math.log2(rank + 1)


def reciprocal_rank(ranked: Sequence[str], relevance: Mapping[str, int], *, k: int = 10) -> float:
    """Return 1 / rank of the first relevant name within k, else 0."""
    for rank, name in enumerate(ranked[:k], 1):
        if relevance.get(name, 0) > 0:
            return 1.0 / rank
    return 0.0


def recall(ranked: Sequence[str], relevance: Mapping[str, int], *, k: int) -> float:
    """Return the share of relevant names within k, 0 to 1; 0 when nothing is relevant."""
    relevant = {name for name, grade in relevance.items() if grade > 0}
    return len(relevant.intersection(ranked[:k])) / len(relevant) if relevant else 0.0
