"""What reviewers sent to who asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from holdfast.domain.outputs import FieldChange, Record, changed_fields
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
    record: Record | None = None
    """Where structured output was sent; `text` is then its fields, a line each."""


def draft_of(run: StoredRun) -> str:
    """Return the text that a run would give as an answer: an escalation's draft, not what it tells."""
    outcome = run.outcome or {}
    return str(outcome.get("draft" if run.summary.kind == "escalation" else "text") or "")


def record_of(run: StoredRun) -> Record | None:
    """Return the record that a run answered with, or would have; None where it made none."""
    outcome = run.outcome or {}
    output = outcome.get("output")
    if not isinstance(output, Mapping):
        return None
    cites = outcome.get("cites") or {}
    return Record(output=output, cites={path: tuple(numbers) for path, numbers in cites.items()})


def changes_to(run: StoredRun, record: Record | None) -> tuple[FieldChange, ...]:
    """Return the fields that a person's record has otherwise than the run's own; none of a text."""
    if record is None:
        return ()
    drafted = record_of(run)
    return changed_fields(drafted.output if drafted else None, record.output)


def verdict_of(run: StoredRun, decisions: Collection[Decision]) -> Verdict | None:
    """Return what the last review sent to who asked, None where there was none yet."""
    return next(iter(verdicts_of(run, decisions)[-1:]), None)


def verdicts_of(run: StoredRun, decisions: Collection[Decision]) -> tuple[Verdict, ...]:
    """Return everything that reviews sent to who asked, oldest first."""
    return tuple(
        Verdict(
            who=one.who, at=one.at, action=one.action, category=one.category, words=one.words,
            text={Action.ACCEPT: draft_of(run), Action.EDIT: one.text}.get(one.action, ""),
            record=record_of(run) if one.action is Action.ACCEPT else one.record,
        )
        for one in decisions
        if one.in_review
    )  # fmt: skip
