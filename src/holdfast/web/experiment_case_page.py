"""One case of an experiment: what is expected of it beside what it came to."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from holdfast.domain.cases import Evidence
from holdfast.domain.experiments import CaseRun
from holdfast.evaluating.measures import measures_on_record
from holdfast.evaluation.experiments.pairing import by_case
from holdfast.evaluation.experiments.wordwise import pieces_of
from holdfast.storage.runs import StoredRun, find_run
from holdfast.web import quality_told
from holdfast.web.experiment_page import Asked, asked_for
from holdfast.web.quality_page import come_again
from holdfast.web.rendering import page, query
from holdfast.web.telling import told_attached, told_stored
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter(include_in_schema=False)


@router.get("/w/{workflow}/quality/{experiment}/case", response_class=HTMLResponse)
def experiment_case_page(visit: Here, experiment: str, case: str = "", against: str = "") -> HTMLResponse:
    """Show a case whose evidence who is here may see."""
    asked = asked_for(visit, experiment, against)
    if asked.golden is None:  # until they are read nothing says who may see it
        return come_again(page("experiment_case.html", visit, experiment=asked.experiment, id=case, rows=()))
    rows = [row for row in asked.rows if row.case == case]
    if not rows or case in asked.closed:
        raise Missing
    golden = asked.golden.cases.get(case)
    run = _run(visit, rows[0])
    there = _before(asked, rows[0])
    earlier = _run(visit, there) if there else None
    text, old = _text(run), _text(earlier)
    return page(
        "experiment_case.html", visit, experiment=asked.experiment, id=case, golden=golden, rows=rows,
        is_same=asked.golden.digests.get(case) == rows[0].digest, against=against,
        evidence=[_evidence(visit, one) for one in golden.expect.evidence] if golden else (),
        run=run, told=told_stored(visit, run) if run else None,
        before=asked.before[0] if asked.before and there else None,
        there=there, scores=_scores(visit, rows[0], there), earlier=earlier,
        changes=pieces_of(old, text) if run and earlier and old != text else (),
    )  # fmt: skip


def _before(asked: Asked, row: CaseRun) -> CaseRun | None:
    """Return the first row of the same case, asked alike, in what it is held against."""
    if asked.before is None:
        return None
    found = by_case(asked.before[1]).get(row.case, ())
    return found[0] if found and found[0].digest == row.digest else None


def _run(visit: Visit, row: CaseRun) -> StoredRun | None:
    if not row.run:
        return None
    lookups = visit.desk.flow.review.seen_lookups(visit.principal)
    with visit.desk.flow.wiring.database.read() as connection:
        return find_run(connection, row.run, visit.principal, lookups=lookups)


def _text(run: StoredRun | None) -> str:
    return str((run.outcome or {}).get("text") or "") if run else ""


def _scores(visit: Visit, row: CaseRun, there: CaseRun | None) -> list[dict[str, Any]]:
    """Return what each metric says of the case, then and now."""
    t, found = visit.t, []
    for metric in measures_on_record(visit.desk.flow.wiring).metrics:
        now, before = row.score(metric.name), there.score(metric.name) if there else None
        if now is None or (now.value is None and (before is None or before.value is None)):
            continue
        found.append(
            {
                "metric": metric,
                "now": quality_told.value(t, now.value, metric.unit),
                "before": quality_told.value(t, before.value if before else None, metric.unit),
                "why": now.why,
            }
        )
    return found


def _evidence(visit: Visit, one: Evidence) -> dict[str, str]:
    """Return a place that the expected answer rests on, with the way there."""
    if one.is_attached:
        return {**told_attached(visit, one.document), "quote": one.quote}
    href = f"{visit.home}/document?{query(path=one.document)}" if one.is_in_a_document else ""
    return {"document": one.document, "place": visit.t.place(one.locator), "quote": one.quote, "href": href}
