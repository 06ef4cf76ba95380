"""What reviewers sent to who asked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.reviews import Action, Decision
from holdfast.storage.runs import StoredRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reviewer sent to who asked."""

    who: str
    at: datetime
    action: Action
    text: str
    """Empty for a rejection."""
    category: str
    words: str


def draft_of(run: StoredRun) -> str:
    """Return the text that a run would give as an answer: an escalation's draft, not what it tells."""
    outcome = run.outcome or {}
    return str(outcome.get("draft" if run.summary.kind == "escalation" else "text") or "")


def verdict_of(run: StoredRun, decisions: Collection[Decision]) -> Verdict | None:
    """Return what the last review sent to who asked, None where there was none yet."""
    return next(iter(verdicts_of(run, decisions)[-1:]), None)


def verdicts_of(run: StoredRun, decisions: Collection[Decision]) -> tuple[Verdict, ...]:
    """Return everything that reviews sent to who asked, oldest first."""
    return tuple(
        Verdict(
            who=one.who, at=one.at, action=one.action, category=one.category, words=one.words,
            text={Action.ACCEPT: draft_of(run), Action.EDIT: one.text}.get(one.action, ""),
        )
        for one in decisions
        if one.in_review
    )  # fmt: skip
