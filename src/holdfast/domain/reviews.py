"""A review: a case that a person looks at, what they decide, who is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from holdfast.domain.cases import Risk
from holdfast.domain.checks import Citation
from holdfast.domain.outputs import Record

State = Literal["open", "claimed", "done"]


class Action(StrEnum):
    """What a person may do with a draft."""

    ACCEPT = "accept"
    EDIT = "edit"
    REJECT = "reject"
    HAND_OVER = "hand_over"


FINISHING = (Action.ACCEPT, Action.EDIT, Action.REJECT)
"""Decisions of a reviewer that end a review and are told to who asked."""


class Cause(StrEnum):
    """Why a case is in the queue."""

    ESCALATION = "escalation"
    """The workflow handed it over."""
    LOW_CONFIDENCE = "low_confidence"
    """An answer below the declared confidence; it was given all the same."""
    HANDED_OVER = "handed_over"
    """Whoever asked did."""
    FOUND_WRONG = "found_wrong"
    """Whoever asked found the outcome wrong."""
    CORRECTED = "corrected"
    """A reviewer decided about it unasked."""


class Event(StrEnum):
    """What a notice tells."""

    OPENED = "opened"
    OVERDUE = "overdue"
    ANSWERED = "answered"
    CLOSED = "closed"
    """Nobody has to decide it any more: what it rests on was forgotten."""


FORGOTTEN = "forgotten"
"""In the place of a verdict: the case was closed, as the texts of its run were taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A case that waits, without a word of its texts: whose it is."""

    run: str
    asker: str
    owner: str
    holder: str
    """Who holds it now; empty: nobody."""

    def __str__(self) -> str:
        whose = f"held by {self.holder}" if self.holder else f"for {self.owner or 'any reviewer'}"
        return f"{self.run[:8]} ({whose}, asked by {self.asker})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How a case enters the queue: why, how urgent, whose it is."""

    cause: Cause
    risk: Risk
    route: str
    due_at: datetime
    owner: str = ""
    """A user; empty: whichever reviewer comes first."""
    substitute: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewItem:
    """A case in the queue, or one that was finished."""

    run: str
    question: str
    kind: str
    """How its run ended."""
    asker: str
    cause: Cause
    risk: Risk
    route: str
    confidence: float
    opened_at: datetime
    due_at: datetime
    owner: str
    substitute: str
    state: State
    """As of the moment it was read: a claim whose time is over is `open`."""
    claimed_by: str = ""
    claimed_until: datetime | None = None
    done_by: str = ""
    done_at: datetime | None = None
    verdict: str = ""
    """The decision that finished it: accept, edit or reject."""
    category: str = ""
    """For a rejection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided about the draft of one run."""

    run: str
    who: str
    action: Action
    at: datetime
    text: str = ""
    """For an edit: the text that takes the draft's place, of a record its fields, a line each."""
    category: str = ""
    """For a rejection: one of the declared categories."""
    words: str = ""
    """In the person's own words."""
    to: str = ""
    """For a hand-over: a route or a person."""
    in_review: bool = False
    """It ended a review, and who asked was told."""
    record: Record | None = None
    """For an edit of structured output: the record that takes the draft's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierCorrection:
    """What a reviewer answered when the same question was asked before."""

    run: str
    """The run that was corrected."""
    who: str
    """The reviewer."""
    at: datetime
    text: str
    """Their own words, with `[n]` marks."""
    citations: tuple[Citation, ...]
    """What the marks stand for."""
    index_version: int
    """Of the documents that the quotes stand in."""
    is_same_words: bool
    """No content word differs; else some do."""
    changed: tuple[str, ...] = ()
    """Documents it rests on whose content is another now."""
    superseded: tuple[str, ...] = ()
    """Documents it rests on in whose place another stands now."""
    record: Record | None = None
    """Where the reviewer corrected a record; `text` is then its fields, a line each."""

    @property
    def output(self) -> Any:
        """Return the record's output, None where a text was corrected."""
        return None if self.record is None else self.record.output


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that somebody is to be told; it holds no text of a question or a document."""

    id: str
    """Also the idempotency key under which it is sent."""
    run: str
    event: Event
    to: str
    """A user; empty: all reviewers."""
    at: datetime
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How much one reviewer finished."""

    who: str
    accepted: int
    edited: int
    rejected: int
    median_minutes: float
    """From entering the queue to the decision."""

    @property
    def total(self) -> int:
        """Return all of them."""
        return self.accepted + self.edited + self.rejected
