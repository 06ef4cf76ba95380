"""Take decisions about drafts in over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from holdfast.domain.reviews import Action, Cause, Decision, ReviewItem
from holdfast.storage import review_queue
from holdfast.storage.runs import find_run
from holdfast.web.decisions import decide
from holdfast.web.described import gives
from holdfast.web.items import RUN
from holdfast.web.people import Right
from holdfast.web.reply_told import standing, told_doubt, told_waiting
from holdfast.web.review_told import unsupported_by
from holdfast.web.shapes import DecisionOut
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter()
CITES = "Which passages the fields of `output` stand in, by path; left out: those that they cited before."


class DecisionIn(BaseModel):
    """A decision as it is posted."""

    model_config = ConfigDict(extra="forbid")

    run: str = Field(min_length=8, pattern=RUN)
    action: Action
    text: str = Field(default="", max_length=200_000, description="For an edit: the new text.")
    output: dict[str, Any] | None = Field(default=None, description="For an edit of a record: the new one.")
    cites: dict[str, list[int]] | None = Field(default=None, description=CITES)
    category: str = Field(default="", max_length=200, description="For a rejection: a declared reason.")
    words: str = Field(default="", max_length=2_000, description="In the person's own words.")
    to: str = Field(default="", max_length=200, description="For a hand-over: a declared route or a name.")


@router.post(
    "/api/decisions",
    response_model=None,
    responses=gives(DecisionOut),
    summary="Accept, edit, reject or hand over a draft",
)
def post_decision(visit: Here, posted: DecisionIn) -> dict[str, Any]:
    """Keep what who is here decided about a run of theirs, or as a reviewer about one of others'."""
    run = visible_run_id(visit, posted.run)
    before = item_of(visit, run)
    decide(
        visit, run, posted.action, text=posted.text, output=posted.output, cites=posted.cites,
        category=posted.category, words=posted.words, to=posted.to,
    )  # fmt: skip
    return {
        "v": 1, "run": run, "action": posted.action.value, "told": told_decisions(visit, run),
        **_became(visit, run, posted.action, before=before),
    }  # fmt: skip


def item_of(visit: Visit, run: str) -> ReviewItem | None:
    """Return the run's case, None where there is none."""
    with visit.desk.flow.wiring.database.read() as connection:
        return review_queue.any_item(connection, run)


def _became(visit: Visit, run: str, action: Action, *, before: ReviewItem | None) -> dict[str, Any]:
    """Return what became of the run by a decision: how it stands, and that in a sentence."""
    t, item = visit.t, item_of(visit, run)
    made = visit.desk.flow.review.decisions(run)
    if item is not None and item.state != "done":
        if action is Action.HAND_OVER:
            return {"state": t.kind("escalation"), "said": told_waiting(visit, item), "sent": False}
        if action is Action.REJECT and item.asker == visit.person.name:
            return {"state": standing(visit, item, item.kind), "said": told_doubt(visit, item), "sent": False}
    if item is not None and made[-1].in_review:
        return {
            "state": standing(visit, item, item.kind), "said": _told_sent(visit, run, item),
            "sent": True,
        }  # fmt: skip
    if before is not None and before.cause is Cause.FOUND_WRONG and action is Action.ACCEPT:
        return _changed_mind(visit, before, item)
    return {"state": "", "said": t(f"decided.kept.{action.value}"), "sent": False}


def _told_sent(visit: Visit, run: str, item: ReviewItem) -> str:
    """Return that a review was sent, with what its sources do not say of it."""
    t, case = visit.t, visit.desk.flow.review.case(run, visit.principal)
    found = unsupported_by(visit, case.run, case.decisions[-1])
    more = f" {t('review.unsupported')} {' '.join(f'“{one.text}”' for one in found)}" if found else ""
    return t("decided.sent", who=item.asker) + more


def _changed_mind(visit: Visit, before: ReviewItem, item: ReviewItem | None) -> dict[str, Any]:
    """Return what became of a case by a change of mind: it is taken back unless somebody holds it."""
    t = visit.t
    if item is not None and item.state != "done":
        said = t("decided.held", who=item.claimed_by) if item.claimed_by else t("decided.kept.accept")
        return {"state": standing(visit, item, item.kind), "said": said, "sent": False}
    if before.state == "done":
        return {"state": "", "said": t("decided.kept.accept"), "sent": False}
    state = (standing(visit, item, item.kind) if item is not None else "") or t.kind(before.kind)
    return {"state": state, "said": t("decided.withdrawn"), "sent": False}


def visible_run_id(visit: Visit, run_id: str) -> str:
    """Return the whole id of a run whose draft the person may decide about; raise Missing otherwise."""
    own_only = "" if visit.person.may(Right.DECIDE) else visit.person.name
    flow = visit.desk.flow
    with flow.wiring.database.read() as connection:
        found = find_run(
            connection, run_id, visit.principal, asked_by=own_only,
            lookups=flow.review.seen_lookups(visit.principal),
        )  # fmt: skip
    if found is None:
        raise Missing
    return found.summary.id


def told_decisions(visit: Visit, run_id: str) -> list[str]:
    """Return what was decided about a draft, a line each."""
    t = visit.t
    reasons = t.under("reason.")
    return [
        t("decided.line", action=_told(visit, one), who=one.who, at=t.moment(one.at))
        + "".join(
            f": {words}"
            for words in (one.to or reasons.get(one.category, one.category), _note(visit, one))
            if words
        )
        for one in visit.desk.flow.review.decisions(run_id)
    ]


def _note(visit: Visit, one: Decision) -> str:
    """Return the words of a decision; what reviewers write to each other is not for who asked."""
    is_among_reviewers = one.action is Action.HAND_OVER and one.who != visit.person.name
    return "" if is_among_reviewers and not visit.person.may(Right.DECIDE) else one.words


def _told(visit: Visit, one: Decision) -> str:
    """Return a decision in a word; outside of a review it is an opinion and ends nothing."""
    return visit.t(f"decided.{one.action.value}" + ("" if one.in_review else ".beside"))
