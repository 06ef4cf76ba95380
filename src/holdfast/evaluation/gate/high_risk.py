"""Find high-risk cases that the candidate newly fails, confirmed by repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import Repeat

ERROR = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFailure:
    """A high-risk case that the baseline passes more often than the candidate."""

    case: str
    metric: str
    baseline_passes: int
    baseline_runs: int
    candidate_passes: int
    candidate_runs: int
    chance: float
    """How often equal versions would differ as much or more in the runs tested; 1 before any repeat."""
    is_confirmed: bool
    is_refuted: bool
    """The added repeats show no difference: the candidate passes as often."""
    repeats_needed: int
    """How many added runs of each side could confirm it, if it passes and fails in all; 0: confirmed."""

    @property
    def says(self) -> str:
        """Return a line for a person."""
        state = (
            "confirmed"
            if self.is_confirmed
            else "not seen again"
            if self.is_refuted
            else f"{self.repeats_needed} repeats of both could confirm it"
        )
        return (
            f"high-risk case {self.case}: {self.metric} passed in {self.baseline_passes} of "
            f"{self.baseline_runs} runs before, in {self.candidate_passes} of {self.candidate_runs} now "
            f"({state})"
        )


def confirmed_failures(
    metric: Metric, pairs: Sequence[Paired], *, passes_at: float, error: float = ERROR
) -> tuple[NewFailure, ...]:
    """Return the high-risk cases that look newly failed, each with whether repeats confirm it.

    A run passes when its value is at least `passes_at` (at most, where lower is better). A case is
    suspected when in the first look the candidate passes less often than the baseline. Only the repeats
    added since then confirm it, so that the looking cannot: Fisher's exact one-sided test of the added
    runs of both sides ("The logic of inductive inference", JRSS, 1935), Holm's correction over the suspected
    cases. Between equal versions any case is confirmed with probability `error` at most. Where `Paired.first`
    is None nobody looked before: all runs are tested, corrected over all high-risk cases.
    """
    risky = [one for one in pairs if one.is_high_risk and one.is_computed]
    was_looked_at = any(one.first for one in risky)
    suspected = [one for one in risky if _is_suspected(metric, one, passes_at)]
    tested = suspected if was_looked_at else risky
    counts = [_counts(metric, one, passes_at, fresh=was_looked_at) for one in tested]
    chances = [_fisher(*count) for count in counts]
    found = []
    limit, stopped = 0.0, False
    for rank, row in enumerate(sorted(range(len(tested)), key=lambda row: chances[row])):
        if not stopped:
            limit = error / (len(tested) - rank)
            stopped = chances[row] > limit
        is_confirmed = not stopped
        if tested[row] not in suspected:
            continue
        tested_before, tested_runs, tested_now, tested_runs_now = counts[row]
        before, runs_before, now, runs_now = _counts(metric, tested[row], passes_at, fresh=False)
        found.append(
            NewFailure(
                case=tested[row].case,
                metric=metric.name,
                baseline_passes=before,
                baseline_runs=runs_before,
                candidate_passes=now,
                candidate_runs=runs_now,
                chance=chances[row],
                is_confirmed=is_confirmed,
                is_refuted=was_looked_at
                and tested_runs > 0
                and tested_runs_now > 0
                and tested_now * tested_runs >= tested_before * tested_runs_now,
                repeats_needed=0 if is_confirmed else _repeats_to_confirm(error / max(len(suspected), 1)),
            )
        )
    return tuple(sorted(found, key=lambda one: one.case))


def to_confirm(found: Sequence[NewFailure]) -> tuple[Repeat, ...]:
    """Return the runs that can confirm what is neither confirmed nor refuted yet.

    They are for this test alone: put them into pairs of their own (`repeated`), not into those that are
    judged, where the suspected cases would be repeated because they looked bad.
    """
    return tuple(
        Repeat(case=one.case, times=one.repeats_needed, baseline_times=one.repeats_needed, chance=1.0)
        for one in found
        if not one.is_confirmed and not one.is_refuted
    )


def _is_suspected(metric: Metric, one: Paired, passes_at: float) -> bool:
    before = [_passes(metric, value, passes_at) for value in one.first_baseline]
    now = [_passes(metric, value, passes_at) for value in one.first_candidate]
    return sum(now) * len(before) < sum(before) * len(now)


def _passes(metric: Metric, value: float, passes_at: float) -> bool:
    return value >= passes_at if metric.higher_is_better else value <= passes_at


def _counts(metric: Metric, one: Paired, passes_at: float, *, fresh: bool) -> tuple[int, int, int, int]:
    """Return passes and runs of the baseline, then of the candidate."""
    before = one.baseline[len(one.first_baseline) :] if fresh else one.baseline
    now = one.candidate[len(one.first_candidate) :] if fresh else one.candidate
    return (
        sum(_passes(metric, value, passes_at) for value in before),
        len(before),
        sum(_passes(metric, value, passes_at) for value in now),
        len(now),
    )


def _fisher(before: int, runs_before: int, now: int, runs_now: int) -> float:
    """Return the hypergeometric probability of as few passes of the candidate, or fewer."""
    passes, runs = before + now, runs_before + runs_now
    ways = math.comb(runs, passes)
    least = max(0, passes - runs_before)
    return (
        sum(
            math.comb(runs_now, count) * math.comb(runs_before, passes - count)
            for count in range(least, now + 1)
        )
        / ways
    )


def _repeats_to_confirm(limit: float) -> int:
    """Return the least k with which k passes against k failures are rare enough."""
    repeats = 1
    while 1 / math.comb(2 * repeats, repeats) > limit:
        repeats += 1
    return repeats
