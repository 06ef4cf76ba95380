"""Hold an experiment's rows against a baseline's: case by case, metric by metric, by the gate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from holdfast.domain.experiments import CaseRun
from holdfast.domain.scores import Metric
from holdfast.evaluation.experiments.baseline_files import Baseline
from holdfast.evaluation.experiments.new_failures import new_failures, unstable_harm
from holdfast.evaluation.experiments.pairing import Sides, by_case, sides_of, values_of
from holdfast.evaluation.experiments.report import Changed
from holdfast.evaluation.gate.family import NONE_DECIDED, Limit, Outcome, judge_all
from holdfast.evaluation.gate.newly_failed import NewFailure, runs_to_confirm, to_confirm
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import Repeat, looks, undecided
from holdfast.evaluation.gate.verdict import LEVEL, Verdict

JUDGED_UNITS = frozenset({"share", "count"})
"""Metrics in other units (seconds, dollars, characters) are judged where a limit is declared for them."""
CONFIRMING = 0.25
"""Share of the runs for undecided cases that goes to what may be new failures."""
_MOVED = 1e-9
_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a baseline and a candidate say together."""

    outcome: Outcome
    pairs: Mapping[str, tuple[Paired, ...]]
    """By metric, the judged ones."""
    changed: tuple[Changed, ...]
    notes: tuple[str, ...]
    common: tuple[str, ...]
    """Cases that were asked alike on both sides."""
    new_failures: tuple[NewFailure, ...] = ()
    """High-risk cases that look newly failed, and cases in which a protective metric found new harm."""
    unstable_harm: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By protective metric, the cases that it finds harm in now and then, on both sides."""
    steady: frozenset[str] = frozenset()
    """Cases of which no model wrote any run: they end alike every time."""
    first: int = 0
    """Repeats of the first look; 0: all there were."""
    is_unchanged: bool = False
    """Whether every common case ended and scored as before, with nothing left to chance on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the gate judges."""

    metrics: Sequence[Metric]
    limits: Mapping[str, Limit] = field(default_factory=dict)
    high_risk: frozenset[str] = frozenset()
    clusters: Mapping[str, str] = field(default_factory=dict)
    """Group of each case at hand; of others the document that their evidence names first."""
    level: float = LEVEL
    shown_only: frozenset[str] = frozenset()
    """Metrics that the gate leaves alone."""

    def judged(self, *rows: Sequence[CaseRun]) -> tuple[Metric, ...]:
        """Return the metrics that the gate judges, in their order: those that some row has a value in."""
        valued = {
            score.metric for some in rows for row in some for score in row.scores if score.value is not None
        }
        return tuple(
            one
            for one in self.metrics
            if one.name in valued
            and one.name not in self.shown_only
            and (one.unit in JUDGED_UNITS or one.name in self.limits)
        )


def compare(
    baseline: Baseline, rows: Sequence[CaseRun], rules: Rules, *, first: int = 0, may_repeat: bool = False
) -> Comparison:
    """Return what the common cases say at the first look, at the `first` repeats of each side (0: at all).

    With `may_repeat` it spends only its share of the permitted error, for `look_again` follows.
    """
    sides = sides_of(
        baseline.rows, rows, high_risk=rules.high_risk, first=first, clusters=rules.clusters
    )  # fmt: skip
    pairs = {metric.name: sides.pairs(metric) for metric in rules.judged(baseline.rows, rows)}
    level = looks(rules.level)[0] if may_repeat else rules.level
    return _compared(baseline, rows, rules, sides, pairs, level=level)


def look_again(
    before: Comparison, baseline: Baseline, rows: Sequence[CaseRun], rules: Rules, repeats: Sequence[Repeat]
) -> Comparison:
    """Return what the cases say with the repeats that were added; what was decided stays decided."""
    sides = sides_of(
        baseline.rows, rows, high_risk=rules.high_risk, first=before.first, clusters=rules.clusters
    )  # fmt: skip
    again = {repeat.case: repeat for repeat in repeats}
    unclear = {one.metric.name for one in before.outcome.verdicts if one.result == "unclear"}
    pairs = {
        metric.name: sides.pairs(metric, again) if metric.name in unclear else before.pairs[metric.name]
        for metric in rules.metrics
        if metric.name in before.pairs
    }
    decided = {one.metric.name: one for one in before.outcome.verdicts if one.result != "unclear"}
    return _compared(baseline, rows, rules, sides, pairs, level=looks(rules.level)[1], decided=decided)


def further_runs(
    comparison: Comparison, *, budget_runs: int, seed: int
) -> tuple[tuple[Repeat, ...], tuple[Repeat, ...]]:
    """Return which cases to run again to decide what is unclear; and these with those that confirm.

    The first are what `look_again` is told of. What may be a new failure comes first: `CONFIRMING` of the
    budget, more where not even one confirmation of all is to be had for that.
    """
    least = min(runs_to_confirm(comparison.new_failures), budget_runs)
    share = max(int(CONFIRMING * budget_runs), least)
    confirming = to_confirm(comparison.new_failures, budget_runs=share)
    left = budget_runs - sum(one.times + one.baseline_times for one in confirming)
    unclear = {
        verdict.metric.name: comparison.pairs[verdict.metric.name]
        for verdict in comparison.outcome.verdicts
        if verdict.result == "unclear" and verdict.cases
    }
    plan: tuple[Repeat, ...] = ()
    if unclear:
        paid = {one.case: one for one in confirming}
        plan = undecided(unclear, budget=left, steady=comparison.steady, seed=seed, paid=paid)
    return plan, (*plan, *confirming)


def _compared(
    baseline: Baseline,
    rows: Sequence[CaseRun],
    rules: Rules,
    sides: Sides,
    pairs: Mapping[str, tuple[Paired, ...]],
    *,
    level: float,
    decided: Mapping[str, Verdict] = NONE_DECIDED,
) -> Comparison:
    judged = [metric for metric in rules.metrics if metric.name in pairs]
    found = new_failures(judged, sides)
    changed = changed_cases(baseline.rows, rows, rules.metrics)
    outcome = judge_all(
        [(metric, pairs[metric.name]) for metric in judged],
        limits={name: limit for name, limit in rules.limits.items() if name in pairs},
        newly=found,
        decided=decided,
        level=level,
    )
    unstable = {one.name: unstable_harm(one, sides) for one in judged if one.is_protective}
    return Comparison(
        outcome=outcome,
        pairs=pairs,
        changed=changed,
        is_unchanged=bool(sides.rows) and not changed and len(sides.steady) == len(sides.rows),
        notes=_notes(baseline, rows, sides),
        common=tuple(sorted(sides.rows)),
        new_failures=found.failures,
        unstable_harm={name: cases for name, cases in unstable.items() if cases},
        steady=sides.steady,
        first=sides.first,
    )


def changed_cases(
    before: Sequence[CaseRun], now: Sequence[CaseRun], metrics: Sequence[Metric]
) -> tuple[Changed, ...]:
    """Return the common cases that end otherwise or are scored otherwise, those that got worse first."""
    found = [
        change
        for case, (there, here) in sides_of(before, now, high_risk=frozenset(), first=0).rows.items()
        if (change := _change(case, there, here, metrics)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.worse), -len(one.better), one.case)))


def _change(
    case: str, before: Sequence[CaseRun], now: Sequence[CaseRun], metrics: Sequence[Metric]
) -> Changed | None:
    worse, better = list[str](), list[str]()
    for metric in metrics:
        if metric.unit not in JUDGED_UNITS:
            continue
        there, here = _mean(before, metric.name), _mean(now, metric.name)
        if there is None or here is None or abs(here - there) < _MOVED:
            continue
        (better if (here > there) == metric.higher_is_better else worse).append(metric.name)
    ends = _outcomes(before), _outcomes(now)
    if not worse and not better and ends[0] == ends[1]:
        return None
    return Changed(case=case, before=ends[0], now=ends[1], worse=tuple(worse), better=tuple(better))


def _mean(rows: Sequence[CaseRun], metric: str) -> float | None:
    values = values_of(rows, metric)
    return fmean(values) if values else None


def _outcomes(rows: Sequence[CaseRun]) -> str:
    return ", ".join(sorted({row.outcome for row in rows}))


def unstable_cases(rows: Iterable[CaseRun], metrics: Iterable[Metric]) -> tuple[str, ...]:
    """Return the cases whose repeats did not end alike, or were not scored alike, however long they took."""
    judged = {metric.name for metric in metrics if metric.unit in JUDGED_UNITS}
    found = []
    for case, repeats in by_case(rows).items():
        ends = {
            (row.outcome, tuple((one.metric, one.value) for one in row.scores if one.metric in judged))
            for row in repeats
        }
        if len(ends) > 1:
            found.append(case)
    return tuple(sorted(found))


def _notes(baseline: Baseline, rows: Sequence[CaseRun], sides: Sides) -> tuple[str, ...]:
    """Return which cases were not compared, and why."""
    before, now = by_case(baseline.rows), by_case(rows)
    notes = []
    if lost := sorted(now.keys() - before.keys()):
        notes.append(f"not compared, for the baseline has no run of them: {_some(lost)}")
    if gone := sorted(before.keys() - now.keys()):
        notes.append(f"not compared, for only the baseline has them: {_some(gone)}")
    if other := sorted(now.keys() & before.keys() - sides.rows.keys()):
        notes.append(f"not compared, for they ask or expect something else now: {_some(other)}")
    if notes:
        count = len(sides.rows)
        notes.insert(0, f"compared on the {count} case{'s' if count != 1 else ''} that both sides have")
    return tuple(notes)


def _some(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - _TOLD} more" if len(cases) > _TOLD else ""
    return f"{len(cases)} case{'s' if len(cases) != 1 else ''} ({', '.join(cases[:_TOLD])}{more})"
