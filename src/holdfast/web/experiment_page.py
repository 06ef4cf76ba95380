"""One experiment of the Quality page: beside its baseline, case by case."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from holdfast.domain.cases import Case
from holdfast.domain.experiments import CaseRun, Experiment
from holdfast.errors import UsageError
from holdfast.evaluating.calibrating import Stated, stated_in
from holdfast.evaluating.case_by_case import Difference, texts_of
from holdfast.evaluating.measures import measures_on_record
from holdfast.evaluating.on_record import (
    Retold,
    baseline_for,
    closed_to,
    comparable,
    name_of,
    retold,
    seconds_of,
)
from holdfast.evaluating.summary import kinds_of
from holdfast.evaluation.calibration.plots import Words, reliability_plot, risk_coverage_plot
from holdfast.evaluation.calibration.reliability import Bin
from holdfast.evaluation.cases import edition_of, load_cases
from holdfast.evaluation.experiments.identity import digests_of
from holdfast.evaluation.experiments.report import Line, Report
from holdfast.storage import experiments as store
from holdfast.web import quality_told
from holdfast.web.people import Right
from holdfast.web.quality_page import LISTED, WAIT_S, come_again, rows_of
from holdfast.web.rendering import page
from holdfast.web.visits import Here, Missing, Visit
from holdfast.web.workbench import Desk, Workbench

router = APIRouter(include_in_schema=False)
NOTHING = "none"
"""Stands for a baseline where the experiment is to be shown alone."""
MOST_CHANGED, MOST_FAULTS = 50, 100
"""Cases that are shown with their texts, and with what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """The golden cases as they are now."""

    cases: Mapping[str, Case]
    """By id."""
    digests: Mapping[str, str]
    edition: tuple[object, ...]
    """Changes whenever their files do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An experiment that somebody looks at, with what it is held against."""

    experiment: Experiment
    rows: tuple[CaseRun, ...]
    before: tuple[Experiment, tuple[CaseRun, ...]] | None
    others: tuple[Experiment, ...]
    """What it can be held against."""
    golden: Golden | None
    """None: they are being read."""
    closed: frozenset[str]
    """Cases that are not shown."""

    @property
    def key(self) -> tuple[object, ...]:
        """Return all that figures of it depend on."""
        before = (self.before[0].id, hash(self.before[1])) if self.before else None
        return self.experiment.id, self.experiment.ended_at, hash(self.rows), before, self.closed


@router.get("/w/{workflow}/quality/{experiment}", response_class=HTMLResponse)
def experiment_page(visit: Here, experiment: str, against: str = "") -> HTMLResponse:
    """Show an experiment, held against the one before it or the one that is named."""
    until = time.monotonic() + WAIT_S
    asked = asked_for(visit, experiment, against)
    found = _retold(visit, asked, wait_s=max(0.0, until - time.monotonic()))
    stated, no_confidence = _stated(visit, asked)
    values: dict[str, Any] = _told(visit, asked, found) if found else {"report": None}
    shown = page(
        "experiment.html", visit, experiment=asked.experiment, name=name_of(asked.experiment),
        took_s=seconds_of(asked.experiment), before=asked.before[0] if asked.before else None,
        others=asked.others, against=against, nothing=NOTHING, closed=len(asked.closed),
        kinds=kinds_of(asked.rows), stated=stated, no_confidence=no_confidence,
        **_plots(visit, stated), **values,
    )  # fmt: skip
    return shown if found and (stated or no_confidence) else come_again(shown)


def asked_for(visit: Visit, experiment_id: str, against: str) -> Asked:
    """Return what an address of the page names; raise Missing for an experiment that is none."""
    visit.needs(Right.SEE_QUALITY)
    with visit.desk.flow.wiring.database.read() as connection:
        found = store.find_experiment(connection, experiment_id) if experiment_id else None
        listed = store.list_experiments(connection, limit=LISTED)
    if found is None:
        raise Missing
    others = comparable(listed, found)
    before = None if against == NOTHING else baseline_for(others, found)
    if against not in ("", NOTHING):
        before = next((one for one in others if one.id == against), None)
        if before is None:
            raise Missing
    rows = rows_of(visit, found)
    there = rows_of(visit, before) if before else ()
    golden = golden_cases(visit)
    closed = frozenset[str]()
    if golden is not None:
        closed = closed_to(visit.desk.flow, (*rows, *there), [*golden.cases.values()], visit.principal)
    return Asked(
        experiment=found, rows=rows, before=(before, there) if before else None, others=others,
        golden=golden, closed=closed,
    )  # fmt: skip


def golden_cases(visit: Visit) -> Golden | None:
    """Return the golden cases as they are now, None while they are being read."""
    return read_golden(visit.workbench, visit.desk, wait_s=WAIT_S)


def read_golden(workbench: Workbench, desk: Desk, *, wait_s: float | None) -> Golden | None:
    """Return a workflow's golden cases as they are now, None where reading them takes longer."""
    folder = desk.flow.wiring.folder
    edition = edition_of(folder)

    def read() -> Golden:
        cases = load_cases(folder)
        return Golden(
            cases={case.id: case for case in cases}, digests=digests_of(cases), edition=edition
        )  # fmt: skip

    return workbench.figures.of((desk.name, "cases", edition), read, wait_s=wait_s)


def _retold(visit: Visit, asked: Asked, *, wait_s: float) -> Retold | None:
    golden = asked.golden
    if golden is None:
        return None
    flow = visit.desk.flow
    measures = measures_on_record(flow.wiring)
    return visit.workbench.figures.of(
        (visit.desk.name, "retold", asked.key, golden.edition, measures.shown_only),
        lambda: retold(
            flow, measures, (asked.experiment, asked.rows), asked.before,
            cases=golden.cases.values(), closed=asked.closed, reader=visit.principal,
        ),
        wait_s=wait_s,
    )  # fmt: skip


def _stated(visit: Visit, asked: Asked) -> tuple[Stated | None, str]:
    """Return what the runs say of confidence, or why nothing can be said; neither while it is worked out."""
    golden = asked.golden
    if golden is None:
        return None, ""
    same = [row.case for row in asked.rows if golden.digests.get(row.case) == row.digest]
    cases = [golden.cases[case] for case in dict.fromkeys(same)]
    key = (visit.desk.name, "stated", asked.experiment.id, hash(asked.rows), golden.edition)
    wiring, seed = visit.desk.flow.wiring, asked.experiment.plan.seed
    try:
        found = visit.workbench.figures.of(
            key, lambda: asyncio.run(stated_in(wiring, cases, asked.rows, seed=seed)), wait_s=0.0
        )
    except UsageError as error:  # a decider of the workflow's own
        return None, error.what
    return found, ""


def _told(visit: Visit, asked: Asked, found: Retold) -> dict[str, Any]:
    """Return the report as the page shows it, with the texts of the cases that changed."""
    report, before = found.report, asked.before
    shown = (*found.changes, *found.reworded)[:MOST_CHANGED]
    texts: tuple[Difference, ...] = ()
    if before is not None:
        texts = texts_of(visit.desk.flow, shown, before[1], asked.rows, reader=visit.principal)
    known = asked.golden.cases if asked.golden else {}
    changes = found.changes
    faults = _faults(report, asked)
    return {
        "report": report,
        "lines": [_line(visit, line) for line in report.lines],
        "marks": quality_told.difference_marks(visit.t, report.lines)
        if before
        else quality_told.value_marks(visit.t, [line.measured for line in report.lines]),
        "compared": found.compared,
        "changed": len(changes),
        "reworded": len(found.reworded),
        "hidden": found.hidden,
        "texts": texts,
        "more": max(0, len(changes) + len(found.reworded) - MOST_CHANGED),
        "faults": faults[:MOST_FAULTS],
        "more_faults": max(0, len(faults) - MOST_FAULTS),
        "not_run": {case: why for case, why in report.not_run.items() if case in known},
        "unstable": [case for case in _unstable(report) if case in known],
    }  # fmt: skip


def _unstable(report: Report) -> list[str]:
    """Return the cases that are unstable on either side."""
    return sorted({*report.unstable, *report.unstable_before})


def _line(visit: Visit, line: Line) -> dict[str, Any]:
    t, unit, found = visit.t, line.metric.unit, line.measured
    return {
        "line": line,
        "baseline": quality_told.value(t, line.baseline, unit),
        "value": quality_told.value(t, line.value, unit),
        "difference": quality_told.difference(t, line.difference, unit),
        "interval": quality_told.interval(t, line.difference_interval, unit),
        "own_interval": quality_told.interval(t, found.interval, unit),
    }


def _faults(report: Report, asked: Asked) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the cases that may be shown and have a fault, each with what is wrong by metric."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    named = {row.case for row in asked.rows}
    for failure in report.failures:
        if failure.case in named:
            found[failure.case].append((failure.metric, failure.why))
    return sorted(found.items(), key=lambda one: (-len(one[1]), one[0]))


def _plots(visit: Visit, stated: Stated | None) -> dict[str, Any]:
    """Return the two plots as pictures without a style of their own."""
    if stated is None or stated.reliability is None or stated.curve is None:
        return {"reliability": "", "risk": "", "points": ()}
    t = visit.t
    words = Words(
        title=t("confidence.plot", error=t.number(stated.reliability.ece.mean, 3)),
        across=t("confidence.across"), up=t("confidence.up"), style="",
        one=lambda one: _told_bin(visit, one),
    )  # fmt: skip
    risk = Words(
        title=t("risk.plot", area=t.number(stated.curve.aurc.mean, 3)), across=t("risk.across"),
        up=t("risk.up"), now=t("risk.now"), style="",
    )  # fmt: skip
    now = (stated.answered / stated.items, stated.wrong / stated.answered) if stated.answered else None
    points = stated.curve.points
    return {
        "reliability": Markup(reliability_plot(stated.reliability, words)),  # noqa: S704 -- escapes its words
        "risk": Markup(risk_coverage_plot(stated.curve, risk, now=now)),  # noqa: S704 -- likewise
        "points": _tenth(points),
    }


def _tenth(points: Sequence[Any]) -> list[Any]:
    """Return about ten of the points, the first and the last among them."""
    step = max(1, (len(points) - 1) // 9)
    return [*points[:-1:step], points[-1]]


def _told_bin(visit: Visit, one: Bin) -> str:
    t = visit.t
    return t(
        "confidence.bin", count=t.number(one.count), low=t.number(one.low, 2), high=t.number(one.high, 2),
        stated=t.number(one.confidence, 2), right=t.number(one.right, 2),
    )  # fmt: skip
