"""The Review page: the queue, one case at a time, golden cases that wait for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from holdfast.correcting import cases_of_run, is_of, schema_of
from holdfast.domain.cases import Case
from holdfast.domain.reviews import Action
from holdfast.errors import HoldfastError, StorageError, UsageError
from holdfast.reviewing.checks import failed_checks
from holdfast.reviewing.corrected_before import decided_before
from holdfast.reviewing.doubts import doubt_of
from holdfast.reviewing.review import ReviewCase
from holdfast.reviewing.verdicts import verdict_of
from holdfast.web.deciding_routes import told_decisions
from holdfast.web.golden_page import golden_case_page
from holdfast.web.people import Right
from holdfast.web.record_told import changes_of, form_of, is_record
from holdfast.web.rendering import page, query
from holdfast.web.review_told import evidence_of, neighbours, told_age, told_due, unsupported_by
from holdfast.web.telling import told_stored
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter()
MOST = 200


@router.get("/w/{workflow}/review", response_class=HTMLResponse, include_in_schema=False)
def review_page(
    visit: Here, case: str = "", golden: str = "", risk: str = "", owner: str = "", done: str = ""
) -> HTMLResponse:
    """Show the queue, one case of it, or a golden case that waits for a second person."""
    visit.needs(Right.DECIDE)
    if case:
        return _case_page(visit, case)
    if golden:
        return golden_case_page(visit, golden)
    review = visit.desk.flow.review
    found = review.finished(visit.principal) if done else review.queue(visit.principal, limit=MOST)
    items = [
        one
        for one in found.items
        if risk in ("", one.risk) and owner in ("", one.owner or one.route, one.substitute)
    ]
    held, fault = visit.held
    return page(
        "review.html", visit,
        rows=[{"item": one, "due": told_due(visit, one), "age": told_age(visit, one)} for one in items],
        hidden=found.hidden, more=found.more, held=held, fault=fault,
        to_confirm=visit.to_confirm, counts=review.counted() if done else (),
        doubts_come=visit.desk.flow.wiring.settings.review.found_wrong == "review",
        filters={"risk": risk, "owner": owner, "done": done}, risks=("high", "medium", "low"),
    )  # fmt: skip


@router.post("/w/{workflow}/review/{run}/claim", include_in_schema=False)
def post_claim(visit: Here, run: str) -> RedirectResponse:
    """Hold a case and show it: what the page's button does where no script runs."""
    case = visible_case(visit, run).item.run
    visit.desk.flow.review.claim(case, visit.principal)
    return RedirectResponse(f"{visit.home}/review?{query(case=case)}", status_code=303)


def visible_case(visit: Visit, run: str) -> ReviewCase:
    """Return a case that who is here may review; raise Missing for any other."""
    visit.needs(Right.DECIDE)
    try:
        return visit.desk.flow.review.case(run, visit.principal)
    except UsageError:
        raise Missing from None


def _case_page(visit: Visit, run: str) -> HTMLResponse:
    case = visible_case(visit, run)
    with suppress(StorageError):  # a disk that is full ends no reading: the case is told again then
        visit.desk.flow.review.seen(case.item.run, visit.principal)
    item, settings = case.item, visit.desk.flow.wiring.settings
    sent = next((one for one in reversed(case.decisions) if one.in_review), None)
    at, of, following = neighbours(visit, item.run)
    cited, others = evidence_of(visit, case.run, case.decisions)
    made, fault = _made(visit, item.run)
    return page(
        "review_case.html", visit, case=case, item=item, due=told_due(visit, item),
        age=told_age(visit, item), told=told_stored(visit, case.run, as_recorded=True), cited=cited,
        others=others,
        failed=failed_checks(case.run), decided=told_decisions(visit, item.run),
        sent=sent, unsupported=unsupported_by(visit, case.run, sent),
        handed=next((one for one in reversed(case.decisions) if one.action is Action.HAND_OVER), None),
        doubt=doubt_of(case.decisions, item.asker),
        is_mine=item.claimed_by == visit.person.name,
        is_own=visit.desk.flow.review.is_closed_to(item, visit.principal), at=at, of=of, following=following,
        categories=settings.review.categories, golden=made, fault=fault,
        outdated=_outdated(visit, case, made),
        people=_others(visit), earlier=decided_before(visit.desk.flow.review, case, visit.principal),
        minutes=settings.review.claim_minutes, changed=changes_of(case.run, sent.record if sent else None),
        form=form_of(visit, case.run, case.decisions, is_again=item.state == "done"),
        is_record=is_record(visit, case.run),
    )  # fmt: skip


def _outdated(visit: Visit, case: ReviewCase, made: Sequence[Case]) -> frozenset[str]:
    """Return the waiting golden cases of a review that expect something else than was decided last."""
    reply = verdict_of(case.run, case.decisions)
    if reply is None:
        return frozenset()
    schema = schema_of(visit.desk.flow.wiring, reply)
    return frozenset(one.id for one in made if one.held and not is_of(one, case, reply, schema))


def _made(visit: Visit, run: str) -> tuple[tuple[Case, ...], str]:
    try:
        return cases_of_run(visit.desk.flow.wiring, run), ""
    except HoldfastError as error:
        return (), str(error)


def _others(visit: Visit) -> list[str]:
    """Return the people a case may be given to: those who may review."""
    review = visit.desk.flow.review
    people: dict[str, Any] = dict(visit.workbench.people)
    return [
        name
        for name, one in people.items()
        if one.may(Right.DECIDE) and review.may_review(one.principal) and name != visit.person.name
    ]
