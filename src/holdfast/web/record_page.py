"""The page on which a reviewer corrects a record, field by field: a plain form that needs no script."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from holdfast.domain.reviews import Action, ReviewItem
from holdfast.errors import NotAllowed, UsageError
from holdfast.reviewing.records import RecordMisfits, corrected_record, record_before
from holdfast.stages.generation.output import Shape
from holdfast.storage.runs import StoredRun, find_run
from holdfast.web.deciding_routes import item_of
from holdfast.web.decisions import decide
from holdfast.web.offers import offers_of
from holdfast.web.people import Right
from holdfast.web.record_fields import Filled, Posted, control_of, filled
from holdfast.web.record_told import AGAIN, WORDS, RecordForm, address_of, form_of, is_unkept
from holdfast.web.rendering import page, query
from holdfast.web.review_told import evidence_of
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter(include_in_schema=False)
CHECK, MORE = "check", "more"
"""Buttons that send nothing: hold it against the schema; show one more entry of a list."""
LONGEST_WORDS = 2_000
MISFIT = 422
WITHOUT_ANSWER = ("failed", "cancelled", "interrupted", "forgotten")
"""How runs ended that nobody can answer in a reviewer's name."""


async def posted_form(request: Request) -> Posted:
    """Return the texts of a form that was posted."""
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


@router.get("/w/{workflow}/runs/{run}/record", response_class=HTMLResponse)
def record_page(visit: Here, run: str) -> HTMLResponse:
    """Show the form of a run's record, filled with what was sent last, else with the draft."""
    stored, item = _editable(visit, run)
    is_again = item is None or item.state == "done"
    form = form_of(visit, stored, visit.desk.flow.review.decisions(stored.summary.id), is_again=is_again)
    if form is None:
        raise Missing
    return _page(visit, stored, item, form)


@router.post("/w/{workflow}/runs/{run}/record", response_model=None)
def post_record(visit: Here, run: str, posted: Annotated[Posted, Depends(posted_form)]) -> Response:
    """Send a corrected record; one that does not fit is shown as it was typed, and nothing is stored."""
    stored, item = _editable(visit, run)
    review = visit.desk.flow.review
    before = record_before(stored, review.decisions(stored.summary.id))
    shape = review.shape
    if shape is None:
        raise Missing
    form = RecordForm(
        action=address_of(visit, stored.summary.id), is_again=bool(posted.get(AGAIN)),
        words=posted.get(WORDS, "")[:LONGEST_WORDS],
        whole=control_of(shape.spec, before, posted, more=posted.get(MORE, "")),
        is_new=before is None, is_unkept=is_unkept(stored),
    )  # fmt: skip
    if MORE in posted:
        return _page(visit, stored, item, form)
    typed = filled(form.whole)
    errors = _errors(typed, shape, stored)
    if errors:
        return _page(visit, stored, item, replace(form, errors=errors), status=MISFIT)
    if CHECK in posted:
        return _page(visit, stored, item, replace(form, said=visit.t("record.fits")))
    try:
        _send(visit, stored.summary.id, item, form, typed)
    except (NotAllowed, UsageError) as error:
        status = 403 if isinstance(error, NotAllowed) else 400
        return _page(visit, stored, item, replace(form, errors={"": [str(error)]}), status=status)
    return RedirectResponse(f"{visit.home}/review?{query(case=stored.summary.id)}", status_code=303)


def _send(visit: Visit, run: str, item: ReviewItem | None, form: RecordForm, typed: Filled) -> None:
    sent: dict[str, Any] = {"output": typed.output, "cites": typed.cites, "words": form.words}
    if item is None or form.is_again:
        decide(visit, run, Action.EDIT, **sent)
    else:  # a case that somebody else finished meanwhile is not decided once more
        visit.desk.flow.review.finish(run, visit.principal, Action.EDIT, **sent)


def _errors(typed: Filled, shape: Shape, run: StoredRun) -> dict[str, list[str]]:
    """Return what does not fit by the id of its control; what belongs to none stands under the empty text."""
    found = {one: [why] for one, why in typed.faults.items()}
    try:
        corrected_record(shape, run, typed.output, typed.cites, before=None)
    except RecordMisfits as error:
        for problem in error.problems:
            place = next(
                (one for one in sorted(typed.places, key=len, reverse=True) if _is_about(problem, one)), ""
            )
            named = typed.places[place] if place else ""
            if named not in typed.faults:
                found.setdefault(named, []).append(problem)
    return found


def _is_about(problem: str, place: str) -> bool:
    """Return whether a problem is one of the field at this place, or of something in it."""
    return bool(place) and problem.startswith((f"{place}: ", f"{place}."))


def _page(
    visit: Visit, run: StoredRun, item: ReviewItem | None, form: RecordForm, *, status: int = 200
) -> HTMLResponse:
    cited, others = evidence_of(visit, run, visit.desk.flow.review.decisions(run.summary.id))
    return page(
        "record.html", visit, status=status, run=run, form=form, cited=cited, others=others,
        asker=run.summary.user, in_review=item is not None,
    )  # fmt: skip


def _editable(visit: Visit, run: str) -> tuple[StoredRun, ReviewItem | None]:
    """Return a run whose answer who is here may correct, with its case; Missing where they see none."""
    visit.needs(Right.DECIDE)
    review = visit.desk.flow.review
    review.needs_reviewer(visit.principal)
    with review.database.read() as connection:
        found = find_run(connection, run, visit.principal, lookups=review.seen_lookups(visit.principal))
    if found is None or found.summary.kind in WITHOUT_ANSWER:
        raise Missing
    item = item_of(visit, found.summary.id)
    may_review = item is not None and not review.is_closed_to(item, visit.principal)
    if not (may_review or Action.EDIT in offers_of(visit, found).actions):
        raise NotAllowed(
            f"{visit.person.name} may not correct the answer of {found.summary.id[:8]}",
            stage="review",
            move="Another reviewer corrects what you asked yourself.",
        )
    return found, item
