"""Choose which cases to run again, how often, so that the gate's error stays in check."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.intervals import NORMAL

FIRST_LOOK = 0.2
"""Share of the permitted error that the first look may spend; the second look has the rest."""
CHANCES = (1.0, 0.5, 0.25)
"""With which a case that did not move may be picked: one picked with 1/4 counts for four."""
MOST_TIMES = 20
SEED = 7
_REACH = NORMAL.inv_cdf(0.975)


def looks(level: float) -> tuple[float, float]:
    """Return the levels for the verdict before and after repeats.

    The chance of a false verdict is split between the two looks (1 : 4), so that over both it is at most
    1 - level however the repeats were chosen and whether or not they were run: Bonferroni's inequality,
    the simplest spending of Lan and DeMets, "Discrete sequential boundaries for clinical trials"
    (Biometrika, 1983). Little is spent early, as O'Brien and Fleming do: the second look has more to see.
    """
    error = 1 - level
    return 1 - FIRST_LOOK * error, 1 - (1 - FIRST_LOOK) * error


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A case to run again, on both versions."""

    case: str
    times: int
    """How often on each side; the same for all cases of a plan."""
    chance: float
    """With what probability it was picked; goes into `Paired.chance`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unstable:
    """A case that differs between repeats of one version."""

    case: str
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]


def unstable(pairs: Sequence[Paired]) -> tuple[Unstable, ...]:
    """Return the cases whose value is not the same in all repeats of a side, in the order given."""
    return tuple(
        Unstable(case=one.case, baseline=one.baseline, candidate=one.candidate)
        for one in pairs
        if len(set(one.baseline)) > 1 or len(set(one.candidate)) > 1
    )


def undecided(
    unclear: Mapping[str, Sequence[Paired]], *, budget: int, seed: int = SEED
) -> tuple[Repeat, ...]:
    """Return which cases to run again to decide these metrics with at most `budget` runs.

    `unclear` has, by metric, the pairs of the first look; a repeat is one run of each version. Cases that
    have moved in any of the metrics (two of their values differ) are repeated for sure; the others with a
    chance of 1, 1/2 or 1/4, whichever makes the interval narrowest for the money: repeating all is best
    where every case may flip, repeating the moved is best where the rest is known to stand still.
    Nothing is returned where no repeat would help or `budget` does not reach.

    Two laws keep the error in check. Which cases are repeated does not change when baseline and candidate
    are exchanged, so the sign flips stay exact between equal versions; every case has a known chance, so
    the estimate is without bias between different ones (`Paired.estimate`). The picks depend on `seed`
    and the case ids, which are sorted first.
    """
    cases = {one.case: one for pairs in unclear.values() for one in pairs}
    moved = {one.case for pairs in unclear.values() for one in pairs if one.has_moved}
    still = sorted(cases.keys() - moved)
    options = [
        (_width(unclear, moved, times, chance), times, chance)
        for chance in CHANCES
        if (each := len(moved) + math.ceil(chance * len(still)))
        for times in range(1, min(budget // (2 * each), MOST_TIMES) + 1)
    ]
    best = min(options, default=(math.inf, 0, 1.0))
    if best[0] >= _width(unclear, moved, 0, 1.0):
        return ()
    _, times, chance = best
    picks = np.random.default_rng(seed).permutation(len(still))[: math.ceil(chance * len(still))]
    chance = len(picks) / len(still) if still else 1.0
    picked = {still[pick] for pick in picks}
    return tuple(
        Repeat(case=case, times=times, chance=1.0 if case in moved else chance)
        for case in sorted(moved | picked)
    )


def repeated(one: Paired, repeat: Repeat, *, baseline: Sequence[float], candidate: Sequence[float]) -> Paired:
    """Return the case with the values of its added repeats behind those of the first look.

    Raises ValueError where the first look had not as many repeats of both sides.
    """
    if len(one.baseline) != len(one.candidate) or one.first:
        raise ValueError(
            f"gate: the case {one.case!r} has {len(one.baseline)} and {len(one.candidate)} repeats "
            "before more are added: run both versions equally often in the first look, add repeats once"
        )
    return replace(
        one,
        baseline=(*one.baseline, *baseline),
        candidate=(*one.candidate, *candidate),
        first=len(one.baseline),
        chance=repeat.chance,
    )


def _width(unclear: Mapping[str, Sequence[Paired]], moved: set[str], times: int, chance: float) -> float:
    """Return about how wide the metrics' intervals will be, each beside what it is now, summed."""
    return math.fsum(
        _half(spread, times, chance) / (_half(spread, 0, 1.0) or 1.0)
        for spread in (_spread(pairs, moved) for pairs in unclear.values() if pairs)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """How much cases differ, for the cases that moved and those that did not."""

    count: int
    share: float
    """Of cases that moved."""
    squares: float
    """Mean squared difference of the moved cases."""
    moved: float
    still: float
    """Variance of a case's difference at one repeat of each side, by group."""
    between: float
    """Variance of the true differences, which no repeat shrinks."""
    first: int
    bound: float


def _spread(pairs: Sequence[Paired], moved: set[str]) -> _Spread:
    groups = [one for one in pairs if one.case in moved], [one for one in pairs if one.case not in moved]
    squares = [one.difference(0) ** 2 for one in groups[0]]
    mean_square = math.fsum(squares) / len(pairs)
    first = min(min(len(one.baseline), len(one.candidate)) for one in pairs)
    pooled = [_noise(group) for group in groups]
    noise = [mean_square * first if one is None else one for one in pooled]
    share = len(groups[0]) / len(pairs)
    within = share * noise[0] + (1 - share) * noise[1]
    return _Spread(
        count=len(pairs),
        share=share,
        squares=math.fsum(squares) / max(len(squares), 1),
        moved=noise[0],
        still=noise[1],
        between=max(mean_square - within / first, 0.0),
        first=first,
        bound=max((abs(one.difference(0)) for one in pairs), default=0.0),
    )


def _noise(pairs: Sequence[Paired]) -> float | None:
    """Return the variance between repeats, both sides added; None where no case was repeated.

    Where nothing was repeated all movement is taken for noise, in every case: the cautious reading, under
    which all are worth repeating.
    """
    sides = [side for one in pairs for side in (one.baseline, one.candidate) if len(side) > 1]
    if not sides:
        return None
    freedom = sum(len(side) - 1 for side in sides)
    return 2 * math.fsum(float(np.var(side)) * len(side) for side in sides) / freedom


def _half(spread: _Spread, times: int, chance: float) -> float:
    """Return half the expected width of the interval after `times` more repeats.

    With a = times / (first + times): a moved case keeps (1 - a) of its first difference; a still one
    brings a / chance times the added mean, in `chance` of the cases.
    """
    kept = spread.first / (spread.first + times)
    added = (1 - kept) ** 2 / times if times else 0.0
    variance = (
        spread.share * (kept**2 * spread.squares + added * spread.moved)
        + (1 - spread.share) * added * spread.still / chance
        + (1 - kept**2) * spread.between
    )
    weight = max(1.0, (1 - kept) / chance)
    return _REACH * math.sqrt(variance / spread.count) + weight * spread.bound / (spread.count + 1)
