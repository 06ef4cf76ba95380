"""Judge one metric from one interval of its paired differences."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import (
    Clustered,
    chance_by_sign_flips,
    lower_bound,
    mirrored,
    upper_bound,
)
from holdfast.evaluation.gate.pairs import Paired, sampled, sides_of
from holdfast.evaluation.intervals import NORMAL

Result = Literal["worse", "not worse", "unclear"]

LEVEL = 0.95
MOST_CASES = 1_000_000
"""What takes more than this is said to be out of reach."""
POWER = 0.8
"""How often as many cases as are said to be needed would decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the cases say of one metric."""

    metric: Metric
    result: Result
    baseline: float | None
    """Mean over cases in the metric's unit; None without a case."""
    candidate: float | None
    difference: float | None
    """Mean over cases in the metric's unit, below 0 where the candidate is worse, whatever its direction."""
    low: float
    """The interval of the difference; -inf and inf: nothing can be said."""
    high: float
    margin: float
    """A difference of less than this does not matter; in the metric's unit, not below 0."""
    level: float
    """How often such an interval covers the true difference, at least."""
    cases: int
    left_out: int
    """Cases without a value on one side; they are in none of the other figures."""
    clusters: int
    worse_cases: int
    """Cases whose mean got worse by any amount."""
    cases_needed: int | None
    """How many more would decide; 0 where it is decided, None where no number of cases would."""
    repeats_needed: int | None
    """How many more repeats of each case would decide; None: none would, or no case was repeated yet."""
    why: str
    """The result in words, with the next move where it is unclear."""


def judge(metric: Metric, pairs: Sequence[Paired], *, margin: float, level: float = LEVEL) -> Verdict:
    """Return whether the candidate is worse than the baseline, not worse, or it is unclear.

    *Worse*: the interval lies below 0 and reaches below -margin. *Not worse*: it lies above -margin. Both
    are one-sided tests at (1 - level) / 2: the first of "no worse" against "worse", the second of
    non-inferiority (Piaggio et al., "Reporting of noninferiority and equivalence randomized trials",
    JAMA, 2012). `margin` is in the metric's unit. Raises ValueError on a margin below 0 and a level outside
    (0, 1).
    """
    check(margin, level)
    tail = (1 - level) / 2
    return verdict_at(metric, pairs, margin=margin, below=tail, above=tail)


def verdict_at(
    metric: Metric, pairs: Sequence[Paired], *, margin: float, below: float, above: float
) -> Verdict:
    """Return the verdict from an interval that misses the truth this often: it lies below, above it.

    `above` is how often the interval may lie wholly below the true difference (a false *worse*), `below`
    how often wholly above it (a false *not worse*).
    """
    computed = [one for one in pairs if one.is_computed]
    if not computed:
        return _nothing(metric, len(pairs), margin=margin, level=1 - below - above)
    sides = sides_of(computed)
    sample = sampled(metric, computed, sides)
    low, high = interval_of(sample, below=below, above=above)
    result: Result = "not worse" if low > -margin else "worse" if high < 0 else "unclear"
    count = len(computed)
    gained = (sides.candidate - sides.baseline) * (1 if metric.higher_is_better else -1)
    needs = _Needs(0, 0) if result != "unclear" else _needs(sample, computed, margin, below, above)
    return Verdict(
        metric=metric,
        result=result,
        baseline=math.fsum(sides.baseline) / count,
        candidate=math.fsum(sides.candidate) / count,
        difference=sample.mean,
        low=low,
        high=high,
        margin=margin,
        level=1 - below - above,
        cases=count,
        left_out=len(pairs) - count,
        clusters=len(sample.sums),
        worse_cases=int((gained < 0).sum()),
        cases_needed=needs.cases,
        repeats_needed=needs.repeats,
        why=_in_words(result, sample, needs, margin=margin, low=low, high=high, cases=count),
    )


def interval_of(sample: Clustered, *, below: float, above: float) -> tuple[float, float]:
    """Return Gaffke's bounds, stretched to 0 where the exact sign flips do not exclude it.

    So a false *worse* between two equal versions is as rare as `above` says for certain, not only by
    simulation. Exchanging baseline and candidate and the tails mirrors the interval.
    """
    low, high = lower_bound(sample, below), upper_bound(sample, above)
    if high < 0 and chance_by_sign_flips(sample.sums) > above:
        high = 0.0
    if low > 0 and chance_by_sign_flips(mirrored(sample).sums) > below:
        low = 0.0
    return low, high


def check(margin: float, level: float) -> None:
    """Raise ValueError on a margin below 0 and a level outside (0, 1)."""
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(
            f"gate: the margin {margin} is not a number from 0 on; say how much worse does not matter"
        )
    if not 0 < level < 1:
        raise ValueError(f"gate: the level {level} is not between 0 and 1; .95 is usual")


def _nothing(metric: Metric, left_out: int, *, margin: float, level: float) -> Verdict:
    return Verdict(
        metric=metric,
        result="unclear",
        baseline=None,
        candidate=None,
        difference=None,
        low=-math.inf,
        high=math.inf,
        margin=margin,
        level=level,
        cases=0,
        left_out=left_out,
        clusters=0,
        worse_cases=0,
        cases_needed=None,
        repeats_needed=None,
        why=f"no case has a value on both sides ({left_out} left out): run both versions on the same cases",
    )


@dataclass(frozen=True, slots=True)
class _Needs:
    cases: int | None
    repeats: int | None


def _needs(sample: Clustered, pairs: Sequence[Paired], margin: float, below: float, above: float) -> _Needs:
    """Return how many more cases, or repeats of each, would decide if the difference is as it looks.

    The verdict that the estimate is nearer to is the one asked for: the distance to its bound has to
    be as wide as (z(1 - tail) + z(power)) standard errors and the share of an unseen cluster:
    n = ((z + z) s / distance)^2, Sakai, "Topic set size design" (Information Retrieval Journal, 2016).
    More cases shrink the whole variance, more repeats only what lies within cases.
    """
    distance, tail = max((-sample.mean, above), (sample.mean + margin, below))
    if distance <= 0 or not math.isfinite(sample.bound):
        return _Needs(None, None)
    clusters = len(sample.sums)
    reach = NORMAL.inv_cdf(1 - tail) + NORMAL.inv_cdf(POWER)
    spread = max(sample.error if clusters > 1 else sample.bound, 0.0) ** 2 * clusters
    enough = _clusters_for(distance, reach * math.sqrt(spread), sample.bound, tail)
    if enough > MOST_CASES:
        return _Needs(None, None)
    cases = math.ceil(len(pairs) / clusters * enough)
    within = _variance_within(pairs)
    if within is None:
        return _Needs(max(cases - len(pairs), 1), None)
    allowed = ((distance - sample.bound / clusters) / reach) ** 2
    between = max(sample.error**2 - within / len(pairs), 0.0) if clusters > 1 else math.inf
    if distance <= sample.bound / clusters or allowed <= between or within <= 0:
        return _Needs(max(cases - len(pairs), 1), None)
    now = min(min(len(one.baseline), len(one.candidate)) for one in pairs)
    repeats = math.ceil(now * within / len(pairs) / (allowed - between)) - now
    return _Needs(max(cases - len(pairs), 1), max(repeats, 1))


def _clusters_for(distance: float, reach: float, bound: float, tail: float) -> float:
    """Return n with distance = reach / sqrt(n) + bound / n, at least what equal cases need.

    bound / n is the part of the one cluster that Gaffke's bound adds; n equal cases leave
    bound * (1 - tail^(1/n)) open.
    """
    if distance * math.sqrt(MOST_CASES) < reach or distance * MOST_CASES < bound:
        return math.inf
    root = (reach + math.sqrt(reach**2 + 4 * distance * bound)) / (2 * distance)
    equal = math.log(tail) / math.log1p(-distance / bound) if distance < bound else 1.0
    return max(root**2, equal)


def _variance_within(pairs: Sequence[Paired]) -> float | None:
    """Return the mean variance of a case's difference that repeats would shrink; None without repeats."""
    parts = [
        sum(_variance(side) / len(side) for side in (one.baseline, one.candidate) if len(side) > 1)
        for one in pairs
        if len(one.baseline) > 1 and len(one.candidate) > 1
    ]
    return math.fsum(parts) / len(parts) if parts else None


def _variance(values: tuple[float, ...]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _in_words(
    result: Result,
    sample: Clustered,
    needs: _Needs,
    *,
    margin: float,
    low: float,
    high: float,
    cases: int,
) -> str:
    if result == "worse":
        return f"worse by {-sample.mean:.3g}, at least {-high:.3g}"
    if result == "not worse":
        return f"at most {max(-low, 0):.3g} worse, less than the margin of {margin:.3g}"
    if not math.isfinite(sample.bound):
        return "every value is 0 on both sides: there is nothing to compare"
    if needs.cases is None:
        return (
            f"between {-low:.3g} worse and {high:.3g} better, and the difference is about the margin of "
            f"{margin:.3g} itself: no number of cases decides that; declare a margin that does not matter"
        )
    more = f"{needs.cases} more case{'s' if needs.cases > 1 else ''}"
    if needs.repeats is not None:
        more += f" or {needs.repeats} more repeat{'s' if needs.repeats > 1 else ''} of each"
    start = "one case says little: " if cases == 1 else ""
    return f"{start}between {-low:.3g} worse and {high:.3g} better: {more} would decide"
