"""Hold sentences against the codes that a question names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from holdfast.domain.prompts import Passage
from holdfast.text.identifiers import family_of, identifier_keys, named_in
from holdfast.text.questions import read_question
from holdfast.text.readings import Reading
from holdfast.text.sentences import Kind, split_sentences

NO_CODE = 0.4
"""What a sentence keeps of its score when only its passage names the asked code."""
WRONG_CODE = 0.02
"""What a sentence on another code of the same family keeps."""


def asked_codes(question: str, passages: Sequence[Passage]) -> frozenset[str]:
    """Return the keys of the codes a question names, in any spelling that the passages know."""
    known = frozenset[str]().union(*(passage_codes(passage) for passage in passages))
    return read_question(question).codes | named_in(question, (key for key in known if not key.isdigit()))


def passage_codes(passage: Passage) -> frozenset[str]:
    """Return the keys of every code in a passage, its context, title, path and declared keys."""
    return identifier_keys(passage.text) | scope_codes(passage)


def scope_codes(passage: Passage) -> frozenset[str]:
    """Return the keys of the codes that stand above a passage and hold for all of it."""
    declared = (value for values in passage.metadata.keys.values() for value in values)
    return _heading_codes(passage) | identifier_keys(" ".join(declared))


def code_factor(codes: frozenset[str], reading: Reading) -> float:
    """Return what is left of a score when the question names a code: all, little, or next to nothing.

    A rule, not a weight: codes are too rare in public data to learn from, and a wrong product's value
    is the dearest mistake there is.
    """
    if not codes:
        return 1.0
    own = identifier_keys(reading.sentence.text)
    if (own | identifier_keys(reading.header)) & codes:
        return 1.0
    if reading.sentence.kind is Kind.ROW and codes & _row_codes(reading.passage.text):
        return WRONG_CODE  # the table has a row for what is asked: the others are about other things
    families = {family_of(code) for code in codes} - {""}
    if any(family_of(code) in families for code in own):
        return WRONG_CODE
    return _scope_factor(codes, families, reading)


def _scope_factor(codes: frozenset[str], families: set[str], reading: Reading) -> float:
    """Return the same for a sentence that names no code of the family: what stands above it decides."""
    above = identifier_keys(reading.heading) or _heading_codes(reading.passage)
    if above & codes:
        return 1.0
    if any(family_of(code) in families for code in above):
        return WRONG_CODE  # a paper on one size may well name another: its title decides, not its keys
    if scope_codes(reading.passage) & codes:
        return 1.0
    return NO_CODE if passage_codes(reading.passage) & codes else NO_CODE / 2


@lru_cache(maxsize=256)
def _row_codes(text: str) -> frozenset[str]:
    """Return the keys of the codes in the rows of a text."""
    rows = (piece.text for piece in split_sentences(text) if piece.kind is Kind.ROW)
    return identifier_keys("\n".join(rows))


def _heading_codes(passage: Passage) -> frozenset[str]:
    """Return the keys of the codes in a passage's context, title and path."""
    path = re.sub(r"[/_]|\.\w+\Z", " ", passage.document)
    return identifier_keys(f"{passage.context}\n{passage.metadata.title}") | identifier_keys(path)
