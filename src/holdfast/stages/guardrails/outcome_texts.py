"""Put every text of an outcome through a function, its shape unchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, assert_never

from holdfast.domain.checks import Citation
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Question, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class TextReaders:
    """What happens to each kind of text."""

    text: Callable[[str], str]
    quote: Callable[[str], str]
    unreadable: Callable[[str], None]
    """Called with the type's name of a value in structured output that is neither text nor JSON."""


def with_texts(outcome: Outcome, readers: TextReaders) -> Outcome:
    """Return the outcome with its texts read; offsets, documents, routes, contacts stay."""
    text = readers.text
    match outcome:
        case Answer():
            return replace(
                outcome,
                text=text(outcome.text),
                reason=text(outcome.reason),
                output=_value(outcome.output, readers),
                citations=_citations(outcome.citations, readers),
            )
        case Question():
            options = tuple(text(option) for option in outcome.options)
            return replace(outcome, text=text(outcome.text), reason=text(outcome.reason), options=options)
        case Refusal():
            nearest = _citations(outcome.nearest, readers)
            return replace(outcome, text=text(outcome.text), reason=text(outcome.reason), nearest=nearest)
        case Escalation():
            return replace(
                outcome,
                text=text(outcome.text),
                reason=text(outcome.reason),
                draft=text(outcome.draft),
                output=_value(outcome.output, readers),
                citations=_citations(outcome.citations, readers),
            )
    assert_never(outcome)


def _citations(citations: tuple[Citation, ...], readers: TextReaders) -> tuple[Citation, ...]:
    return tuple(replace(citation, quote=readers.quote(citation.quote)) for citation in citations)


def _value(value: Any, readers: TextReaders) -> Any:
    """Return structured output with its strings read, keys untouched: the declared schema names them."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return readers.text(value)
        case Mapping():
            return {key: _value(inner, readers) for key, inner in value.items()}
        case list() | tuple():
            return [_value(inner, readers) for inner in value]
    readers.unreadable(type(value).__name__)
    return value
