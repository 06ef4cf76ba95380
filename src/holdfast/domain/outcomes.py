"""How an item ends: an answer with citations, a question back, a refusal, or a hand-over to a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from holdfast.domain.checks import Citation


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Text (with `[n]` marks) and/or structured output, every citation resolved."""

    text: str
    citations: tuple[Citation, ...]
    confidence: float
    reason: str = ""
    output: Any = None
    """Structured output as the workflow declares it; `text` is then its fields, a line each."""
    cites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Path of a field of the output (`parts.0.torque`) to the numbers of its citations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something must be known first; `text` asks for it."""

    text: str
    reason: str
    confidence: float = 0.0
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No answer: the documents do not hold it, or it may not be given."""

    text: str
    reason: str
    confidence: float = 0.0
    nearest: tuple[Citation, ...] = ()
    """What came closest, for a person to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Handed over to a person, by a declared route, with the draft if there is one."""

    text: str
    reason: str
    route: str = ""
    contact: str = ""
    confidence: float = 0.0
    draft: str = ""
    citations: tuple[Citation, ...] = ()
    output: Any = None
    """The draft's structured output where one is declared; `draft` is then its fields, a line each."""
    cites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """As in an answer."""


Outcome = Answer | Question | Refusal | Escalation

KINDS: dict[type[Outcome], str] = {
    Answer: "answer",
    Question: "question",
    Refusal: "refusal",
    Escalation: "escalation",
}


def kind_of(outcome: Outcome) -> str:
    """Return `answer`, `question`, `refusal` or `escalation`."""
    return KINDS[type(outcome)]


def citations_of(outcome: Outcome) -> tuple[Citation, ...]:
    """Return what an outcome cites; what came nearest to a refused question is no evidence."""
    return outcome.citations if isinstance(outcome, (Answer, Escalation)) else ()


def with_citations(
    outcome: Outcome, change: Callable[[tuple[Citation, ...]], tuple[Citation, ...]]
) -> Outcome:
    """Return the outcome with what it cites, or for a refusal what came nearest, changed."""
    match outcome:
        case Answer() | Escalation():
            return replace(outcome, citations=change(outcome.citations))
        case Refusal():
            return replace(outcome, nearest=change(outcome.nearest))
        case Question():
            return outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A decision about one rung's reply: the outcome, and whether the ladder stops here."""

    outcome: Outcome
    final: bool = True
