"""What a person does with a draft: the socket that keeps it, filled by the audit record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from holdfast.errors import UsageError
from holdfast.session import Flow
from holdfast.web.people import Person


class Action(StrEnum):
    """What a person may do with a draft."""

    ACCEPT = "accept"
    EDIT = "edit"
    REJECT = "reject"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided about the draft of one run."""

    run: str
    action: Action
    text: str = ""
    """For an edit: the text that takes the draft's place."""
    reason: str = ""
    """In words; for a rejection one of `Decisions.reasons` or free."""
    to: str = ""
    """For a hand-over: a declared route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision on record."""

    action: str
    who: str
    at: datetime | None
    words: str = ""


class Decisions(Protocol):
    """Keeps decisions about drafts."""

    actions: Sequence[Action]
    """What it can keep; the page offers these."""
    reasons: Sequence[str]
    """Reasons for a rejection to choose from."""

    def decide(self, flow: Flow, person: Person, decision: Decision) -> None:
        """Keep a decision about a run that the caller found visible to the person.

        Raises UsageError when it is not whole and NotAllowed when it is not theirs to take.
        """
        ...

    def decided(self, flow: Flow, run: str) -> Sequence[Decided]:
        """Return what was decided about a run that the caller found visible, oldest first."""
        ...


class AuditedDecisions:
    """Writes decisions into the audit record; it can keep no edited text there."""

    actions: Sequence[Action] = (Action.ACCEPT, Action.REJECT, Action.HAND_OVER)
    reasons: Sequence[str] = ("wrong", "incomplete", "outdated", "unsupported", "other")

    def decide(self, flow: Flow, person: Person, decision: Decision) -> None:
        """Append an audit entry `draft.ACTION`."""
        if decision.action not in self.actions:
            raise UsageError(f"{decision.action.value} cannot be kept here", move="Choose another decision.")
        if decision.action is Action.HAND_OVER and not decision.to:
            raise UsageError("a hand-over names nobody", move="Name who takes over.")
        words = "; ".join(part for part in (decision.to, decision.reason) if part)
        flow.audit(f"draft.{decision.action.value}", who=person.name, thing=decision.run, detail=words)

    def decided(self, flow: Flow, run: str) -> Sequence[Decided]:
        """Return the audit entries about a run's draft."""
        return tuple(
            Decided(
                action=entry.action.removeprefix("draft."), who=entry.who, at=entry.at, words=entry.detail
            )
            for entry in flow.audit_entries(thing=run)
            if entry.action.startswith("draft.")
        )
