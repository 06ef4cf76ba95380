"""Turn an item into the queries that find its evidence."""

from __future__ import annotations

import re

from holdfast.domain.items import Speaker, WorkItem

MOST_PARTS = 48
PART_WORDS = 15
"""Words a part of a long item should have: one need, and about what an embedder of sentences was trained on.
nDCG@10 on customer scenarios of 500 words: .42 with 15, .40 with 30, .39 with 60."""
RECENT_TURNS = 2

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def queries_of(item: WorkItem, *, split_from_words: int) -> tuple[str, ...]:
    """Return one query or several: the item itself first, then its thread or its parts.

    A question inside a thread ("and for the small one?") is also asked together with the person's
    last turns; an item longer than `split_from_words` is also asked part by part.
    """
    text = _text(item)
    queries = [text]
    before = [turn.text for turn in item.history if turn.speaker is Speaker.PERSON][-RECENT_TURNS:]
    if before:
        queries.append("\n".join([*before, text]))
    if len(text.split()) > split_from_words:
        queries.extend(_parts(text))
    return tuple(dict.fromkeys(query for query in queries if query.strip()))


def _text(item: WorkItem) -> str:
    if item.question.strip():
        return item.question
    return "\n".join(f"{name}: {value}" for name, value in item.fields.items())


def _parts(text: str) -> list[str]:
    """Return runs of whole sentences of about PART_WORDS words, at most MOST_PARTS of them."""
    sentences = [sentence.strip() for sentence in _SENTENCE.split(text) if sentence.strip()]
    words = max(PART_WORDS, -(-len(text.split()) // MOST_PARTS))
    parts: list[str] = []
    for sentence in sentences:
        if parts and len(parts[-1].split()) < words:
            parts[-1] += f" {sentence}"
        else:
            parts.append(sentence)
    return parts[:MOST_PARTS] if len(parts) > 1 else []
