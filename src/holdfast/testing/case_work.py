"""Work golden cases for a test run, as `holdfast eval` works them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from holdfast.domain.access import Principal
from holdfast.domain.experiments import CaseRun
from holdfast.evaluating.laboratory import Laboratory, Order, Side
from holdfast.evaluating.measures import measures_of
from holdfast.evaluating.wanted import default_width, wanted_of
from holdfast.evaluation.experiments.measuring import CLOSED
from holdfast.opening import open as open_workflow
from holdfast.storage import experiments as store


async def worked(folder: Path, cases: Sequence[str], *, who: str) -> dict[str, CaseRun]:
    """Return the row of each case, the index brought up first where there is none."""
    async with open_workflow(folder) as flow:
        if flow.is_synced:
            await flow.refresh_access()
        else:
            await flow.sync()
        order = Order(at_once=default_width(flow), is_fresh=True)
        reader = Principal(user=who)
        wanted = wanted_of(flow, measures_of(flow.wiring), order, reader=reader, who=who, only=cases)
        side = Side(wiring=flow.wiring, score=wanted.score_with(flow.wiring))
        ran = await Laboratory(flow.wiring.database, user=who).run(side, wanted.cases, order)
        lookups = flow.wiring.review.seen_lookups(reader)
        with flow.wiring.database.read() as connection:
            closed = store.closed_cases(connection, ran.rows, reader, lookups=lookups)
    return {row.case: _shut(row) if row.case in closed else row for row in ran.rows}


def _shut(row: CaseRun) -> CaseRun:
    """Return the row without what is said of a case whose evidence the reader may not see."""
    scores = tuple(replace(score, why=CLOSED) if score.why else score for score in row.scores)
    return replace(row, scores=scores)
