"""Say before a run how small a difference it can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.needs import POWER
from holdfast.evaluation.gate.pairs import Paired, sampled, sides_of
from holdfast.evaluation.gate.verdict import LEVEL
from holdfast.evaluation.intervals import NORMAL

_ROUNDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """What a run of so many cases can show."""

    cases: int
    repeats: int
    drop: float
    """The smallest drop that is found *worse* with probability `power`, in the metric's unit; inf: none."""
    margin: float
    """The smallest margin with which no change is found *not worse* with probability `power`."""
    power: float
    is_share: bool

    def __str__(self) -> str:
        """Return the sentence to show before the run; points are rounded up."""
        if math.isinf(self.drop):
            counted = f"{self.cases} case{'' if self.cases == 1 else 's'}"
            return f"with {counted} no drop can be seen: add cases from more documents"
        drop, margin = (
            (f"{math.ceil(self.drop * 100)} points", f"{math.ceil(self.margin * 100)} points")
            if self.is_share
            else (f"{self.drop:.3g}", f"{self.margin:.3g}")
        )
        return (
            f"with {self.cases} cases you can see a drop of {drop}, "
            f"and rule out one of {margin} where nothing changed"
        )


def detectable(
    *,
    cases: int,
    flips: float | None = None,
    spread: float | None = None,
    clusters: int | None = None,
    repeats: int = 1,
    bound: float = 1.0,
    level: float = LEVEL,
    power: float = POWER,
) -> Detectable:
    """Return the smallest drop that so many cases show, from an assumed or a measured variance.

    Give one of `flips`, the probability that a case's answer of right or wrong comes out otherwise when it
    is run again; or `spread`, the standard deviation of a case's paired difference at one repeat of each
    side where nothing has changed (`noise_of` measures it). A drop brings variance of its own: as for a
    share, a drop of d is taken as d of the cases lost wholly, which adds d (1 - d), the worst case; 1/4 from
    half of the cases on. With
    z for the interval and the power, n the clusters: drop = (z + z) sqrt(variance / n) + bound / n, the last
    for the one cluster that Gaffke's bound adds (`upper_bound`). Below six clusters (at a level of .95) no
    drop can be seen: the rarest of 2^5 sign flips is not rare enough. `bound` is how much a case can
    differ, in the metric's unit. Raises ValueError unless exactly one of the two is given, and on no cases.
    """
    if cases < 1:
        raise ValueError("gate: no cases, nothing can be seen; write golden cases first")
    if (flips is None) == (spread is None):
        raise ValueError("gate: say either flips or spread to know what can be seen")
    noise = spread**2 if spread is not None else 2 * (flips or 0.0) * (1 - (flips or 0.0))
    count, tail = clusters or cases, (1 - level) / 2
    reach = NORMAL.inv_cdf(1 - tail) + NORMAL.inv_cdf(power)
    unseen = bound / (count + 1)
    margin = max(bound * (1 - tail ** (1 / count)), reach * math.sqrt(noise / repeats / count) + unseen)
    drop = bound
    for _ in range(_ROUNDS):
        lost = min(drop / bound, 0.5)
        variance = noise / repeats + bound**2 * lost * (1 - lost)
        drop = min(reach * math.sqrt(variance / count) + unseen, bound)
    fewest = math.ceil(-math.log2(tail))
    return Detectable(
        cases=cases,
        repeats=repeats,
        drop=drop if count >= fewest else math.inf,
        margin=min(margin, bound),
        power=power,
        is_share=bound == 1.0,
    )


def noise_of(metric: Metric, pairs: Sequence[Paired]) -> float:
    """Return the standard deviation of a case's difference as measured, between clusters.

    Of `sampled` differences, so that cases of one cluster that move together count: s = the standard error
    times the square root of the clusters. Raises ValueError on fewer than two clusters.
    """
    computed = [one for one in pairs if one.is_computed]
    if len({one.cluster for one in computed}) < 2:  # noqa: PLR2004 -- one cluster says nothing of how they differ
        raise ValueError("gate: fewer than two clusters of cases, no variance can be measured")
    sample = sampled(metric, computed, sides_of(computed))
    return sample.error * math.sqrt(len(sample.sums))


def flips_of(pairs: Sequence[Paired]) -> float | None:
    """Return with what probability f a run comes out otherwise; None where nothing was repeated.

    Two repeats of a case that is right or wrong differ with probability 2 f (1 - f), solved for f.
    """
    sides = [np.array(side) for one in pairs for side in (one.baseline, one.candidate) if len(side) > 1]
    if not sides:
        return None
    differing = float(np.mean([_disagreement(side) for side in sides]))
    return (1 - math.sqrt(max(1 - 2 * differing, 0.0))) / 2


def _disagreement(side: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    differs = side[:, None] != side[None, :]
    return float(differs.sum()) / (len(side) * (len(side) - 1))
