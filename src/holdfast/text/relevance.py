"""Rank the sentences of passages by how well they answer a question."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from holdfast.domain.prompts import Passage
from holdfast.text.identifiers import family_of, identifier_keys, named_in
from holdfast.text.logistic import Logistic, load_logistic
from holdfast.text.numbers import quantities, unit_of
from holdfast.text.questions import (
    Asked,
    Wants,
    asks_leave,
    parts_of,
    read_question,
    rules_on,
    satisfies,
    units_of,
    wants_code,
)
from holdfast.text.ranges import is_out_of_range
from holdfast.text.sentences import Kind, Sentence, is_row, split_sentences
from holdfast.text.weights import covered
from holdfast.text.words import content_stems, words

NO_CODE = 0.4
"""What a sentence keeps of its score when only its passage names the asked code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A sentence of a passage that may answer."""

    passage: Passage
    sentence: Sentence
    index: int
    """Place among the passage's sentences, from 0."""
    heading: str
    """The last heading above it within the passage, or empty."""
    stems: frozenset[str]
    wide: frozenset[str]
    """Its own stems and those of its heading, context, title and the sentence before it."""
    features: Mapping[str, float]
    factor: float
    """What rules make of its probability: less for a wrong code or a question, more for a wanted step."""
    score: float
    """Probability that it is part of the answer."""


def rank_sentences(question: str, passages: Sequence[Passage]) -> tuple[Candidate, ...]:
    """Return the sentences, rows and items of the passages, best first; headings are never candidates."""
    asked = read_question(question)
    readings = [reading for passage in passages for reading in _read(passage)]
    codes = asked_codes(question, passages)
    is_one = len(parts_of(question)) == 1
    units, is_name = (units_of(question), wants_code(question)) if is_one else (frozenset[str](), False)
    standing = _standing(passages)
    is_leave = asks_leave(question)
    candidates = []
    for reading in readings:
        features = _features(asked, reading) | standing[reading.passage.n]
        factor = _code_factor(codes, reading) * _form_factor(asked, reading) * _unit_factor(units, reading)
        if is_name and not _names_another(question, reading.sentence.text):
            factor *= _WRONG_UNIT
        if is_leave and rules_on(reading.sentence.text):
            factor *= _RULED
        if is_out_of_range(question, reading.header, reading.sentence.text):
            factor *= _WRONG_CODE
        candidates.append(
            Candidate(
                passage=reading.passage,
                sentence=reading.sentence,
                index=reading.index,
                heading=reading.heading,
                stems=reading.stems,
                wide=reading.wide,
                features=features,
                factor=factor,
                score=min(1.0, relevance_model().probability(features) * factor),
            )
        )
    return tuple(sorted(candidates, key=lambda c: (-c.score, c.passage.n, c.index)))


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


def header_of(passage: Passage) -> str:
    """Return the header row of a passage's table: from its context, else the first row if it only names.

    A first row names columns when a drawn line follows it or when it alone holds no number or code.
    """
    above = [line for line in passage.context.splitlines() if is_row(line)]
    if above:
        return above[-1].strip()
    pieces = split_sentences(passage.text)
    for row, following in pairwise(pieces):
        if row.kind is Kind.ROW:
            names_columns = following.kind is Kind.RULE or (
                following.kind is Kind.ROW and not _has_value(row.text) and _has_value(following.text)
            )
            return row.text if names_columns else ""
    return ""


def leans(text: str) -> bool:
    """Return whether a sentence begins with a word that points to the one before it."""
    return bool(_PRONOUN.match(text))


@lru_cache(maxsize=2)
def relevance_model(*, closeness: bool = False) -> Logistic:
    """Return the shipped model, without or with the sentences' closeness (scripts/train_relevance.py)."""
    return load_logistic("holdfast.text", "relevance.json", "close" if closeness else "lexical")


_WRONG_CODE = 0.02
_ASKING = 0.3
_WRONG_UNIT = 0.3
_ECHO = 0.3
_POINTING = 0.5
_POINTER = re.compile(
    r"\b(?:is|are) (?:listed|given|described|shown|found|stated|explained) in\b"
    r"|\bsee (?:also )?(?:the|chapter|section|page)\b"
    r"|\blook (?:\w+ )?(?:\w+ )?up in\b",
    re.IGNORECASE,
)
_LISTED = 3.0
_RULED = 1.8
_FRAGMENT = 4
_PRONOUN = re.compile(
    r"\W*(?:it|its|he|she|they|his|her|their|this|that|these|those|such|both|the former|the latter|here"
    r"|there)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    passage: Passage
    sentence: Sentence
    index: int
    heading: str
    header: str
    """For a row: the names of its columns."""
    order: tuple[str, ...]
    stems: frozenset[str]
    above: frozenset[str]
    """Stems of its passage's context and title."""
    place: frozenset[str]
    """Stems of the nearest heading: the one above it in the passage, else the last of the context's path."""
    wide: frozenset[str]
    whole: frozenset[str]


def _read(passage: Passage) -> list[_Reading]:
    """Return the sentences of a passage with what stands around them."""
    above = frozenset(content_stems(f"{passage.context}\n{passage.metadata.title}"))
    whole = above | frozenset(content_stems(passage.text))
    header = header_of(passage)
    path = next((line for line in passage.context.splitlines() if not is_row(line)), "")
    place = frozenset(content_stems(path.rpartition(" > ")[2]))
    readings: list[_Reading] = []
    heading, before = "", frozenset[str]()
    for index, sentence in enumerate(split_sentences(passage.text)):
        if sentence.kind is Kind.HEADING:
            heading, before = sentence.text, frozenset()
            place = frozenset(content_stems(heading))
        if sentence.kind in (Kind.HEADING, Kind.RULE) or sentence.text == header or not words(sentence.text):
            continue
        order = content_stems(sentence.text)
        labels = header if sentence.kind is Kind.ROW else ""
        stems = frozenset(order) | frozenset(content_stems(labels))
        readings.append(
            _Reading(
                passage=passage,
                sentence=sentence,
                index=index,
                heading=heading,
                header=labels,
                order=order,
                stems=stems,
                above=above,
                place=place | before if leans(sentence.text) else place,
                wide=stems | above | frozenset(content_stems(heading)) | before,
                whole=whole,
            )
        )
        before = stems
    return readings


def _standing(passages: Sequence[Passage]) -> dict[int, dict[str, float]]:
    """Return each passage's scores relative to the best.

    Rows of lookups were asked for by the item itself and carry no scores: they stand with the best. A
    passage that the dense leg did not list stands with the farthest one that it did.
    """
    best = max((passage.score for passage in passages), default=0.0) or 1.0
    dense = [passage.dense_score for passage in passages if passage.dense_score > 0]
    densest, farthest = max(dense, default=0.0), min(dense, default=0.0)
    return {
        passage.n: {
            "score": passage.score / best if passage.chunk_id is not None else 1.0,
            "dense_gap": densest - (passage.dense_score or farthest) if passage.chunk_id is not None else 0.0,
        }
        for passage in passages
    }


def _features(asked: Asked, reading: _Reading) -> dict[str, float]:
    """Return what speaks for a sentence, by name."""
    is_known = asked.wants is not Wants.ANYTHING
    return {
        "covered": (
            covered(asked.beside, reading.stems) + covered(asked.beside, reading.stems | reading.place)
        )
        / 2,
        "covered_wide": covered(asked.beside, reading.wide),
        "covered_passage": covered(asked.beside, reading.whole),
        "misfits": float(is_known and not satisfies(reading.sentence.text, asked.wants, asked.numbers)),
        "length": math.log1p(len(reading.order)),
        "is_short": float(len(reading.order) < _FRAGMENT),
    }


def _form_factor(asked: Asked, reading: _Reading) -> float:
    """Return less than 1 for a sentence that asks or only repeats title and question, more for a step.

    A step counts under a heading that names the action. Rules as well: lists and headings are as rare
    in the data as codes.
    """
    sentence = reading.sentence
    if sentence.text.endswith("?"):
        return _ASKING
    told = [quantity for quantity in quantities(sentence.text) if quantity.value not in asked.numbers]
    if not reading.stems - asked.stems - reading.above and not told:
        return _ECHO
    if _POINTER.search(sentence.text) and not told:
        return _POINTING
    is_step = asked.wants is Wants.STEPS and sentence.kind is Kind.ITEM
    return _LISTED if is_step and asked.stems & reading.place else 1.0


def _has_value(row: str) -> bool:
    return bool(quantities(row) or identifier_keys(row))


def _names_another(question: str, text: str) -> bool:
    """Return whether a text holds a code or number that the question does not."""
    known = frozenset(words(question))
    return any(any(character.isdigit() for character in word) for word in words(text) if word not in known)


def _unit_factor(units: frozenset[str], reading: _Reading) -> float:
    """Return little for a sentence without a quantity of the asked kind; a column may name the unit."""
    if not units or any(quantity.unit in units for quantity in quantities(reading.sentence.text)):
        return 1.0
    return 1.0 if any(unit_of(word) in units for word in words(reading.header)) else _WRONG_UNIT


def _heading_codes(passage: Passage) -> frozenset[str]:
    """Return the keys of the codes in a passage's context, title and path."""
    path = re.sub(r"[/_]|\.\w+\Z", " ", passage.document)
    return identifier_keys(f"{passage.context}\n{passage.metadata.title}") | identifier_keys(path)


def _code_factor(codes: frozenset[str], reading: _Reading) -> float:
    """Return what is left of a score when the question names a code: all, little, or next to nothing.

    A rule, not a weight: codes are too rare in public data to learn from, and a wrong product's value
    is the dearest mistake there is.
    """
    if not codes:
        return 1.0
    own = identifier_keys(reading.sentence.text)
    if own & codes:
        return 1.0
    families = {family_of(code) for code in codes} - {""}
    if any(family_of(code) in families for code in own):
        return _WRONG_CODE
    scope = identifier_keys(reading.heading) or scope_codes(reading.passage)
    if scope & codes:
        return 1.0
    above = identifier_keys(reading.heading) or _heading_codes(reading.passage)
    if any(family_of(code) in families for code in above):
        return _WRONG_CODE  # declared keys do not rule out: a paper on all sizes names some as examples
    return NO_CODE if passage_codes(reading.passage) & codes else NO_CODE / 2
