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
from holdfast.evaluation.gate.needs import NOTHING_NEEDED, Ends, Needs, most_cases, needs
from holdfast.evaluation.gate.pairs import Paired, sampled, sides_of

Result = Literal["worse", "not worse", "unclear"]

LEVEL = 0.95


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
    """How many more would decide; 0 where it is decided, None where no reasonable number would."""
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
    needed = NOTHING_NEEDED
    if result == "unclear":
        ends = Ends(low=low, high=high, margin=margin, below=below, above=above)
        needed = needs(sample, computed, ends)
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
        cases_needed=needed.cases,
        repeats_needed=needed.repeats,
        why=_in_words(result, sample, needed, margin=margin, low=low, high=high, cases=count),
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


def _in_words(
    result: Result,
    sample: Clustered,
    needed: Needs,
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
    start = "one case says little: " if cases == 1 else ""
    between = f"{start}between {-low:.3g} worse and {high:.3g} better"
    more = [_counted(needed.cases, "more case")] if needed.cases is not None else []
    if needed.repeats is not None:
        more.append(f"{_counted(needed.repeats, 'more repeat')} of each")
    if more:
        return f"{between}: about {' or '.join(more)} would decide"
    return (
        f"{between}: not even {most_cases(cases)} cases would be likely to decide; repeat each, or declare a "
        f"margin wider than {margin:.3g}"
    )


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}"
