"""Cut a question into the questions within it, each with what the rest says it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from holdfast.text.sentences import split_sentences
from holdfast.text.words import content_stems, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One question within a question."""

    text: str
    topic: str = ""
    """What the rest of the message says it is about: statements, a lead before a dash, a shared tail."""


@lru_cache(maxsize=256)
def parts_of(question: str) -> tuple[Part, ...]:
    """Return the questions within a question (`Which coupling sits on it, and how much do its screws take?`).

    A statement that leads to the question is no part but its topic; a question that is one gives itself.
    """
    asking: list[str] = []
    topic: list[str] = []
    is_short = len(words(question)) <= _LONG_QUESTION
    for sentence in split_sentences(question):
        lead, parts = _asked_in(sentence.text)
        asking += parts
        if is_short and lead:
            topic.append(lead)
    if len(asking) < _PARTS:
        return (Part(text=question),)
    return tuple(Part(text=text, topic=" ".join(topic or _shared(text, asking))) for text in asking)


_PARTS = 2
_LONG_QUESTION = 30
_PART_WORDS = 1
_THIN = 1
"""Content words up to which a part says too little by itself and borrows those of the others."""
_BEFORE = r"(?:(?:on|in|at|to|for|from|of|by|after|until|under|with)\s+)?"
_ASKS = (
    r"(?:what|which|how|when|who|whom|whose|where|why|is|are|was|were|does|do|did|can|could|may|must|should|has"
    r"|have|will)\b"
)
_OPENS = re.compile(rf"{_BEFORE}{_ASKS}", re.IGNORECASE)
_BETWEEN = re.compile(rf"\s*[,;\s-]\s*\band\s+(?={_BEFORE}{_ASKS})|;\s+(?={_ASKS})", re.IGNORECASE)
_LEAD = re.compile(rf"(?P<lead>[^?]+?)(?:\s+[-\u2013\u2014]|:|,)\s+(?={_BEFORE}{_ASKS})", re.IGNORECASE)
_NEEDS = re.compile(
    r"(?:.*\b)?(?:i|we)(?: would|'d)? (?:need|want|like)(?: to know)?\b"
    r"|(?:please )?(?:tell|give|send) (?:me|us)\b",
    re.IGNORECASE,
)
_AND_THE = re.compile(r",?\s+and (?=(?:the|a|an|its|their)\s)", re.IGNORECASE)


def _asked_in(sentence: str) -> tuple[str, list[str]]:
    """Return the statement and the questions of one sentence."""
    lead = _LEAD.match(sentence)
    rest = sentence[lead.end() :] if lead else sentence
    if _OPENS.match(rest):
        parts = [part for part in _BETWEEN.split(rest) if len(content_stems(part)) >= _PART_WORDS]
        return (lead["lead"] if lead else ""), parts
    needs = _NEEDS.match(sentence)
    if needs:
        parts = [part for cut in _BETWEEN.split(sentence[needs.end() :]) for part in _AND_THE.split(cut)]
        parts = [part.strip() for part in parts if content_stems(part)]
        return "", parts if len(parts) >= _PARTS else [sentence]
    return sentence, []


def _shared(text: str, asking: list[str]) -> list[str]:
    """Return what a thin part borrows: the content of the questions beside it."""
    if len(content_stems(text)) > _THIN:
        return []
    return [other for other in asking if other != text]
