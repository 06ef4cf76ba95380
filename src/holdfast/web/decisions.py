"""Keep what a person decided about a draft: where it belongs, as its review or beside it."""

from __future__ import annotations

from typing import Any

from holdfast.domain.reviews import FINISHING, Action, Cause, ReviewItem
from holdfast.reviewing.doubts import MEASURED
from holdfast.reviewing.records import Cites
from holdfast.storage import review_queue
from holdfast.storage.runs import find_run
from holdfast.web.people import Right
from holdfast.web.visits import Visit


def decide(
    visit: Visit,
    run: str,
    action: Action,
    *,
    text: str = "",
    output: Any = None,
    cites: Cites | None = None,
    category: str = "",
    words: str = "",
    to: str = "",
) -> None:
    """Keep a decision about a run that the caller found visible to the person.

    A reviewer's decision about somebody else's run is a review, and who asked is told: one about a case
    that waits ends it, an edit or a rejection of any other run makes a finished case of it. Raises
    UsageError when it is not whole, RecordMisfits when its record does not fit, NotAllowed when another
    reviewer holds the case.
    """
    review, principal = visit.desk.flow.review, visit.principal
    if action is Action.HAND_OVER:
        review.hand_over(run, principal, to=to, words=words)
    elif action in FINISHING and _is_a_review(visit, run, action):
        review.finish(
            run, principal, action, text=text, output=output, cites=cites, category=category, words=words,
            unasked=True,
        )  # fmt: skip
    else:
        review.decide_own(
            run, principal, action, text=text, output=output, cites=cites, category=category, words=words
        )


def _is_a_review(visit: Visit, run: str, action: Action) -> bool:
    """Return whether who is here reviews the run so: one's own seldom is, nor one that nobody waits for.

    To accept what already was given tells nobody anything new, unless its case waits.
    """
    review, principal = visit.desk.flow.review, visit.principal
    if not visit.person.may(Right.DECIDE) or not review.may_review(principal):
        return False
    with review.database.read() as connection:
        found = find_run(connection, run, principal, lookups=review.seen_lookups(principal))
        item = review_queue.any_item(connection, run)
    if found is None or found.item.get("origin") in MEASURED:
        return False
    if found.summary.user == principal.user and (
        item is None or review.is_closed_to(item, principal) or _is_a_doubt(item)
    ):
        return False
    return action is not Action.ACCEPT or (item is not None and item.state != "done")


def _is_a_doubt(item: ReviewItem) -> bool:
    """Return whether who asked may still change their mind about a case: they made it, nobody holds it."""
    return item.cause is Cause.FOUND_WRONG and item.state == "open"
