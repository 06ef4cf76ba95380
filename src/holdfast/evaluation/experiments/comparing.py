"""Hold an experiment's rows against a baseline's: case by case, metric by metric, by the gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from holdfast.domain.experiments import CaseRun
from holdfast.domain.scores import Metric
from holdfast.evaluation.experiments.baseline_files import Baseline
from holdfast.evaluation.experiments.measuring import case_clusters, run_rows
from holdfast.evaluation.experiments.report import Changed
from holdfast.evaluation.gate.family import Limit, Outcome, judge_all
from holdfast.evaluation.gate.high_risk import NewFailure, confirmed_failures
from holdfast.evaluation.gate.pairs import Paired, pair
from holdfast.evaluation.gate.repeats import Repeat, looks, repeated, undecided
from holdfast.evaluation.gate.verdict import LEVEL

JUDGED_UNITS = frozenset({"share", "count"})
"""Metrics in other units (seconds, dollars, characters) are judged where a limit is declared for them."""
NO_MODEL = frozenset({"", "extractive"})
"""Runs whose outcome no language model wrote: they end alike every time."""
SURE = 10
"""Repeats that stand for `always` where nothing is left to chance."""
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
    """High-risk cases that look newly failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How the gate judges."""

    metrics: Sequence[Metric]
    limits: Mapping[str, Limit] = field(default_factory=dict)
    high_risk: frozenset[str] = frozenset()
    level: float = LEVEL

    def judged(self) -> tuple[Metric, ...]:
        """Return the metrics that the gate judges, in their order."""
        return tuple(one for one in self.metrics if one.unit in JUDGED_UNITS or one.name in self.limits)


def compare(
    baseline: Baseline,
    rows: Sequence[CaseRun],
    rules: Rules,
    *,
    repeats: Sequence[Repeat] = (),
    first: int = 0,
    may_repeat: bool = False,
    is_second_look: bool = False,
) -> Comparison:
    """Return what the common cases say.

    A case is common when both sides ran it and asked it alike. The first look has the `first` repeats of
    each side (0: all there are); `repeats` are those that were added to them. With `may_repeat` this look
    spends only its share of the permitted error, for another follows.
    """
    sides = _common(baseline.rows, rows)
    clusters = case_clusters([*baseline.rows, *rows])
    judged = rules.judged()
    pairs = {
        metric.name: _pairs(metric, sides, clusters, rules.high_risk, repeats=repeats, first=first)
        for metric in judged
    }
    level = rules.level
    if may_repeat or is_second_look:
        level = looks(rules.level)[1 if is_second_look else 0]
    new_failures = _new_failures(judged, sides, clusters, rules.high_risk, first=first)
    outcome = judge_all(
        [(metric, pairs[metric.name]) for metric in judged],
        limits={name: limit for name, limit in rules.limits.items() if name in pairs},
        new_failures=new_failures,
        level=level,
    )
    return Comparison(
        outcome=outcome,
        pairs=pairs,
        changed=changed_cases(baseline.rows, rows, rules.metrics),
        notes=_notes(baseline, rows, sides),
        common=tuple(sorted(sides)),
        new_failures=tuple(new_failures),
    )


def to_repeat(comparison: Comparison, *, budget_runs: int, seed: int) -> tuple[Repeat, ...]:
    """Return which cases to run again, on both sides, to decide what is unclear."""
    unclear = {
        verdict.metric.name: [one for one in comparison.pairs[verdict.metric.name] if one.is_computed]
        for verdict in comparison.outcome.verdicts
        if verdict.result == "unclear" and verdict.cases
    }
    return undecided(unclear, budget=budget_runs, seed=seed) if unclear else ()


_Sides = Mapping[str, tuple[tuple[CaseRun, ...], tuple[CaseRun, ...]]]
"""Rows of both sides by case, the repeats in their order."""


def _common(before: Iterable[CaseRun], now: Iterable[CaseRun]) -> _Sides:
    there, here = _by_case(before), _by_case(now)
    return {
        case: (there[case], rows)
        for case, rows in here.items()
        if case in there and there[case][0].digest == rows[0].digest
    }


def _by_case(rows: Iterable[CaseRun]) -> dict[str, tuple[CaseRun, ...]]:
    found: dict[str, list[CaseRun]] = defaultdict(list)
    for row in sorted(run_rows(rows), key=lambda row: row.repeat):
        found[row.case].append(row)
    return {case: tuple(rows) for case, rows in found.items()}


def _pairs(
    metric: Metric,
    sides: _Sides,
    clusters: Mapping[str, str],
    high_risk: frozenset[str],
    *,
    repeats: Sequence[Repeat],
    first: int,
) -> tuple[Paired, ...]:
    limit = first or None
    common = pair(
        {case: _values(before, metric.name, 0, limit) for case, (before, _) in sides.items()},
        {case: _values(now, metric.name, 0, limit) for case, (_, now) in sides.items()},
        cluster_of=clusters,
        high_risk=high_risk,
    )
    if not repeats:
        return common.pairs
    again = {repeat.case: repeat for repeat in repeats}
    return tuple(_with_repeats(one, metric.name, sides, again, first) for one in common.pairs)


def _with_repeats(one: Paired, metric: str, sides: _Sides, again: Mapping[str, Repeat], first: int) -> Paired:
    repeat = again.get(one.case)
    if repeat is None or len(one.baseline) != len(one.candidate):
        return one
    before, now = (
        [value for value in _values(rows, metric, first, None) if value is not None]
        for rows in sides[one.case]
    )
    if not before or not now:
        return one
    return repeated(one, repeat, baseline=before, candidate=now)


def _values(rows: Sequence[CaseRun], metric: str, start: int, end: int | None) -> list[float | None]:
    """Return the values of the repeats from `start` up to `end`; rows without this score have none."""
    wanted = [row for row in rows if row.repeat >= start and (end is None or row.repeat < end)]
    scores = [row.score(metric) for row in wanted]
    return [None if score is None else score.value for score in scores]


def _new_failures(
    judged: Sequence[Metric],
    sides: _Sides,
    clusters: Mapping[str, str],
    high_risk: frozenset[str],
    *,
    first: int,
) -> list[NewFailure]:
    """Return the high-risk cases that newly fail a metric which only says right or wrong.

    All repeats behind the first look confirm, whatever they were run for.
    """
    found: list[NewFailure] = []
    risky = {case: rows for case, rows in sides.items() if case in high_risk}
    for metric in judged:
        seen = _pairs(metric, risky, clusters, high_risk, repeats=(), first=first)
        values = {value for one in seen for value in (*one.baseline, *one.candidate)}
        if not values <= {0.0, 1.0}:
            continue
        again = {one.case: Repeat(case=one.case, times=0, chance=1.0) for one in seen} if first else {}
        pairs = [_sure(_with_repeats(one, metric.name, risky, again, first), metric, risky) for one in seen]
        failures = confirmed_failures(
            metric, _looked_at(pairs), passes_at=1.0 if metric.higher_is_better else 0.0
        )
        real = {one.case: one for one in seen}
        found += [_as_run(failure, real[failure.case]) for failure in failures]
    return found


def _as_run(failure: NewFailure, one: Paired) -> NewFailure:
    """Return the failure with runs that were run, where others stood for `always`."""
    if failure.baseline_runs <= SURE or len(one.baseline) > SURE:
        return failure
    before, now = len(one.baseline), len(one.candidate)
    passed = before if failure.baseline_passes else 0, now if failure.candidate_passes else 0
    return replace(
        failure, baseline_passes=passed[0], baseline_runs=before, candidate_passes=passed[1],
        candidate_runs=now,
    )  # fmt: skip


def _looked_at(pairs: Sequence[Paired]) -> list[Paired]:
    """Return the pairs with a first look each, where some were looked at before.

    Then only what came after it confirms a failure.
    """
    if not any(one.first for one in pairs):
        return list(pairs)
    return [one if one.first else replace(one, first=len(one.baseline)) for one in pairs]


def _sure(one: Paired, metric: Metric, sides: _Sides) -> Paired:
    """Return the case with repeats that need not be run: what no model wrote ends alike every time."""
    rows = [row for side in sides[one.case] for row in side]
    is_sure = metric.is_deterministic and all(row.model in NO_MODEL for row in rows)
    if not is_sure or one.first or not one.is_computed:
        return one
    before, now = one.baseline[0], one.candidate[0]
    return replace(one, baseline=(before,) * (1 + SURE), candidate=(now,) * (1 + SURE), first=1)


def changed_cases(
    before: Sequence[CaseRun], now: Sequence[CaseRun], metrics: Sequence[Metric]
) -> tuple[Changed, ...]:
    """Return the common cases that end otherwise or are scored otherwise, those that got worse first."""
    found = [
        change
        for case, (there, here) in _common(before, now).items()
        if (change := _change(case, there, here, metrics)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-len(one.worse), -len(one.better), one.case)))


def _change(
    case: str, before: Sequence[CaseRun], now: Sequence[CaseRun], metrics: Sequence[Metric]
) -> Changed | None:
    worse, better = [], []
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
    values = [value for value in _values(rows, metric, 0, None) if value is not None]
    return fmean(values) if values else None


def _outcomes(rows: Sequence[CaseRun]) -> str:
    return ", ".join(sorted({row.outcome for row in rows}))


def unstable_cases(rows: Iterable[CaseRun]) -> tuple[str, ...]:
    """Return the cases whose repeats did not end alike, or were not scored alike."""
    found = []
    for case, repeats in _by_case(rows).items():
        ends = {
            (row.outcome, tuple((score.metric, score.value) for score in _lasting(row))) for row in repeats
        }
        if len(ends) > 1:
            found.append(case)
    return tuple(sorted(found))


def _lasting(row: CaseRun) -> list[object]:
    return [score for score in row.scores if not score.metric.endswith(_TIMED)]


_TIMED = ("_s", "_usd")


def _notes(baseline: Baseline, rows: Sequence[CaseRun], sides: _Sides) -> tuple[str, ...]:
    """Return which cases were not compared, and why."""
    before, now = _by_case(baseline.rows), _by_case(rows)
    notes = []
    if lost := sorted(now.keys() - before.keys()):
        notes.append(f"not compared, for the baseline has no run of them: {_some(lost)}")
    if gone := sorted(before.keys() - now.keys()):
        notes.append(f"not compared, for only the baseline has them: {_some(gone)}")
    if other := sorted(now.keys() & before.keys() - sides.keys()):
        notes.append(f"not compared, for they ask or expect something else now: {_some(other)}")
    if notes:
        count = len(sides)
        notes.insert(0, f"compared on the {count} case{'s' if count != 1 else ''} that both sides have")
    return tuple(notes)


def _some(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - _TOLD} more" if len(cases) > _TOLD else ""
    return f"{len(cases)} case{'s' if len(cases) != 1 else ''} ({', '.join(cases[:_TOLD])}{more})"
