"""The golden cases: a list of them, one with what it expects, a second person's word on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from holdfast.correcting import shown_cases
from holdfast.domain.cases import Case, Evidence
from holdfast.errors import HoldfastError
from holdfast.evaluating.on_record import closed_to
from holdfast.evaluation.cases import to_run
from holdfast.evaluation.experiments.identity import digests_of
from holdfast.evaluation.near_cases import contradicting
from holdfast.evaluation.quotes import occurrences
from holdfast.storage import audit
from holdfast.storage import experiments as store
from holdfast.storage.library import ShelvedDocument, find_document
from holdfast.web.document_page import pieces_of
from holdfast.web.golden_form import CaseForm, form_of, saved
from holdfast.web.laid_out import blocks_of_passage
from holdfast.web.people import Right
from holdfast.web.record_fields import Posted
from holdfast.web.record_page import posted_form
from holdfast.web.rendering import page, query
from holdfast.web.telling import told_attached
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter(include_in_schema=False)
MOST_ENTRIES = 5000
ON_A_PAGE = 50
STATES = ("held", "new", "counted")
MOST_AROUND = 1500
"""Characters of a section that is shown whole around a quote."""


@router.get("/w/{workflow}/golden", response_class=HTMLResponse)
def golden_page(
    visit: Here,
    case: str = "",
    q: Annotated[str, Query(max_length=500)] = "",
    kind: str = "",
    state: str = "",
    after: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> HTMLResponse:
    """List the golden cases whose evidence who is here may see, or show one of them."""
    visit.needs(Right.SEE_QUALITY)
    if case:
        return golden_case_page(visit, case)
    return _listed(visit, {"q": q, "kind": kind, "state": state}, after)


@router.post("/w/{workflow}/golden", response_model=None)
def post_expected(visit: Here, posted: Annotated[Posted, Depends(posted_form)], case: str = "") -> Response:
    """Change what a held case expects; what does not fit is shown as it was typed, and nothing is stored."""
    visit.needs(Right.DECIDE)
    visit.desk.flow.review.needs_reviewer(visit.principal)
    found, _ = _one_of(visit, case)
    if form := saved(visit, found, posted):
        return golden_case_page(visit, case, form=form)
    return RedirectResponse(f"{visit.home}/golden?{query(case=case)}", status_code=303)


def golden_case_page(visit: Visit, case_id: str, *, form: CaseForm | None = None) -> HTMLResponse:
    """Show what a golden case expects; raise Missing where there is none to be seen.

    `form` is one that was posted and is not saved.
    """
    found, cases = _one_of(visit, case_id)
    may_decide = visit.person.may(Right.DECIDE) and visit.desk.flow.review.may_review(visit.principal)
    if form is None and found.held and may_decide:
        form = form_of(visit, found)
    return page(
        "review_golden.html", visit, status=form.status if form else 200, case=found, form=form,
        is_mine=found.written_by == visit.person.name,
        evidence=[_shown_evidence(visit, one) for one in found.expect.evidence],
        worked=_worked(visit, found), against=contradicting(found, cases),
        may_decide=may_decide,
    )  # fmt: skip


def _one_of(visit: Visit, case_id: str) -> tuple[Case, tuple[Case, ...]]:
    """Return a golden case that who is here may see, with all of them; raise Missing where there is none."""
    cases, _ = _shown(visit)
    found = next((one for one in cases if one.id == case_id), None)
    if found is None:
        raise Missing
    return found, cases


def _shown_evidence(visit: Visit, one: Evidence) -> dict[str, Any]:
    """Return a quote laid out as it stands in its document today, alone where it is not found there."""
    alone = blocks_of_passage(one.quote, one.locator, start=0, end=len(one.quote))
    if one.is_attached:
        return {**told_attached(visit, one.document), "blocks": alone}
    with visit.desk.flow.wiring.database.read() as connection:
        document = find_document(connection, one.document, visit.principal)
    told = {"document": one.document, "place": visit.t.place(one.locator), "href": ""}
    if document is not None:
        href = f"{visit.home}/document?{query(path=one.document)}"
        for words in occurrences(document, one.quote, one.locator)[:1]:
            start, end = words[0][0], words[-1][1]
            low, high = _around(document, start, end)
            pieces = pieces_of(visit.t, document, start, end, low=low, high=high)
            return {
                **told, "href": f"{href}&{query(start=start, end=end)}#passage",
                "blocks": [block for piece in pieces for block in piece.blocks],
            }  # fmt: skip
        told["href"] = href
    return {**told, "blocks": alone}


def _around(document: ShelvedDocument, start: int, end: int) -> tuple[int, int]:
    """Return where the short section of a quote begins and ends, a table with its header; else its lines."""
    for one in document.sections:
        if one.start <= start and end <= one.end and one.end - one.start <= MOST_AROUND:
            return one.start, one.end
    high = document.text.find("\n", end)
    return document.text.rfind("\n", 0, start) + 1, high if high >= 0 else len(document.text)


def _worked(visit: Visit, case: Case) -> dict[str, Any] | None:
    """Return how the last experiment ended for a case that counts, None where there is none to be told."""
    if case.held:
        return None
    flow = visit.desk.flow
    with flow.wiring.database.read() as connection:
        newest = next(iter(store.list_experiments(connection, limit=1)), None)
        rows = store.case_runs_of(connection, newest.experiment.id) if newest else ()
    if newest is None:
        return {"at": None}
    told: dict[str, Any] = {"at": newest.experiment.started_at, "rows": ()}
    rows = tuple(one for one in rows if one.case == case.id)
    if not rows:
        return told
    if case.id in closed_to(flow, rows, (case,), visit.principal):
        return None
    faults = (score.why for row in rows for score in row.scores if score.value is not None and score.why)
    return {
        **told, "rows": rows, "faults": list(dict.fromkeys(faults)),
        "not_run": next((row.not_run for row in rows if row.not_run), ""),
        "is_same": rows[0].digest == digests_of((case,))[case.id],
        "href": f"{visit.home}/quality/{newest.experiment.id}/case?{query(case=case.id)}",
    }  # fmt: skip


def _listed(visit: Visit, filters: dict[str, str], after: int) -> HTMLResponse:
    cases, fault = _shown(visit)
    with visit.desk.flow.wiring.database.read() as connection:
        newest = store.list_experiments(connection, limit=1)
    worked = newest[0].experiment.plan.cases if newest else {}
    fresh = {one.id for one in to_run(cases) if one.id not in worked} if newest else set()
    when = _moments(visit)
    wanted = [one for one in _in_order(cases, when) if _fits(one, filters, fresh)]
    following = after + ON_A_PAGE
    return page(
        "golden.html", visit, fault=fault, total=len(cases), held=sum(one.held for one in cases),
        fresh=fresh, rows=[(one, when.get(one.id)) for one in wanted[after:following]],
        found=len(wanted), measured=bool(newest), filters=filters, states=STATES,
        kinds=sorted({one.kind for one in cases if one.kind}),
        following=query(**filters, after=following) if following < len(wanted) else "",
    )  # fmt: skip


def _fits(case: Case, filters: Mapping[str, str], fresh: Collection[str]) -> bool:
    """Return whether a case has every word that is looked for, the kind and the state."""
    expect = case.expect
    said = (
        case.id, case.question, case.kind, case.written_by, *case.fields.values(), expect.answer,
        *expect.facts, *expect.must_not_state, *(one.document for one in expect.evidence),
    )  # fmt: skip
    text = "\n".join(map(str, said)).casefold()
    states = {"held": case.held, "new": case.id in fresh, "counted": not case.held}
    return (
        all(word in text for word in filters["q"].casefold().split())
        and filters["kind"] in ("", case.kind)
        and states.get(filters["state"], True)
    )


def _in_order(cases: tuple[Case, ...], when: dict[str, datetime]) -> list[Case]:
    """Return those that wait first, then the newest; what nobody wrote here keeps the order of its files."""
    return sorted(cases, key=lambda one: (not one.held, -(when[one.id].timestamp() if one.id in when else 0)))


def _shown(visit: Visit) -> tuple[tuple[Case, ...], str]:
    """Return the golden cases that who is here may see, and what is wrong with the files."""
    try:
        return shown_cases(visit.desk.flow.wiring, visit.principal), ""
    except HoldfastError as error:
        return (), str(error)


def _moments(visit: Visit) -> dict[str, datetime]:
    """Return when a case was last written or confirmed here, by its id."""
    found: dict[str, Any] = {}
    with visit.desk.flow.wiring.database.read() as connection:
        for action in ("case.write", "case.confirm"):
            for one in audit.entries(connection, action=action, limit=MOST_ENTRIES):
                found[one.thing] = max(one.at, found.get(one.thing, one.at))
    return found
