"""Bounds of a share that hold exactly, however few were counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from holdfast.evaluation.calibration.drafts import Flags, Floats, Labels
from holdfast.evaluation.gate.bounds import Clustered
from holdfast.evaluation.gate.bounds import upper_bound as clustered_upper_bound

_HALVINGS = 60
MOST_COUNTED = 20_000
"""More cases than this nobody reviews; a larger need is told as unreachable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many of some drafts are wrong, by cluster."""

    wrong: Floats
    """Shape (clusters,)."""
    sizes: Floats
    """Drafts in each cluster, none empty; shape (clusters,)."""

    @property
    def of(self) -> int:
        """Return how many drafts were counted."""
        return int(self.sizes.sum())

    @property
    def count(self) -> int:
        """Return how many are wrong."""
        return int(self.wrong.sum())

    @property
    def share(self) -> float:
        """Return the share that is wrong; 0 of none."""
        return self.count / self.of if self.of else 0.0

    def at_best(self) -> Counted:
        """Return the same drafts with none of them wrong."""
        return Counted(wrong=np.zeros_like(self.wrong), sizes=self.sizes)

    def bound(self, tail: float) -> float:
        """Return a share that the true one exceeds with probability `tail` at most; 1 for no draft.

        Clopper and Pearson's where every draft is a cluster of its own; else that of the gate, which
        weights whole clusters at random and is the same for clusters of one.
        """
        if not self.of:
            return 1.0
        if self.of == len(self.sizes):
            return upper_share(self.count, self.of, tail)
        return min(1.0, clustered_upper_bound(Clustered(sums=self.wrong, sizes=self.sizes, bound=1.0), tail))


def counted(is_wrong: Flags, clusters: Labels, among: Flags) -> Counted:
    """Return the wrong ones among some drafts by cluster."""
    sizes = np.bincount(clusters[among]).astype(np.float64)
    wrong = np.bincount(clusters[among], weights=is_wrong[among].astype(np.float64)).astype(np.float64)
    held = sizes > 0
    return Counted(wrong=wrong[held], sizes=sizes[held])


def upper_share(count: int, of: int, tail: float) -> float:
    """Return the largest share under which `count` or fewer of `of` have at least this probability.

    Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial"
    (Biometrika, 1934).
    """
    if count >= of:
        return 1.0
    if count == 0:
        return float(-math.expm1(math.log(tail) / of))
    ways = _log_ways(count, of)
    low, high = count / of, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _at_most(ways, count, of, middle) > tail:
            low = middle
        else:
            high = middle
    return high


def lower_share(count: int, of: int, tail: float) -> float:
    """Return the smallest share under which `count` or more of `of` have at least this probability."""
    return 1 - upper_share(of - count, of, tail)


def answered_needed(rate: float, *, budget: float, tail: float) -> int | None:
    """Return how many answered cases promise the budget when this share of them is wrong.

    None: no number does, for the share is not below the budget.
    """
    if rate >= budget:
        return None
    low, high = 0, 1
    while upper_share(_expected(rate, high), high, tail) > budget:
        low, high = high, high * 2
        if high > MOST_COUNTED:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if upper_share(_expected(rate, middle), middle, tail) > budget:
            low = middle
        else:
            high = middle
    return high


def _expected(rate: float, of: int) -> int:
    """Return how many are wrong of so many."""
    return math.floor(rate * of + 0.5)


def _log_ways(count: int, of: int) -> Floats:
    """Return the logarithm of `of` choose 0, 1, ... `count`; shape (count + 1,)."""
    steps = np.arange(1, count + 1, dtype=np.float64)
    return np.concatenate(([0.0], np.cumsum(np.log(of - steps + 1) - np.log(steps))))


def _at_most(ways: Floats, count: int, of: int, share: float) -> float:
    hits = np.arange(count + 1, dtype=np.float64)
    logs = ways + hits * math.log(share) + (of - hits) * math.log1p(-min(share, 1 - 1e-16))
    largest = float(logs.max())
    return float(math.exp(largest) * np.exp(logs - largest).sum())
