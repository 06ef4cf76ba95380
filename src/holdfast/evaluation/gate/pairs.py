"""One metric's values of a baseline beside a candidate's, a case each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import Clustered


@dataclass(frozen=True, slots=True)
class Paired:
    """One case's values of one metric, one per repeat; empty: it could not be computed.

    Raises ValueError on a value that is not a finite number and on a chance outside (0, 1].
    """

    case: str
    cluster: str
    """The source document or the declared key: cases of one cluster are not independent."""
    baseline: tuple[float, ...]
    """In the metric's unit, the first look's repeats first."""
    candidate: tuple[float, ...]
    is_high_risk: bool = False
    first: int = 0
    """How many repeats of each side were there when more were asked for; 0: all came at once."""
    chance: float = 1.0
    """With what probability this case was picked for more repeats (`Repeat.chance`)."""

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (*self.baseline, *self.candidate))):
            raise ValueError(
                f"gate: a value of the case {self.case!r} is not a finite number; "
                "leave out what was not computed"
            )
        if not 0 < self.chance <= 1:
            raise ValueError(f"gate: the case {self.case!r} has a chance of {self.chance}, not in (0, 1]")

    @property
    def is_computed(self) -> bool:
        """Return whether there is a value on both sides."""
        return bool(self.baseline and self.candidate)

    @property
    def has_moved(self) -> bool:
        """Return whether any two values of the first look differ, of either side.

        Exchanging baseline and candidate does not change it: that keeps the gate's error in check.
        """
        seen = {*self.at_first(self.baseline), *self.at_first(self.candidate)}
        return len(seen) > 1

    def at_first(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """Return the values of the first look."""
        return values[: self.first or None]

    def difference(self, times: int) -> float:
        """Return how much higher the candidate is, without bias though not all cases were repeated."""
        return self.estimate(self.candidate, times) - self.estimate(self.baseline, times)

    def estimate(self, values: tuple[float, ...], times: int) -> float:
        """Return a side's mean value; `times` is how many repeats were added to those cases picked.

        With the mean f of the first look's n values, m of the added ones and a = times / (n + times):
        f + a / chance * (m - f) where the case was picked, f where not. A case picked for sure gets the
        plain mean of all its values; one picked with chance 1/2 counts for the one that was not. Its
        expectation is the case's true mean whatever the picking looked at: the difference estimator of
        two-phase sampling, Särndal, Swensson, Wretman, "Model Assisted Survey Sampling" (1992),
        section 9.6, after Neyman, "Contribution to the theory of sampling human populations" (JASA, 1938).
        """
        if not self.first or len(values) <= self.first:
            return math.fsum(values) / len(values)
        first = math.fsum(values[: self.first]) / self.first
        added = math.fsum(values[self.first :]) / (len(values) - self.first)
        return first + times / (self.first + times) / self.chance * (added - first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """The cases that can be compared, and which cannot, for what reason."""

    pairs: tuple[Paired, ...]
    only_baseline: tuple[str, ...]
    only_candidate: tuple[str, ...]
    not_computed: tuple[str, ...]
    """In both, but without a value on one side at least."""


def pair(
    baseline: Mapping[str, Sequence[float | None]],
    candidate: Mapping[str, Sequence[float | None]],
    *,
    cluster_of: Mapping[str, str],
    high_risk: frozenset[str] = frozenset(),
) -> Common:
    """Return one metric's cases side by side, in the order of their ids; None: not computed.

    A case that `cluster_of` does not name is a cluster of its own.
    """
    pairs = [
        Paired(
            case,
            cluster_of.get(case, case),
            tuple(value for value in baseline[case] if value is not None),
            tuple(value for value in candidate[case] if value is not None),
            case in high_risk,
        )
        for case in sorted(baseline.keys() & candidate.keys())
    ]
    return Common(
        pairs=tuple(one for one in pairs if one.is_computed),
        only_baseline=tuple(sorted(baseline.keys() - candidate.keys())),
        only_candidate=tuple(sorted(candidate.keys() - baseline.keys())),
        not_computed=tuple(one.case for one in pairs if not one.is_computed),
    )


def sampled(metric: Metric, pairs: Sequence[Paired]) -> Clustered:
    """Return the differences by cluster, below 0 where the candidate is worse; all pairs computed."""
    times = added_times(pairs)
    sign = 1.0 if metric.higher_is_better else -1.0
    differences = np.array([sign * one.difference(times) for one in pairs])
    names, labels = np.unique([one.cluster for one in pairs], return_inverse=True)
    return Clustered(
        sums=np.bincount(labels, weights=differences, minlength=len(names)).astype(np.float64),
        sizes=np.bincount(labels, minlength=len(names)).astype(np.float64),
        bound=_largest_difference(metric, pairs, float(np.abs(differences).max()), times),
    )


def added_times(pairs: Sequence[Paired]) -> int:
    """Return how many repeats were added to the cases picked: the most that one has."""
    return max(
        (max(len(one.baseline), len(one.candidate)) - one.first for one in pairs if one.first), default=0
    )


def _largest_difference(metric: Metric, pairs: Sequence[Paired], seen: float, times: int) -> float:
    """Return by how much a case can differ at most, in the metric's unit.

    A share: 1. A count: the largest difference seen, at least 1. A unit without an end: twice the largest
    difference seen, or the largest value where none was; an assumption, which no test of a mean can do
    without: Bahadur and Savage, "The nonexistence of certain statistical procedures in nonparametric
    problems" (Annals of Mathematical Statistics, 1956). Infinite where all values are 0. Cases picked with
    a chance below 1 count for several, so they may differ by as much more.
    """
    weight = max(
        (times / (one.first + times) / one.chance for one in pairs if one.first and times), default=1.0
    )
    if metric.unit == "share":
        return max(1.0, weight, seen)
    if metric.unit in ("count", "characters"):
        return max(1.0, weight) * max(1.0, seen)
    if seen > 0:
        return 2 * seen
    largest = max(abs(value) for one in pairs for value in (*one.baseline, *one.candidate))
    return largest if largest > 0 else math.inf
