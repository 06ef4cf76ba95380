"""Take decisions about drafts in over HTTP."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from holdfast.storage.runs import find_run
from holdfast.web.decisions import Action, Decision
from holdfast.web.items import RUN
from holdfast.web.people import Right
from holdfast.web.visits import Here, Missing, Visit

router = APIRouter()


class DecisionIn(BaseModel):
    """A decision as it is posted."""

    model_config = ConfigDict(extra="forbid")

    run: str = Field(min_length=8, pattern=RUN)
    action: Action
    text: str = Field(default="", max_length=200_000)
    reason: str = Field(default="", max_length=2_000)
    to: str = Field(default="", max_length=200)


@router.post("/api/decisions", summary="Accept, edit, reject or hand over a draft")
def post_decision(visit: Here, posted: DecisionIn) -> dict[str, Any]:
    """Keep what who is here decided about a run of theirs, or as a reviewer about one of others'."""
    run = visible_run_id(visit, posted.run)
    decision = Decision(run=run, action=posted.action, text=posted.text, reason=posted.reason, to=posted.to)
    visit.workbench.decisions.decide(visit.desk.flow, visit.person, decision)
    return {"v": 1, "run": run, "action": posted.action.value, "told": told_decisions(visit, run)}


def visible_run_id(visit: Visit, run_id: str) -> str:
    """Return the whole id of a run whose draft the person may decide about; raise Missing otherwise."""
    own_only = "" if visit.person.may(Right.DECIDE) else visit.person.name
    with visit.desk.flow.wiring.database.read() as connection:
        found = find_run(connection, run_id, visit.principal, asked_by=own_only)
    if found is None:
        raise Missing
    return found.summary.id


def told_decisions(visit: Visit, run_id: str) -> list[str]:
    """Return what was decided about a draft, a line each."""
    t = visit.t
    decided = visit.workbench.decisions.decided(visit.desk.flow, run_id)
    return [
        t("decided.line", action=t(f"decided.{one.action}"), who=one.who, at=t.moment(one.at))
        + (f": {one.words}" if one.words else "")
        for one in decided
    ]
