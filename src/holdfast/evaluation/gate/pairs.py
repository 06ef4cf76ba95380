"""One metric's values of a baseline beside a candidate's, a case each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import Clustered, Floats, likeness


class Added(NamedTuple):
    """How many repeats came after the first look, on each side."""

    baseline: int
    candidate: int


NONE_ADDED = Added(0, 0)


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
    first: tuple[int, int] | None = None
    """How many values of the baseline and the candidate were there when more were asked for; None: all
    came at once."""
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
        return len({*self.first_baseline, *self.first_candidate}) > 1

    @property
    def first_baseline(self) -> tuple[float, ...]:
        """Return the baseline's values of the first look."""
        return self.baseline[: self.first[0]] if self.first else self.baseline

    @property
    def first_candidate(self) -> tuple[float, ...]:
        """Return the candidate's values of the first look."""
        return self.candidate[: self.first[1]] if self.first else self.candidate

    @property
    def added(self) -> Added:
        """Return how many values came after the first look."""
        return Added(
            len(self.baseline) - len(self.first_baseline), len(self.candidate) - len(self.first_candidate)
        )

    def baseline_mean(self, added: Added) -> float:
        """Return `estimate` of the baseline."""
        return estimate(self.first_baseline, self.baseline, added.baseline, self.chance)

    def candidate_mean(self, added: Added) -> float:
        """Return `estimate` of the candidate."""
        return estimate(self.first_candidate, self.candidate, added.candidate, self.chance)

    def difference(self, added: Added) -> float:
        """Return how much higher the candidate is; `added` is the same for all cases of a comparison."""
        return self.candidate_mean(added) - self.baseline_mean(added)


def estimate(first: tuple[float, ...], values: tuple[float, ...], times: int, chance: float) -> float:
    """Return a case's mean value, without bias though only some cases were repeated.

    `times` is how many repeats were added at most to a case of the comparison. With the mean f of the
    first look's n values, m of the added ones and a = times / (n + times): f + a / chance * (m - f) where
    the case was picked, f where not. A case picked for sure gets the plain mean of all its values; one
    picked with chance 1/2 counts for the one that was not. Its expectation is the case's true mean
    whatever the picking looked at: the difference estimator of two-phase sampling, Särndal, Swensson,
    Wretman, "Model Assisted Survey Sampling" (1992), section 9.6, after Neyman, "Contribution to the theory
    of sampling human populations" (JASA, 1938).
    """
    before = math.fsum(first) / len(first)
    if len(values) == len(first):
        return before
    after = math.fsum(values[len(first) :]) / (len(values) - len(first))
    return before + times / (len(first) + times) / chance * (after - before)


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


@dataclass(frozen=True, slots=True)
class Sides:
    """Each case's mean value on both sides, in the metric's unit; shape (cases,)."""

    baseline: Floats
    candidate: Floats
    added: Added


def sides_of(pairs: Sequence[Paired]) -> Sides:
    """Return both sides' means; all pairs computed."""
    added = most_added(pairs)
    return Sides(
        np.array([one.baseline_mean(added) for one in pairs]),
        np.array([one.candidate_mean(added) for one in pairs]),
        added,
    )


def sampled(metric: Metric, pairs: Sequence[Paired], sides: Sides) -> Clustered:
    """Return the differences by cluster, below 0 where the candidate is worse."""
    differences = sides.candidate - sides.baseline
    if not metric.higher_is_better:
        differences = -differences
    names, labels = np.unique([one.cluster for one in pairs], return_inverse=True)
    return Clustered(
        sums=np.bincount(labels, weights=differences, minlength=len(names)).astype(np.float64),
        sizes=np.bincount(labels, minlength=len(names)).astype(np.float64),
        bound=_largest_difference(metric, pairs, float(np.abs(differences).max()), sides.added),
        together=likeness(differences, labels),
    )


def most_added(pairs: Sequence[Paired]) -> Added:
    """Return how many repeats were added to the case that got most, on each side."""
    counts = [one.added for one in pairs if one.first]
    if not counts:
        return NONE_ADDED
    return Added(max(one.baseline for one in counts), max(one.candidate for one in counts))


def _largest_difference(metric: Metric, pairs: Sequence[Paired], seen: float, added: Added) -> float:
    """Return by how much a case can differ at most, in the metric's unit.

    A share: 1. A count: 1, as long as no larger difference was seen. Else twice the largest difference
    seen, or the largest value where none was; an assumption, which no test of a mean can do
    without: Bahadur and Savage, "The nonexistence of certain statistical procedures in nonparametric
    problems" (Annals of Mathematical Statistics, 1956). Infinite where all values are 0. Cases picked with
    a chance below 1 count for several, so they may differ by as much more.
    """
    weight = max(
        (
            times / (len(first) + times) / one.chance
            for one in pairs
            if one.first
            for times, first in (
                (added.baseline, one.first_baseline),
                (added.candidate, one.first_candidate),
            )
        ),
        default=1.0,
    )
    if metric.unit == "share":
        return max(1.0, weight, seen)
    if metric.unit in ("count", "characters"):
        return max(1.0, weight) * (1.0 if seen <= 1 else 2 * seen)
    if seen > 0:
        return 2 * seen
    largest = max(abs(value) for one in pairs for value in (*one.baseline, *one.candidate))
    return largest if largest > 0 else math.inf
