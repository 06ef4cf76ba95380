"""Refuse a decision that is not whole."""

from __future__ import annotations

from holdfast.declaring.review import ReviewSettings
from holdfast.domain.outputs import Record
from holdfast.domain.reviews import Action
from holdfast.errors import UsageError

STAGE = "review"


def check_whole(
    action: Action, rules: ReviewSettings, *, text: str, category: str, draft: str, record: Record | None
) -> None:
    """Raise UsageError for an edit of nothing, an acceptance of nothing, a rejection without its reason."""
    if action is Action.EDIT and not (text.strip() or record):
        raise UsageError("an edit has no text", stage=STAGE, move="Write the text as it should be.")
    if action is Action.ACCEPT and not draft.strip():
        raise UsageError("there is no draft to accept", stage=STAGE, move="Write the answer yourself: edit.")
    if action is Action.REJECT and category not in rules.categories:
        raise UsageError(
            f"a rejection needs one of the declared reasons, not {category!r}",
            stage=STAGE,
            move=f"Take one of {', '.join(rules.categories)}.",
        )
