"""Notice that a question could be about several products and names none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from holdfast.domain.checks import Citation
from holdfast.domain.prompts import Passage
from holdfast.text.codes import asked_codes
from holdfast.text.identifiers import identifier_keys, key_of
from holdfast.text.questions import Wants, read_question
from holdfast.text.ranges import marks_in, range_of
from holdfast.text.relevance import Candidate, rank_sentences
from holdfast.text.sentences import Kind, split_sentences
from holdfast.text.tables import cells_of, header_of
from holdfast.text.words import words

_CLOSE = 0.6
"""Share of the best sentence's score at which another value's sentence could be the answer as well."""
_CANDIDATES = 12
_MOST_OPTIONS = 6
_SAME_FOR_ALL = frozenset({Wants.PERSON, Wants.PLACE})


def open_choice(
    question: str, fields: Mapping[str, str], passages: Sequence[Passage], keys: Sequence[str]
) -> tuple[str, tuple[str, ...]] | None:
    """Return a key and the values to choose from, or None when the question is plain.

    It is open when the sentences that answer about as well as the best come from passages that carry
    different values of the key and say different things, and question and fields name no value.
    """
    asked = read_question(question)
    if asked.wants in _SAME_FOR_ALL or not (asked.wants_value or asked.asks_leave):
        return None  # only a value or a rule differs by product
    if any(passage.chunk_id is None for passage in passages):
        return None  # a lookup's row says what the item is about
    ranked = rank_sentences(question, passages)[:_CANDIDATES]
    if ranked and asked_codes(question, passages) & identifier_keys(ranked[0].sentence.text):
        return None  # it names a part or paper, and the best sentence is about just that
    for key in keys:
        values = {value for passage in passages for value in passage.metadata.keys.get(key, ())}
        if len(values) < 2 or fields.get(key) or _names_one(question, values):  # noqa: PLR2004 - a choice
            continue
        options = _competing(ranked, key, values)
        if len(options) > 1:
            return key, options
    return None


def open_range(
    question: str, passages: Sequence[Passage], citations: Sequence[Citation]
) -> tuple[str, tuple[str, ...]] | None:
    """Return what a table counts by and its ranges, or None when the question is plain.

    It is open when a cited row holds for one range of a mark (`serial`), another row of the table starts
    with the same cell and holds for another range, and the question names no mark.
    """
    if marks_in(question):
        return None
    numbered = {passage.n: passage for passage in passages}
    for citation in citations:
        passage = numbered[citation.n]
        rows = [piece.text for piece in split_sentences(passage.text) if piece.kind is Kind.ROW]
        for row in (row for row in rows if row in citation.quote):
            alike = [other for other in rows if cells_of(other)[0] == cells_of(row)[0]]
            found = [span for other in alike if (span := range_of(header_of(passage), other)) is not None]
            spans = tuple(dict.fromkeys(written for _, written in found))
            if len(spans) > 1:
                return found[0][0], spans
    return None


def _names_one(question: str, values: set[str]) -> bool:
    squeezed = key_of(question)
    spoken = f" {' '.join(words(question))} "
    return any(key_of(value) in squeezed or f" {' '.join(words(value))} " in spoken for value in values)


def _competing(ranked: Sequence[Candidate], key: str, values: set[str]) -> tuple[str, ...]:
    """Return the values whose best sentences compete, best first; empty when the best holds for all."""
    said: dict[str, str] = {}
    for candidate in ranked:
        if candidate.score < _CLOSE * ranked[0].score:
            break
        value = _value_of(candidate, key, values)
        if value is None and candidate is ranked[0]:
            return ()
        if value is not None:
            said.setdefault(value, " ".join(words(candidate.sentence.text)))
    return tuple(said)[:_MOST_OPTIONS] if len(set(said.values())) > 1 else ()


def _value_of(candidate: Candidate, key: str, values: set[str]) -> str | None:
    """Return the one value that a sentence is about: named by it, else above it, else by its document."""
    passage = candidate.passage
    above = f"{passage.context}\n{passage.metadata.title}"
    for text in (candidate.sentence.text, candidate.heading, above, passage.document):
        named = identifier_keys(text)
        found = [value for value in sorted(values) if key_of(value) in named]
        if found:
            return found[0] if len(found) == 1 else None
    own = passage.metadata.keys.get(key, ())
    return own[0] if len(own) == 1 else None
