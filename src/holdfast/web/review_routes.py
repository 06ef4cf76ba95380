"""Claim cases, decide them, make golden cases of them over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from holdfast.correcting import cases_of_run, change, confirm, discard, make_case
from holdfast.domain.cases import Case
from holdfast.domain.reviews import Action
from holdfast.errors import NotAllowed
from holdfast.evaluation.case_files import WrittenField
from holdfast.review_contract import case_json, decided_json, queue_json
from holdfast.web.deciding_routes import CITES
from holdfast.web.described import gives
from holdfast.web.people import Right
from holdfast.web.review_page import visible_case
from holdfast.web.shapes import CaseOut, ClaimedOut, GoldenOut, NothingOut, QueueOut
from holdfast.web.visits import Here, Visit

router = APIRouter()


class VerdictIn(BaseModel):
    """How a reviewer ends a case."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    text: str = Field(default="", max_length=200_000, description="For an edit: what is sent.")
    output: dict[str, Any] | None = Field(default=None, description="For an edit of a record: what is sent.")
    cites: dict[str, list[int]] | None = Field(default=None, description=CITES)
    category: str = Field(default="", max_length=200, description="For a rejection: a declared reason.")
    words: str = Field(default="", max_length=2_000, description="In the reviewer's own words.")
    again: bool = Field(default=False, description="Decide a finished case anew; who asked is told again.")


class OwnerIn(BaseModel):
    """To whom a case is given."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(min_length=1, max_length=200)
    words: str = Field(default="", max_length=2_000, description="A note to whom it is given.")


class GoldenIn(BaseModel):
    """Which golden case a second person confirms."""

    model_config = ConfigDict(extra="forbid")

    case: str = Field(min_length=1, max_length=500)


@router.get(
    "/api/reviews",
    response_model=None,
    responses=gives(QueueOut),
    summary="Cases that wait for a person, highest risk first, then the oldest",
)
def api_queue(visit: Here) -> dict[str, Any]:
    """Return the queue in the shape of `holdfast review --json`."""
    visit.needs(Right.DECIDE)
    return queue_json(visit.desk.flow.review.queue(visit.principal))


@router.post(
    "/api/reviews/next",
    response_model=None,
    responses=gives(ClaimedOut | NothingOut),
    summary="Claim the first case that nobody holds",
)
def api_next(visit: Here) -> dict[str, Any]:
    """Return the claimed case, `run` null where nothing waits."""
    visit.needs(Right.DECIDE)
    review = visit.desk.flow.review
    for item in review.queue(visit.principal).items:
        is_free = item.claimed_by in ("", visit.principal.user)
        if is_free and not review.is_closed_to(item, visit.principal):
            try:
                return decided_json(review.claim(item.run, visit.principal))
            except NotAllowed:  # another reviewer was faster
                continue
    return {"v": 1, "run": None}


@router.get(
    "/api/reviews/{run}",
    response_model=None,
    responses=gives(CaseOut),
    summary="One case: question, draft, evidence, decisions",
)
def api_case(visit: Here, run: str) -> dict[str, Any]:
    """Return the case in the shape of `holdfast review show --json`."""
    case = visible_case(visit, run)
    return case_json(case, golden=cases_of_run(visit.desk.flow.wiring, case.item.run))


@router.post(
    "/api/reviews/{run}/claim", response_model=None, responses=gives(ClaimedOut), summary="Hold a case"
)
def api_claim(visit: Here, run: str) -> dict[str, Any]:
    """Hold the case, or hold it for longer; 403 when another reviewer holds it."""
    return decided_json(visit.desk.flow.review.claim(_id(visit, run), visit.principal))


@router.post(
    "/api/reviews/{run}/release", response_model=None, responses=gives(ClaimedOut), summary="Let go of a case"
)
def api_release(visit: Here, run: str) -> dict[str, Any]:
    """Let go of the case; 403 when it is not held by who is here."""
    return decided_json(visit.desk.flow.review.release(_id(visit, run), visit.principal))


@router.post(
    "/api/reviews/{run}/reassign",
    response_model=None,
    responses=gives(ClaimedOut),
    summary="Make somebody else the owner of a case",
)
def api_reassign(visit: Here, run: str, posted: OwnerIn) -> dict[str, Any]:
    """Give the case to somebody, who is told."""
    review, case = visit.desk.flow.review, _id(visit, run)
    return decided_json(review.reassign(case, visit.principal, to=posted.to, words=posted.words))


@router.post(
    "/api/reviews/{run}/decision",
    response_model=None,
    responses=gives(ClaimedOut),
    summary="End a case: approve, edit or reject the draft",
)
def api_decide(visit: Here, run: str, posted: VerdictIn) -> dict[str, Any]:
    """End the case; who asked is told."""
    done = visit.desk.flow.review.finish(
        _id(visit, run), visit.principal, posted.action, text=posted.text, output=posted.output,
        cites=posted.cites, category=posted.category, words=posted.words, unasked=posted.again,
    )  # fmt: skip
    return decided_json(done)


@router.post(
    "/api/reviews/{run}/golden",
    response_model=None,
    responses=gives(GoldenOut),
    summary="Turn the decision into a golden case",
)
def api_golden(visit: Here, run: str) -> dict[str, Any]:
    """Write the held golden case of a decision."""
    return _golden(make_case(visit.desk.flow.wiring, _id(visit, run), visit.principal))


@router.post(
    "/api/golden/confirm",
    response_model=None,
    responses=gives(GoldenOut),
    summary="Confirm a golden case as a second person",
)
def api_confirm(visit: Here, posted: GoldenIn) -> dict[str, Any]:
    """Confirm the case; 403 for who wrote it."""
    visit.needs(Right.DECIDE)
    return _golden(confirm(visit.desk.flow.wiring, posted.case, visit.principal))


class ChangedIn(GoldenIn):
    """What a golden case is to expect instead."""

    answer: str = Field(default="", max_length=200_000, description="A right answer, in a person's words.")
    facts: str = Field(default="", max_length=20_000, description="What has to be stated, one on a line.")
    must_not_state: str = Field(default="", max_length=20_000, description="What must not, one on a line.")
    fields: dict[str, WrittenField] | None = Field(
        default=None, description="All fields of the record that are compared; left out: as they are."
    )


@router.post(
    "/api/golden/change",
    response_model=None,
    responses=gives(GoldenOut),
    summary="Change what a golden case expects that waits for a second person",
)
def api_change(visit: Here, posted: ChangedIn) -> dict[str, Any]:
    """Change the case; who does has written it, and another person confirms."""
    visit.needs(Right.DECIDE)
    fields = posted.fields
    made = change(
        visit.desk.flow.wiring, posted.case, visit.principal, answer=posted.answer,
        facts=posted.facts.splitlines(), must_not_state=posted.must_not_state.splitlines(),
        fields=None if fields is None else {name: one.expected for name, one in fields.items()},
    )  # fmt: skip
    return _golden(made)


class DiscardedIn(GoldenIn):
    """Which golden case is not wanted, and why."""

    words: str = Field(default="", max_length=2_000, description="Why; kept in the audit record.")


@router.post(
    "/api/golden/discard",
    response_model=None,
    responses=gives(GoldenOut),
    summary="Take out a golden case that waits for a second person",
)
def api_discard(visit: Here, posted: DiscardedIn) -> dict[str, Any]:
    """Take the case out of its file; it is on record that it was, and why."""
    visit.needs(Right.DECIDE)
    return _golden(discard(visit.desk.flow.wiring, posted.case, visit.principal, words=posted.words))


def _id(visit: Visit, run: str) -> str:
    return visible_case(visit, run).item.run


def _golden(case: Case) -> dict[str, Any]:
    return {
        "v": 1, "case": case.id, "file": case.file, "held": case.held,
        "written_by": case.written_by or None, "confirmed_by": case.confirmed_by or None,
    }  # fmt: skip
