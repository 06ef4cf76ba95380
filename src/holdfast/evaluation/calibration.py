"""Choose the confidence from which answers go out, so that few of them are wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

GRID = 100
"""Thresholds that are tried: 0.00, 0.01 ... 1.00, fixed before anything is measured."""
BINS = 10
LEVEL = 0.95
_STEPS = 30
"""Halvings of [0, 1] in search of a bound: within 1e-9."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One reply that could have been given as an answer."""

    case: str
    confidence: float
    """0 to 1."""
    is_right: bool
    """Whether giving it would have been right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Replies of about the same confidence."""

    low: float
    high: float
    count: int
    confidence: float
    """Their mean confidence."""
    right: float
    """Their share that was right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a threshold does."""

    threshold: float
    count: int
    """Replies at or above it, which go out."""
    wrong: int
    coverage: float
    """Their share of all replies."""
    upper: float
    """Upper bound of the share that is wrong among them; 1 where there is none."""

    @property
    def risk(self) -> float:
        """Return the share that is wrong among them."""
        return self.wrong / self.count if self.count else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The threshold that was chosen, or why none could be."""

    answered: Answered | None
    reason: str


def reliability(points: Sequence[Point], *, bins: int = BINS) -> tuple[Bin, ...]:
    """Return confidence against correctness in bins of equal width, empty ones left out."""
    members: dict[int, list[Point]] = {}
    for point in points:
        members.setdefault(min(bins - 1, max(0, int(point.confidence * bins))), []).append(point)
    return tuple(
        Bin(
            low=at / bins,
            high=(at + 1) / bins,
            count=len(inside),
            confidence=fmean(one.confidence for one in inside),
            right=fmean(one.is_right for one in inside),
        )
        for at, inside in sorted(members.items())
    )


def calibration_error(points: Sequence[Point], *, bins: int = BINS) -> float | None:
    """Return the expected calibration error, 0 to 1; None without a point.

    The mean distance of confidence and correctness over bins of equal width, weighed by their counts:
    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning"
    (AAAI 2015).
    """
    if not points:
        return None
    found = reliability(points, bins=bins)
    return sum(one.count * abs(one.confidence - one.right) for one in found) / len(points)


def risk_coverage(points: Sequence[Point], *, level: float = LEVEL) -> tuple[Answered, ...]:
    """Return what each threshold of the grid does, strictest first, those that change nothing left out."""
    return tuple(at_threshold(points, one, level=level) for one in _thresholds(points))


def _thresholds(points: Sequence[Point]) -> Iterator[float]:
    """Yield the thresholds of the grid that let more out than the one before, strictest first."""
    before = 0
    for step in range(GRID, -1, -1):
        count = sum(point.confidence >= step / GRID for point in points)
        if count > before:
            yield step / GRID
        before = count


def at_threshold(points: Sequence[Point], threshold: float, *, level: float = LEVEL) -> Answered:
    """Return what a threshold does."""
    out = [point for point in points if point.confidence >= threshold]
    wrong = sum(not point.is_right for point in out)
    return Answered(
        threshold=threshold, count=len(out), wrong=wrong, coverage=len(out) / len(points) if points else 0.0,
        upper=upper_bound(wrong, len(out), level=level),
    )  # fmt: skip


def choose(points: Sequence[Point], *, budget: float, level: float = LEVEL) -> Choice:
    """Return the lowest threshold above which the share of wrong answers is shown to be within the budget.

    Thresholds are tested from the strictest down, each by the exact upper bound at this level, until one
    fails: fixed-sequence testing as in "Learn then Test" (Angelopoulos, Bates, Candes, Jordan and Lei,
    2021), so that the chosen one holds with that probability although many were tried. The sequence begins
    where so many are answered that the bound can be met at all, which looks at confidences only. It holds
    for items that come as the cases do.
    """
    least = answers_needed(budget, level=level)
    chosen: Answered | None = None
    first: Answered | None = None
    for threshold in _thresholds(points):
        if sum(point.confidence >= threshold for point in points) < least:
            continue
        one = at_threshold(points, threshold, level=level)
        first = first or one
        if one.upper > budget:
            break
        chosen = one
    if first is None:
        return Choice(answered=None, reason=_too_few(len(points), least, level))
    if chosen is None:
        reason = (
            f"at the strictest threshold that could be shown ({first.threshold:.2f}) {first.wrong} of "
            f"{first.count} answers are wrong, up to {first.upper:.1%} at {level:.0%}"
        )
        return Choice(answered=None, reason=reason)
    reason = (
        f"{chosen.wrong} of {chosen.count} answers wrong, at most {chosen.upper:.1%} with {level:.0%} "
        f"confidence; {chosen.coverage:.0%} of the replies go out"
    )
    return Choice(answered=chosen, reason=reason)


def answers_needed(budget: float, *, level: float = LEVEL) -> int:
    """Return how many answers without a wrong one show a share of wrong ones within the budget."""
    if budget <= 0:
        raise ValueError("an error budget is above 0: no number of cases shows that nothing is ever wrong")
    return 1 if budget >= 1 else math.ceil(math.log(1 - level) / math.log(1 - budget) - 1e-12)


def upper_bound(wrong: int, count: int, *, level: float = LEVEL) -> float:
    """Return the one-sided exact upper bound of a share: Clopper and Pearson (Biometrika, 1934)."""
    if wrong >= count:
        return 1.0
    low, high = wrong / count, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _at_most(wrong, count, middle) > 1 - level:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, count: int, share: float) -> float:
    """Return the chance of at most so many wrong ones."""
    if share >= 1:
        return 0.0
    if share <= 0:
        return 1.0
    k = np.arange(1, wrong + 1)
    choices = np.concatenate([[0.0], np.cumsum(np.log((count - k + 1) / k))])
    several = np.arange(wrong + 1)
    chances = np.exp(choices + several * math.log(share) + (count - several) * math.log1p(-share))
    return float(chances.sum())


def _too_few(most: int, least: int, level: float) -> str:
    shown = f"; {most} without a wrong one would show {1 - (1 - level) ** (1 / most):.1%}" if most else ""
    return f"{least} answers are needed to show this budget at {level:.0%}, and there are {most}{shown}"
