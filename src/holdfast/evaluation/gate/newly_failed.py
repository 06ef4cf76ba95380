"""Find cases that the candidate newly fails, confirmed by repeats, where no average may hide them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import Repeat

ERROR = 0.025
"""How often equal versions may have anything confirmed, over all metrics and cases together."""
MOST_CONFIRMING = 12
"""Repeats of each side that a suspected case gets at most."""

State = Literal["confirmed", "unchecked", "undecided", "unstable", "not seen again"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A case that no average may hide, in one metric."""

    metric: Metric
    pair: Paired
    passes_at: float
    """A run passes with at least this value; at most, where lower is better."""
    is_sure: bool = False
    """Whether nothing in it is left to chance: one run says how all of them end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFailure:
    """A case that the baseline passes more often than the candidate."""

    case: str
    metric: str
    is_high_risk: bool = True
    is_protective: bool = False
    """Whether the metric is."""
    baseline_passes: int
    baseline_runs: int
    candidate_passes: int
    candidate_runs: int
    chance: float
    """How often equal versions would differ as much or more in the runs tested; 1 before any repeat."""
    is_confirmed: bool
    is_refuted: bool
    """The added repeats show no difference: the candidate passes as often."""
    is_checked: bool = True
    """Whether there were repeats enough to confirm it."""
    repeats_needed: int
    """How many added runs of each side could confirm it, if it passes and fails in all; 0: confirmed."""

    @property
    def is_open(self) -> bool:
        """Return whether repeats are still to say whether it is new."""
        return not (self.is_confirmed or self.is_refuted or self.is_checked)

    @property
    def state(self) -> State:
        """Return what the runs say of it."""
        if self.is_confirmed:
            return "confirmed"
        if self.baseline_passes < self.baseline_runs:
            return "unstable"
        if self.is_open:
            return "unchecked"
        return "not seen again" if self.is_refuted else "undecided"

    @property
    def says(self) -> str:
        """Return a line for a person."""
        state = {
            "confirmed": "confirmed",
            "unchecked": f"{self.repeats_needed} repeats of both could confirm it",
            "undecided": "not beyond chance",
            "unstable": "unstable on both sides",
            "not seen again": "not seen again",
        }[self.state]
        kind = "high-risk case" if self.is_high_risk else "case"
        return (
            f"{kind} {self.case}: {self.metric} passed in {self.baseline_passes} of "
            f"{self.baseline_runs} runs before, in {self.candidate_passes} of {self.candidate_runs} now "
            f"({state})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HarmInSum:
    """The suspected cases of a protective metric taken together."""

    metric: str
    cases: int
    baseline_failures: int
    baseline_runs: int
    candidate_failures: int
    candidate_runs: int
    """In the added repeats alone, as the test has them."""
    chance: float
    is_confirmed: bool

    @property
    def says(self) -> str:
        """Return a line for a person."""
        return (
            f"{self.metric}: in sum over {self.cases} suspected cases it failed in "
            f"{self.baseline_failures} of {self.baseline_runs} repeats before, in "
            f"{self.candidate_failures} of {self.candidate_runs} now "
            f"({'confirmed' if self.is_confirmed else 'not beyond chance'})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewlyFailed:
    """What the watched cases say."""

    failures: tuple[NewFailure, ...] = ()
    """By metric in the order given, then by case."""
    sums: tuple[HarmInSum, ...] = ()


@dataclass(frozen=True, slots=True)
class _Counts:
    """Passes and runs of both sides."""

    before: int
    runs_before: int
    now: int
    runs_now: int

    @property
    def is_mixed(self) -> bool:
        """Return whether there are both passes and failures."""
        return 0 < self.before + self.now < self.runs_before + self.runs_now


def newly_failed(watched: Sequence[Watched], *, error: float = ERROR) -> NewlyFailed:
    """Return the watched cases that look newly failed, each with whether repeats confirm it.

    A case is suspected when in the first look the candidate passes less often than the baseline. Only the
    repeats added since then confirm it, so that the looking cannot: Fisher's exact one-sided test of the
    added runs of both sides ("The logic of inductive inference", JRSS, 1935). The suspected cases of each
    protective metric are tested in sum as well, by the exact conditional test of several tables (Gart,
    "Point and interval estimation of the common odds ratio in the combination of 2 x 2 tables", Biometrika,
    1970). Holm's correction goes over all of these of all metrics: between equal versions anything is
    confirmed with probability `error` at most. Where nobody looked before (`Paired.first` is None in all)
    all runs are tested, corrected over all cases that have both passes and failures, for others cannot be
    significant (Tarone, "A modified Bonferroni method for discrete data", Biometrics, 1990). What is sure
    needs no repeat: it ends alike every time.
    """
    known = [one for one in watched if one.pair.is_computed]
    suspected = [one for one in known if _is_suspected(one)]
    names = {_name(one) for one in suspected}
    was_looked_at = any(one.pair.first for one in known)
    loose = [one for one in (suspected if was_looked_at else known) if not one.is_sure]
    counts = [_counts(one, fresh=was_looked_at) for one in loose]
    tested = [
        (one, count)
        for one, count in zip(loose, counts, strict=True)
        if was_looked_at or count.is_mixed
    ]  # fmt: skip
    together = _together([one for one in tested if _name(one[0]) in names]) if was_looked_at else []
    chances = [_by_chance([count]) for _, count in tested] + [_by_chance(those) for _, those in together]
    confirmed = _holm(chances, error)
    sums = len({one.metric.name for one in suspected if one.metric.is_protective})
    limit = error / max(len(chances) if was_looked_at else len(tested) + sums, 1)
    failures = [
        _failure(one, count, chance, is_confirmed=is_confirmed, limit=limit, was_looked_at=was_looked_at)
        for (one, count), chance, is_confirmed in zip(tested, chances, confirmed, strict=False)
        if _name(one) in names
    ]
    failures += [_sure(one) for one in suspected if one.is_sure]
    order = {name: row for row, name in enumerate(dict.fromkeys(one.metric.name for one in watched))}
    return NewlyFailed(
        failures=tuple(sorted(failures, key=lambda one: (order[one.metric], one.case))),
        sums=tuple(
            _sum(metric, those, chance, is_confirmed=is_confirmed)
            for (metric, those), chance, is_confirmed in zip(
                together, chances[len(tested) :], confirmed[len(tested) :], strict=True
            )
        ),
    )


def to_confirm(found: Sequence[NewFailure], *, budget_runs: int) -> tuple[Repeat, ...]:
    """Return the runs that can confirm what is not checked yet, within the budget: protective metrics first.

    As many as the budget buys each case, at most `MOST_CONFIRMING`, so that a case that the baseline fails
    now and then is told from one that it never fails. They are for this test alone: put them into pairs of
    their own (`repeated`), not into those that are judged, where the suspected cases would be repeated
    because they looked bad.
    """
    open_ones = [one for one in found if one.is_open]
    if not open_ones:
        return ()
    least = max(one.repeats_needed for one in open_ones)
    ordered = sorted(open_ones, key=lambda one: (not one.is_protective, not one.is_high_risk, one.case))
    cases = list(dict.fromkeys(one.case for one in ordered))[: budget_runs // (2 * least)]
    if not cases:
        return ()
    times = max(min(budget_runs // (2 * len(cases)), MOST_CONFIRMING), least)
    return tuple(Repeat(case=case, times=times, baseline_times=times, chance=1.0) for case in sorted(cases))


def runs_to_confirm(found: Sequence[NewFailure]) -> int:
    """Return the fewest runs that could confirm all that is not checked yet."""
    open_ones = [one for one in found if one.is_open]
    least = max((one.repeats_needed for one in open_ones), default=0)
    return 2 * least * len({one.case for one in open_ones})


def _name(one: Watched) -> tuple[str, str]:
    return one.metric.name, one.pair.case


def _is_suspected(one: Watched) -> bool:
    before = [_passes(one, value) for value in one.pair.first_baseline]
    now = [_passes(one, value) for value in one.pair.first_candidate]
    return sum(now) * len(before) < sum(before) * len(now)


def _passes(one: Watched, value: float) -> bool:
    return value >= one.passes_at if one.metric.higher_is_better else value <= one.passes_at


def _counts(one: Watched, *, fresh: bool) -> _Counts:
    """Return the counts of the runs that were added, or of all."""
    pair = one.pair
    before = pair.baseline[len(pair.first_baseline) :] if fresh else pair.baseline
    now = pair.candidate[len(pair.first_candidate) :] if fresh else pair.candidate
    return _Counts(
        sum(_passes(one, value) for value in before), len(before),
        sum(_passes(one, value) for value in now), len(now),
    )  # fmt: skip


def _together(tested: Sequence[tuple[Watched, _Counts]]) -> list[tuple[Metric, list[_Counts]]]:
    """Return the counts by protective metric that has several suspects with repeats on both sides."""
    by_metric: dict[str, tuple[Metric, list[_Counts]]] = {}
    for one, count in tested:
        if one.metric.is_protective and count.runs_before and count.runs_now:
            by_metric.setdefault(one.metric.name, (one.metric, []))[1].append(count)
    return [found for found in by_metric.values() if len(found[1]) > 1]


def _by_chance(tables: Sequence[_Counts]) -> float:
    """Return the probability of as few passes of the candidate in all tables together, or fewer.

    Given each table's margins its passes are hypergeometric, so their sum is a convolution.
    """
    chances, least = np.ones(1), 0
    for table in tables:
        passes, runs = table.before + table.now, table.runs_before + table.runs_now
        low, high = max(0, passes - table.runs_before), min(passes, table.runs_now)
        ways = math.comb(runs, passes)
        each = [
            math.comb(table.runs_now, count) * math.comb(table.runs_before, passes - count) / ways
            for count in range(low, high + 1)
        ]
        chances, least = np.convolve(chances, each), least + low
    return min(float(chances[: sum(table.now for table in tables) - least + 1].sum()), 1.0)


def _holm(chances: Sequence[float], error: float) -> list[bool]:
    """Return which are rejected by Holm's step-down correction."""
    rejected = [False] * len(chances)
    for rank, row in enumerate(sorted(range(len(chances)), key=lambda row: chances[row])):
        if chances[row] > error / (len(chances) - rank):
            break
        rejected[row] = True
    return rejected


def _failure(
    one: Watched, count: _Counts, chance: float, *, is_confirmed: bool, limit: float, was_looked_at: bool
) -> NewFailure:
    every = _counts(one, fresh=False)
    has_both = count.runs_before > 0 and count.runs_now > 0
    return NewFailure(
        case=one.pair.case, metric=one.metric.name, is_high_risk=one.pair.is_high_risk,
        is_protective=one.metric.is_protective, baseline_passes=every.before, baseline_runs=every.runs_before,
        candidate_passes=every.now, candidate_runs=every.runs_now, chance=chance, is_confirmed=is_confirmed,
        is_refuted=was_looked_at and has_both
        and count.now * count.runs_before >= count.before * count.runs_now,
        is_checked=has_both and 1 / math.comb(count.runs_before + count.runs_now, count.runs_now) <= limit,
        repeats_needed=0 if is_confirmed else _repeats_to_confirm(limit),
    )  # fmt: skip


def _sure(one: Watched) -> NewFailure:
    every = _counts(one, fresh=False)
    return NewFailure(
        case=one.pair.case, metric=one.metric.name, is_high_risk=one.pair.is_high_risk,
        is_protective=one.metric.is_protective, baseline_passes=every.before, baseline_runs=every.runs_before,
        candidate_passes=every.now, candidate_runs=every.runs_now, chance=0.0, is_confirmed=True,
        is_refuted=False, repeats_needed=0,
    )  # fmt: skip


def _sum(metric: Metric, those: Sequence[_Counts], chance: float, *, is_confirmed: bool) -> HarmInSum:
    return HarmInSum(
        metric=metric.name, cases=len(those),
        baseline_failures=sum(one.runs_before - one.before for one in those),
        baseline_runs=sum(one.runs_before for one in those),
        candidate_failures=sum(one.runs_now - one.now for one in those),
        candidate_runs=sum(one.runs_now for one in those), chance=chance, is_confirmed=is_confirmed,
    )  # fmt: skip


def _repeats_to_confirm(limit: float) -> int:
    """Return the least k with which k passes against k failures are rare enough."""
    repeats = 1
    while 1 / math.comb(2 * repeats, repeats) > limit:
        repeats += 1
    return repeats
