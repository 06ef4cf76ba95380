"""Tell again what an experiment on record came to, alone or beside another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from holdfast.casework import cases_seen_by
from holdfast.domain.access import Principal
from holdfast.domain.cases import Case
from holdfast.domain.experiments import CaseRun, Experiment
from holdfast.evaluating.case_by_case import side_by_side
from holdfast.evaluating.evaluate import baseline_of
from holdfast.evaluating.measures import Measures
from holdfast.evaluation.experiments.comparing import compare
from holdfast.evaluation.experiments.measuring import run_rows
from holdfast.evaluation.experiments.report import Changed, Report
from holdfast.evaluation.experiments.reporting import Found, report_of
from holdfast.session import Flow
from holdfast.storage import experiments as store
from holdfast.storage.experiments import ExperimentSummary

_CLOSED = "its evidence is closed to you"
_GOES_ON = "the same command goes on with it"
FIRST_LOOK = "cases that were run more often than others count with their first runs only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """An experiment as somebody may see it."""

    report: Report
    compared: int = 0
    """Cases that both sides have."""
    changes: tuple[Changed, ...] = ()
    """Those that got worse first."""
    reworded: tuple[Changed, ...] = ()
    """Cases with the same outcome and scores whose text is another."""
    hidden: int = 0
    """Cases that changed, and that the reader may not see."""


def comparable(listed: Iterable[ExperimentSummary], one: Experiment) -> tuple[Experiment, ...]:
    """Return the experiments that came to their end and share a case, asked alike, with this one."""
    asked = one.plan.cases.items()
    return tuple(
        other.experiment
        for other in listed
        if other.experiment.ended_at is not None
        and other.experiment.id != one.id
        and not asked.isdisjoint(other.experiment.plan.cases.items())
    )


def baseline_for(others: Iterable[Experiment], one: Experiment) -> Experiment | None:
    """Return the newest of these before this one, of a declaration as it was: what `last` was then."""
    before = [
        other
        for other in others
        if other.started_at < one.started_at and not other.plan.label and not other.plan.model
    ]
    return max(before, key=lambda other: other.started_at, default=None)


def closed_to(
    flow: Flow, rows: Sequence[CaseRun], cases: Sequence[Case], principal: Principal
) -> frozenset[str]:
    """Return the cases of these rows that the principal may not be shown today.

    As `store.closed_cases` has it, and as the golden files have it now. A case that is no longer in them
    and rests on no document is closed: nothing says who may see it.
    """
    lookups = flow.wiring.review.seen_lookups(principal)
    with flow.wiring.database.read() as connection:
        closed = store.closed_cases(connection, rows, principal, lookups=lookups)
    known = {case.id for case in cases}
    seen = {case.id for case in cases_seen_by(flow.wiring, cases, principal)}
    for row in rows:
        if row.case not in seen and (row.case in known or not row.documents):
            closed.add(row.case)
    return frozenset(closed)


def retold(
    flow: Flow,
    measures: Measures,
    now: tuple[Experiment, tuple[CaseRun, ...]],
    before: tuple[Experiment, tuple[CaseRun, ...]] | None,
    *,
    cases: Collection[Case],
    closed: Collection[str],
    reader: Principal,
) -> Retold:
    """Return what the gate says of an experiment against another one, and which cases changed.

    Closed cases count in every figure under a name that tells nothing. Where some cases were run more often
    than others only the first look counts: which of them were picked to be run again is not on record.
    """
    names = {case: f"(closed {number})" for number, case in enumerate(sorted(closed), 1)}
    experiment, rows = now[0], _nameless(now[1], names)
    rules = measures.rules(cases, names=names)
    found = Found(
        experiment=experiment, rows=rows, name=name_of(experiment), took_s=seconds_of(experiment) or 0.0,
        stopped="" if experiment.ended_at is not None else _GOES_ON,
    )  # fmt: skip
    if before is None:
        return Retold(report=report_of(found, rules))
    there = _nameless(before[1], names)
    baseline = baseline_of(before[0], there)
    first = _first_look(there, rows)
    comparison = compare(baseline, rows, rules, first=first)
    found = replace(found, notes=(FIRST_LOOK,) if first else ())
    beside = side_by_side(
        flow, (before[0], there), (experiment, rows), measures.metrics, reader=reader,
        closed=names.values(),
    )  # fmt: skip
    return Retold(
        report=report_of(found, rules, baseline=baseline, comparison=comparison),
        compared=beside.compared,
        changes=tuple(one.change for one in beside.differences),
        reworded=tuple(one.change for one in beside.reworded),
        hidden=beside.hidden,
    )


def name_of(experiment: Experiment) -> str:
    """Return what was measured: a model, a git ref; empty for the declaration as it was."""
    return experiment.plan.model or experiment.plan.label


def seconds_of(experiment: Experiment) -> float | None:
    """Return the seconds from the first case to the last, pauses included; None before its end."""
    if experiment.ended_at is None:
        return None
    return (experiment.ended_at - experiment.started_at).total_seconds()


def _nameless(rows: Iterable[CaseRun], names: Mapping[str, str]) -> tuple[CaseRun, ...]:
    """Return the rows with nothing of the closed cases but their figures."""
    return tuple(
        row
        if row.case not in names
        else replace(
            row, case=names[row.case], run="",
            scores=tuple(replace(one, why=_CLOSED if one.why else "") for one in row.scores),
        )
        for row in rows
    )  # fmt: skip


def _first_look(*sides: Sequence[CaseRun]) -> int:
    """Return how often every case was run where some were run more often; 0: all alike on each side."""
    counts = [set(Counter(row.case for row in run_rows(rows)).values()) for rows in sides]
    if all(len(times) < 2 for times in counts):  # noqa: PLR2004 -- one number is all alike
        return 0
    return min(min(times) for times in counts if times)
