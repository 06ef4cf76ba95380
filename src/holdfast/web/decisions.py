"""Keep what a person decided about a draft: where it belongs, as its review or beside it."""

from __future__ import annotations

from holdfast.domain.reviews import FINISHING, Action
from holdfast.errors import UsageError
from holdfast.web.people import Right
from holdfast.web.visits import Visit


def decide(
    visit: Visit,
    run: str,
    action: Action,
    *,
    text: str = "",
    category: str = "",
    words: str = "",
    to: str = "",
) -> None:
    """Keep a decision about a run that the caller found visible to the person.

    A reviewer's decision about a case that waits ends it, and who asked is told. Raises UsageError when it
    is not whole and NotAllowed when another reviewer holds the case.
    """
    review, principal = visit.desk.flow.review, visit.principal
    if action is Action.HAND_OVER:
        review.hand_over(run, principal, to=to, words=words)
    elif action in FINISHING and _is_a_review(visit, run):
        review.finish(run, principal, action, text=text, category=category, words=words)
    else:
        review.decide_own(run, principal, action, text=text, category=category, words=words)


def _is_a_review(visit: Visit, run: str) -> bool:
    """Return whether the run waits for a person and who is here may review it: one's own seldom is."""
    review, principal = visit.desk.flow.review, visit.principal
    if not visit.person.may(Right.DECIDE) or not review.may_review(principal):
        return False
    try:
        item = review.case(run, principal).item
    except UsageError:
        return False
    return item.state != "done" and not review.is_closed_to(item, principal)
