"""Choose which cases to run again, how often, so that the gate's error stays in check."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from holdfast.evaluation.gate.pairs import NONE_ADDED, Added, Paired
from holdfast.evaluation.intervals import NORMAL

FIRST_LOOK = 0.2
"""Share of the permitted error that the first look may spend; the second look has the rest."""
CHANCES = (1.0, 0.5, 0.25)
"""With which a case that did not move may be picked: one picked with 1/4 counts for four."""
SLACK = 1.05
"""A plan whose intervals are this much wider is as good, if it costs less."""
MOST_TIMES = 20
SEED = 7
_REACH = NORMAL.inv_cdf(0.975)


def looks(level: float) -> tuple[float, float]:
    """Return the levels for the verdict before and after repeats.

    The chance of a false verdict is split between the two looks (1 : 4), so that over both it is at most
    1 - level however the repeats were chosen and whether or not they were run: Bonferroni's inequality,
    the simplest spending of Lan and DeMets, "Discrete sequential boundaries for clinical trials"
    (Biometrika, 1983). Little is spent early, as O'Brien and Fleming do: the second look has more to see.

    The order: judge all metrics at the first level; ask `undecided` about those that are unclear; put the
    runs into `repeated`; judge all metrics again at the second level, so that Holm's correction counts the
    same ones. What was decided at the first look stays decided.
    """
    error = 1 - level
    return 1 - FIRST_LOOK * error, 1 - (1 - FIRST_LOOK) * error


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A case to run again."""

    case: str
    times: int
    """How often the candidate; the same for all cases of a plan."""
    baseline_times: int
    """How often the baseline: less often where it has repeats in store."""
    chance: float
    """With what probability it was picked; goes into `Paired.chance`."""


NOTHING_PAID: Mapping[str, Repeat] = {}


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
    unclear: Mapping[str, Sequence[Paired]],
    *,
    budget: int,
    steady: frozenset[str] = frozenset(),
    paid: Mapping[str, Repeat] = NOTHING_PAID,
    seed: int = SEED,
) -> tuple[Repeat, ...]:
    """Return which cases to run again to decide these metrics with at most `budget` runs.

    `unclear` has, by metric, the pairs of the first look. The side with fewer repeats is run first, then
    both, a run each: stored repeats of a baseline cost nothing, use them. Cases that have moved in any of
    the metrics (two of their values differ) are repeated for sure; the others with a chance of 1, 1/2 or
    1/4: the cheapest plan whose intervals are within 5% of the narrowest that the budget buys. Repeating
    all is best where every case may flip, repeating the moved is best where the rest is known to stand
    still. `steady` are cases whose runs cannot differ (a deterministic model, the same answer from a
    cache): they are never repeated. `paid` are runs that are made in any case, by their case.
    Nothing is returned where no repeat would help or `budget` does not reach.

    Two laws keep the error in check. Which cases are repeated does not change when baseline and candidate
    are exchanged, so the sign flips stay exact between equal versions that were run equally often; every
    case has a known chance, so the estimate is without bias between different ones (`estimate`). The picks
    depend on `seed` and the case ids, which are sorted first.
    """
    cases = {one.case: one for pairs in unclear.values() for one in pairs}
    moved = {one.case for pairs in unclear.values() for one in pairs if one.has_moved} - steady
    still = sorted(cases.keys() - moved - steady)
    first = _Look.of([one for pairs in unclear.values() for one in pairs])
    spreads = [_spread(pairs, moved, first, steady) for pairs in unclear.values() if pairs]
    options = [
        (_width(spreads, first, added, chance), cost, added, chance)
        for chance in CHANCES
        for added in first.further()
        if (cost := _cost(added, moved, math.ceil(chance * len(still)), paid)) <= budget
    ]
    narrowest = min(options, default=(math.inf, 0, NONE_ADDED, 1.0))[0]
    if narrowest >= _width(spreads, first, NONE_ADDED, 1.0):
        return ()
    _, _, added, chance = min(
        (one for one in options if one[0] <= SLACK * narrowest), key=lambda one: (one[1], one[0])
    )
    picks = np.random.default_rng(seed).permutation(len(still))[: math.ceil(chance * len(still))]
    chance = len(picks) / len(still) if still else 1.0
    picked = {still[pick] for pick in picks}
    return tuple(
        Repeat(
            case=case,
            times=added.candidate,
            baseline_times=added.baseline,
            chance=1.0 if case in moved else chance,
        )
        for case in sorted(moved | picked)
    )


def _cost(added: Added, moved: set[str], still: int, paid: Mapping[str, Repeat]) -> int:
    """Return how many runs it takes beyond those that are paid; of still cases none is taken to be."""
    free = sum(
        min(added.baseline, paid[case].baseline_times) + min(added.candidate, paid[case].times)
        for case in moved & paid.keys()
    )
    return sum(added) * (len(moved) + still) - free


def repeated(one: Paired, repeat: Repeat, *, baseline: Sequence[float], candidate: Sequence[float]) -> Paired:
    """Return the case with the values of its added repeats behind those of the first look.

    Raises ValueError where repeats were added before: that would be a third look.
    """
    if one.first:
        raise ValueError(f"gate: repeats were added to the case {one.case!r} before; add all of them at once")
    return replace(
        one,
        baseline=(*one.baseline, *baseline),
        candidate=(*one.candidate, *candidate),
        first=(len(one.baseline), len(one.candidate)),
        chance=repeat.chance,
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """How many values each side has of a case, at least."""

    baseline: int
    candidate: int

    @classmethod
    def of(cls, pairs: Sequence[Paired]) -> _Look:
        return cls(
            min((len(one.baseline) for one in pairs), default=1),
            min((len(one.candidate) for one in pairs), default=1),
        )

    def further(self) -> list[Added]:
        """Return how many runs may be added to each side: the shorter catches up, then both go on."""
        least = min(self.baseline, self.candidate)
        return [
            Added(max(least + more - self.baseline, 0), max(least + more - self.candidate, 0))
            for more in range(1, MOST_TIMES + 1)
        ]


def _width(spreads: Sequence[_Spread], first: _Look, added: Added, chance: float) -> float:
    """Return about how wide the metrics' intervals will be, each beside what it is now, summed."""
    return math.fsum(
        _half(spread, first, added, chance) / (_half(spread, first, NONE_ADDED, 1.0) or 1.0)
        for spread in spreads
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """How much cases differ, for the cases that moved and those that did not."""

    count: int
    moved_share: float
    still_share: float
    steady: float
    """Mean square of the steady cases' differences, over all cases."""
    squares: float
    """Mean squared difference of the moved cases, at least what their noise makes."""
    moved: float
    still: float
    """Variance of one run of a case, by group."""
    between: float
    """Variance of the true differences, which no repeat shrinks."""
    bound: float


def _spread(pairs: Sequence[Paired], moved: set[str], first: _Look, steady: frozenset[str]) -> _Spread:
    """Measure how much cases differ, from the first look."""
    loose = [one for one in pairs if one.case not in steady]
    groups = [one for one in loose if one.case in moved], [one for one in loose if one.case not in moved]
    squares = math.fsum(one.difference(NONE_ADDED) ** 2 for one in groups[0])
    runs = 1 / first.baseline + 1 / first.candidate
    measured = _noise(groups[0])
    noise = squares / len(pairs) / runs if measured is None else measured, _unseen_noise(*groups)
    shares = len(groups[0]) / len(pairs), len(groups[1]) / len(pairs)
    within = (shares[0] * noise[0] + shares[1] * noise[1]) * runs
    return _Spread(
        count=len(pairs),
        moved_share=shares[0],
        still_share=shares[1],
        steady=math.fsum(one.difference(NONE_ADDED) ** 2 for one in pairs if one.case in steady) / len(pairs),
        squares=max(squares / max(len(groups[0]), 1), noise[0] * runs),
        moved=noise[0],
        still=noise[1],
        between=max(squares / len(pairs) - within, 0.0),
        bound=max(abs(one.difference(NONE_ADDED)) for one in pairs),
    )


def _noise(moved: Sequence[Paired]) -> float | None:
    """Return the variance between repeats of a side; None where no case was repeated.

    Where nothing was repeated all movement is taken for noise: the cautious reading.
    """
    sides = [side for one in moved for side in (one.baseline, one.candidate) if len(side) > 1]
    if not sides:
        return None
    freedom = sum(len(side) - 1 for side in sides)
    return math.fsum(float(np.var(side)) * len(side) for side in sides) / freedom


def _unseen_noise(moved: Sequence[Paired], still: Sequence[Paired]) -> float:
    """Return by how much the next value of a case that stood still will differ, squared, on average.

    Standing still so far does not make a case steady. The cases that would stand still but for one of
    their n values tell how often the next value differs, each 1 / n times: Good, "The population
    frequencies of species and the estimation of population parameters" (Biometrika, 1953).
    """
    total = 0.0
    for one in moved:
        values = (*one.baseline, *one.candidate)
        for place, value in enumerate(values):
            others = {*values[:place], *values[place + 1 :]}
            if len(others) == 1:
                total += (value - others.pop()) ** 2 / len(values)
    return total / len(still) if still else 0.0


def _half(spread: _Spread, first: _Look, added: Added, chance: float) -> float:
    """Return half the expected width of the interval after so many more runs.

    With a = added / (first + added) of a side: a moved case keeps (1 - a) of its first error, of which
    each side has 1 / first parts; what is added brings a^2 / added times the variance of a run, for a
    still case over `chance`.
    """
    sides = ((first.baseline, added.baseline), (first.candidate, added.candidate))
    parts = sum(1 / had for had, _ in sides)
    kept = sum((had / (had + more)) ** 2 / had for had, more in sides) / parts
    brought = sum(more / (had + more) ** 2 for had, more in sides)
    variance = (
        spread.moved_share * (kept * spread.squares + brought * spread.moved)
        + spread.still_share * brought * spread.still / chance
        + spread.steady
        + (1 - kept) * spread.between
    )
    weight = max(1.0, *(more / (had + more) / chance for had, more in sides))
    return _REACH * math.sqrt(variance / spread.count) + weight * spread.bound / (spread.count + 1)
