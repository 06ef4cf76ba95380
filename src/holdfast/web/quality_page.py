"""The Quality page: experiments on record with the trend of what they measured."""

from __future__ import annotations

import math
import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from holdfast.domain.experiments import CaseRun, Experiment
from holdfast.evaluating.headlines import Headline, kept_headline, state_of, work_out
from holdfast.evaluating.measures import Measures, measures_on_record
from holdfast.evaluation.cases import FOLDER
from holdfast.evaluation.experiments.comparing import Rules
from holdfast.evaluation.experiments.measuring import Measured
from holdfast.storage import experiments as store
from holdfast.storage.experiments import ExperimentSummary
from holdfast.web import quality_told
from holdfast.web.people import Right
from holdfast.web.rendering import page
from holdfast.web.visits import Here, Visit
from holdfast.web.workbench import Desk, Workbench

router = APIRouter(include_in_schema=False)
LISTED = 30
"""Experiments in the list and in the trend."""
WAIT_S = 0.12
"""What a page waits for figures that are not worked out yet; then it says so and comes again."""
AGAIN_S = 1
UNDER_WAY_S = 10
"""How long the figures of an experiment that goes on are kept."""


@router.get("/w/{workflow}/quality", response_class=HTMLResponse)
def quality_page(visit: Here) -> HTMLResponse:
    """List the newest experiments with the trend of each headline metric."""
    visit.needs(Right.SEE_QUALITY)
    wiring = visit.desk.flow.wiring
    with wiring.database.read() as connection:
        listed = store.list_experiments(connection, limit=LISTED)
    measures = measures_on_record(wiring) if listed else None
    headlines = _headlines(visit, listed, measures) if measures else {}
    metrics = _metrics(headlines)
    shown = page(
        "quality.html", visit, metrics=metrics, trends=_trends(visit, listed, headlines, metrics),
        rows=[_row(visit, one, headlines.get(one.experiment.id), metrics) for one in listed],
        missing=len(listed) - len(headlines), has_cases=(wiring.folder / FOLDER).is_dir(),
        folder=shlex.quote(_from_here(wiring.folder)),
    )  # fmt: skip
    return come_again(shown) if len(headlines) < len(listed) else shown


def come_again(shown: HTMLResponse) -> HTMLResponse:
    """Return the page as one that the browser asks for again by itself."""
    shown.headers["refresh"] = f"{AGAIN_S}"
    return shown


def rows_of(visit: Visit, experiment: Experiment) -> tuple[CaseRun, ...]:
    """Return an experiment's rows; whom a case may be shown is not asked here."""
    with visit.desk.flow.wiring.database.read() as connection:
        return store.case_runs_of(connection, experiment.id)


def _headlines(visit: Visit, listed: Sequence[ExperimentSummary], measures: Measures) -> dict[str, Headline]:
    """Return the figures that are on record or there in time, by experiment."""
    workbench, desk = visit.workbench, visit.desk
    until, rules = time.monotonic() + WAIT_S, measures.rules()
    found = {}
    for one in listed:
        figures = kept_headline(one, rules) or worked_out(workbench, desk, one, rules, until=until)
        if figures is not None:
            found[one.experiment.id] = figures
    return found


def worked_out(
    workbench: Workbench, desk: Desk, one: ExperimentSummary, rules: Rules, *, until: float
) -> Headline | None:
    """Return an experiment's figures worked out beside the requests, None where they take longer.

    `until` is a time of the monotonic clock; infinity waits however long it takes.
    """
    under_way = "" if one.experiment.ended_at else f"{time.time() // UNDER_WAY_S}"
    return workbench.figures.of(
        (desk.name, "headline", one.experiment.id, state_of(one, rules), under_way),
        lambda: work_out(desk.flow.wiring.database, one, rules),
        wait_s=None if until == math.inf else max(0.0, until - time.monotonic()),
    )


def _metrics(headlines: dict[str, Headline]) -> list[str]:
    """Return the metrics of the list in the order in which the newest experiments name them."""
    names = (one.metric.name for headline in headlines.values() for one in headline.figures)
    return list(dict.fromkeys(names))


def _row(
    visit: Visit, one: ExperimentSummary, headline: Headline | None, metrics: Sequence[str]
) -> dict[str, Any]:
    by_metric = {found.metric.name: found for found in headline.figures} if headline else {}
    return {
        "experiment": one.experiment, "cost_usd": one.cost_usd, "cells": [
            _cell(visit, by_metric.get(name)) for name in metrics
        ], "headline": headline, "cases": len(one.experiment.plan.cases),
    }  # fmt: skip


def _cell(visit: Visit, one: Measured | None) -> tuple[str, str]:
    if one is None:
        return quality_told.value(visit.t, None, "share"), ""
    unit = one.metric.unit
    return quality_told.value(visit.t, one.value, unit), quality_told.interval(visit.t, one.interval, unit)


def _trends(
    visit: Visit, listed: Sequence[ExperimentSummary], headlines: dict[str, Headline], metrics: Sequence[str]
) -> list[quality_told.Trend]:
    """Return the trends over the experiments of the declaration as it was that came to their end."""
    declared = [
        headlines[one.experiment.id]
        for one in sorted(listed, key=lambda one: one.experiment.started_at)
        if one.experiment.id in headlines
        and one.experiment.ended_at is not None
        and not one.experiment.plan.label
        and not one.experiment.plan.model
    ]
    found = []
    for name in metrics:
        figures = [one for headline in declared for one in headline.figures if one.metric.name == name]
        made = quality_told.trend(visit.t, figures)
        if made is not None:
            found.append(made)
    return found


def _from_here(folder: Path) -> str:
    """Return a folder as a command finds it that is run where the server was started."""
    near = os.path.relpath(folder)
    return str(folder.absolute()) if near.startswith(os.pardir) else near
