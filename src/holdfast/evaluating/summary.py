"""Sum up some days: how runs ended, what golden cases fail by kind, new cases, cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from holdfast.domain.cases import Case
from holdfast.domain.experiments import CaseRun
from holdfast.domain.scores import Metric
from holdfast.evaluation.experiments.measuring import case_values, run_rows
from holdfast.session import Flow
from holdfast.storage import experiments as store
from holdfast.storage.experiments import ExperimentSummary
from holdfast.storage.period import Period, since

MOST_EXPERIMENTS = 500
CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """Golden cases of one kind in an experiment."""

    kind: str
    cases: int
    faulty: int
    """With a fault in any metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A metric in the experiment that speaks for the period, and in the newest before the period."""

    metric: Metric
    now: float | None
    before: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Some days of a workflow."""

    workflow: str
    start: datetime
    period: Period
    experiments: tuple[ExperimentSummary, ...]
    newest: ExperimentSummary | None
    """Whose figures are told: the newest of the period that measured what is declared now, or the newest."""
    is_as_now: bool
    """Whether it measured what is declared now, on whatever version of the index."""
    kinds: tuple[KindCount, ...]
    trends: tuple[Trend, ...]
    cases: int
    new_cases: tuple[str, ...] | None
    """Ids of cases that no experiment before the period knew; None: there was none before."""
    corrections: int
    """Of the new cases, those that came from a reviewer's correction; of all, where nothing was before."""
    held: int
    """Cases that wait for a second person."""


def summed_up(
    flow: Flow, cases: Sequence[Case], metrics: Sequence[Metric], *, days: int, now: datetime | None = None
) -> Summary:
    """Return what is on record of the last days; counts only, so nothing of it is closed to anybody."""
    start = (now or datetime.now(UTC)) - timedelta(days=days)
    with flow.wiring.database.read() as connection:
        period = since(connection, start)
        every = store.list_experiments(connection, limit=MOST_EXPERIMENTS)
        done = [one for one in every if one.experiment.ended_at is not None and _is_declared(one)]
        recent = [one for one in done if one.experiment.started_at >= start]
        earlier = [one for one in done if one.experiment.started_at < start]
        same = [one for one in recent if one.experiment.plan.version in _versions(flow)]
        newest = next(iter(same or recent), None)
        rows = store.case_runs_of(connection, newest.experiment.id) if newest else ()
        old = store.case_runs_of(connection, earlier[0].experiment.id) if earlier else ()
    known = {case for one in earlier for case in one.experiment.plan.cases}
    fresh = [case for case in cases if case.id not in known]
    return Summary(
        workflow=flow.wiring.loaded.name,
        start=start,
        period=period,
        experiments=tuple(one for one in every if one.experiment.started_at >= start),
        newest=newest,
        is_as_now=bool(same),
        kinds=kinds_of(rows),
        trends=tuple(_trend(metric, rows, old) for metric in metrics) if rows else (),
        cases=len(cases),
        new_cases=tuple(case.id for case in fresh) if earlier else None,
        corrections=sum(case.origin == CORRECTION for case in fresh),
        held=sum(case.held for case in cases),
    )


def _versions(flow: Flow) -> frozenset[str]:
    """Return the digests of what is declared now, with every version of the index until today's."""
    wiring = flow.wiring
    return frozenset(wiring.version_at(number).digest for number in range(wiring.index_version + 1))


def _is_declared(one: ExperimentSummary) -> bool:
    """Return whether the declaration as it was is what was measured, not another ref or model."""
    return not one.experiment.plan.label and not one.experiment.plan.model


def kinds_of(rows: Sequence[CaseRun]) -> tuple[KindCount, ...]:
    """Return how many cases of each kind were run, and how many of them have a fault."""
    kinds = {row.case: row.kind for row in run_rows(rows)}
    cases = Counter(kinds.values())
    faults = Counter(kinds[case] for case in {row.case for row in run_rows(rows) if _is_faulty(row)})
    return tuple(
        KindCount(kind=kind, cases=count, faulty=faults[kind]) for kind, count in sorted(cases.items())
    )


def _is_faulty(row: CaseRun) -> bool:
    return any(score.why and score.value is not None for score in row.scores)


def _trend(metric: Metric, rows: Sequence[CaseRun], old: Sequence[CaseRun]) -> Trend:
    return Trend(metric=metric, now=_mean(rows, metric.name), before=_mean(old, metric.name))


def _mean(rows: Sequence[CaseRun], metric: str) -> float | None:
    values = case_values(rows, metric)
    return sum(values.values()) / len(values) if values else None
