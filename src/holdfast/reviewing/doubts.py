"""Bring what who asked found wrong before a reviewer, until they change their mind."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from holdfast.declaring.review import ReviewSettings
from holdfast.domain.access import Principal
from holdfast.domain.items import GOLDEN, REPLAY
from holdfast.domain.reviews import Action, Cause, Decision, Event
from holdfast.reviewing.admission import admission_to
from holdfast.storage import audit, review_queue
from holdfast.storage import decisions as kept
from holdfast.storage.runs import StoredRun

MEASURED = frozenset({GOLDEN, REPLAY})
"""Origins of items that nobody waits for: they enter no queue."""
ENDED = frozenset({"answer", "refusal", "escalation"})
"""Outcomes that say something which may be wrong."""


def weigh(
    connection: sa.Connection,
    settings: ReviewSettings,
    run: StoredRun,
    principal: Principal,
    action: Action,
    *,
    at: datetime,
) -> None:
    """Make a case of a run whose asker found it wrong; take it back where they find it helpful after all.

    A run that waits already makes no second case. A case that a reviewer holds is not taken back.
    """
    told = run.summary
    if told.user != principal.user or told.kind not in ENDED or run.item.get("origin") in MEASURED:
        return
    if action is Action.REJECT and settings.found_wrong == "review":
        known = review_queue.any_item(connection, told.id)
        route = known.route if known else ""
        admission = admission_to(settings, route, cause=Cause.FOUND_WRONG, at=at)
        if review_queue.doubt(connection, told.id, told.user, admission):
            to = known.owner if known else admission.owner
            kept.give_notice(connection, told.id, Event.OPENED, to=to)
    elif action is Action.ACCEPT and review_queue.withdraw(connection, told.id):
        kept.end_notice(connection, told.id, Event.OPENED)
        audit.append(connection, who=principal.user, action="review.withdraw", thing=told.id)


def doubt_of(decisions: Collection[Decision], asker: str) -> Decision | None:
    """Return how who asked found the outcome wrong, None where they did not or changed their mind."""
    said = [
        one
        for one in decisions
        if one.who == asker and not one.in_review and one.action in (Action.ACCEPT, Action.REJECT)
    ]
    return said[-1] if said and said[-1].action is Action.REJECT else None
