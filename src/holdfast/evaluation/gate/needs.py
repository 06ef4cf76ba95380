"""Say how many more cases, or repeats of each, would decide what is unclear."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from holdfast.evaluation.gate.bounds import Clustered
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import MOST_TIMES
from holdfast.evaluation.intervals import NORMAL

POWER = 0.8
"""How often as many as are said to be needed would decide."""
MOST_GROWTH = 10
"""More than this many times the cases at hand is no advice,"""
FEWEST = 300
"""unless it is fewer than this, all together."""
_STEP = 1.03
_SMALLEST = 1e-9
_DIGITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What would decide; None: nothing within reason."""

    cases: int | None
    """More cases like these, rounded up to two digits."""
    repeats: int | None
    """More repeats of each case; None where no case was repeated yet, too."""


NOTHING_NEEDED = Needs(cases=0, repeats=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """An interval that decides nothing, and what it was made with."""

    low: float
    high: float
    margin: float
    below: float
    """How often its lower end lies above the truth."""
    above: float
    """How often its upper end lies below the truth."""


def most_cases(cases: int) -> int:
    """Return beyond how many cases, all together, more of them are no advice."""
    return max(MOST_GROWTH * cases, FEWEST)


def needs(sample: Clustered, pairs: Sequence[Paired], ends: Ends) -> Needs:
    """Return what would decide with probability `POWER`, whichever way it goes.

    The difference is not taken for what it looks like: with the standard error s now, its estimate after
    growing f-fold is normal about today's with variance s^2 (1 - 1/f), the predictive distribution under a
    flat prior (Spiegelhalter, Freedman, Parmar, "Bayesian approaches to randomized trials", JRSS A, 1994,
    section 6). The interval's ends are as far from it as today: of that z standard errors shrink by sqrt(f),
    and the rest as Gaffke's bound of equal cases does. Where no case moved, the next ones are taken to stand
    still as well. More repeats shrink only what lies within cases. Over differences that are as likely as the
    interval says, following it decides in about four of five; where the true one lies close to the margin, in
    fewer.
    """
    if not math.isfinite(sample.bound):
        return Needs(cases=None, repeats=None)
    now = _Now.of(sample, ends)
    factors = _factors(most_cases(len(pairs)) / len(pairs))
    growth = next((factor for factor in factors if now.would_decide(factor)), None)
    more = None if growth is None else _rounded_up(len(pairs) * (growth - 1))
    return Needs(cases=more, repeats=_repeats(now, pairs))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Half:
    """How far an end of the interval lies from the mean."""

    noise: float
    """z standard errors."""
    rest: float
    largest: float

    @classmethod
    def of(cls, width: float, error: float, tail: float, bound: float) -> _Half:
        noise = min(-NORMAL.inv_cdf(tail) * error, width)
        return cls(noise=noise, rest=width - noise, largest=max(bound, width))

    def grown(self, factor: float) -> float:
        """Return it with so many times the cases; n equal ones leave 1 - tail^(1/n) of the bound open."""
        closed = max(1 - self.rest / self.largest, _SMALLEST)
        return self.noise / math.sqrt(factor) + self.largest * (1 - math.pow(closed, 1 / factor))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Now:
    """Today's interval."""

    mean: float
    margin: float
    error: float
    low: _Half
    high: _Half

    @classmethod
    def of(cls, sample: Clustered, ends: Ends) -> _Now:
        error = sample.error if len(sample.sums) > 1 else 0.0
        return cls(
            mean=sample.mean,
            margin=ends.margin,
            error=error,
            low=_Half.of(sample.mean - ends.low, error, ends.below, sample.bound),
            high=_Half.of(ends.high - sample.mean, error, ends.above, sample.bound),
        )

    def would_decide(self, factor: float) -> bool:
        """Return whether so many times the cases would."""
        spread = self.error * math.sqrt(1 - 1 / factor)
        return self.decides(spread, self.low.grown(factor), self.high.grown(factor))

    def decides(self, spread: float, low: float, high: float) -> bool:
        """Return whether *worse* or *not worse* is likely enough, the mean being off by `spread`."""
        not_worse = _chance_above(low - self.margin, self.mean, spread)
        worse = 1 - _chance_above(-high, self.mean, spread)
        return not_worse + worse >= POWER


def _chance_above(limit: float, mean: float, spread: float) -> float:
    if spread <= 0:
        return float(mean > limit)
    return NORMAL.cdf((mean - limit) / spread)


def _factors(most: float) -> Iterator[float]:
    factor = _STEP
    while factor <= most:
        yield factor
        factor *= _STEP


def _rounded_up(count: float) -> int:
    whole = max(math.ceil(count), 1)
    step = int(math.pow(10, max(len(str(whole)) - _DIGITS, 0)))
    return math.ceil(whole / step) * step


def _repeats(now: _Now, pairs: Sequence[Paired]) -> int | None:
    """Return the fewest more repeats that decide, at most `MOST_TIMES`."""
    per_case = _variance_within(pairs)
    if not per_case or not now.error:
        return None
    within = min(per_case / len(pairs), now.error**2)
    had = min(min(len(one.baseline), len(one.candidate)) for one in pairs)

    for more in range(1, MOST_TIMES + 1):
        gone = within * more / (had + more)
        left = math.sqrt(1 - gone / now.error**2)
        halves = (half.noise * left + half.rest for half in (now.low, now.high))
        if now.decides(math.sqrt(gone), *halves):
            return more
    return None


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
