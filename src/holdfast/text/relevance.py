"""Rank the sentences of passages by how well they answer a question."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from holdfast.domain.prompts import Passage
from holdfast.text.codes import asked_codes
from holdfast.text.fitting import Fitted, factors_of
from holdfast.text.logistic import Logistic, load_logistic
from holdfast.text.numbered import asked_numbers
from holdfast.text.questions import (
    Asked,
    Wants,
    read_question,
    satisfies,
)
from holdfast.text.readings import Reading, readings_of
from holdfast.text.sentences import Kind, Sentence
from holdfast.text.tables import cells_of
from holdfast.text.weights import covered
from holdfast.text.words import content_stems
from holdfast.text.years import asked_years, may_be_of


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
    words: str
    """What it says on its own feet (see `Reading`)."""
    features: Mapping[str, float]
    factors: Mapping[str, float]
    """What each rule that applies makes of its probability (see `fitting`)."""
    factor: float
    """Their product."""
    is_called: bool
    """A row whose first cell is what the question asks about."""
    weight: float
    """Its probability times `factor`, which may be above 1: candidates are ordered by it."""

    @property
    def score(self) -> float:
        """Return the probability that it is part of the answer."""
        return min(1.0, self.weight)


def rank_sentences(question: str, passages: Sequence[Passage], *, topic: str = "") -> tuple[Candidate, ...]:
    """Return the sentences, rows and items of the passages, best first; headings are never candidates.

    `topic` is what the rest of a message says the question is about. The stages of a run rank the same
    passages for the same question: a tuple of them that was ranked lately is not ranked again.
    """
    if isinstance(passages, tuple):
        return _ranked_lately(question, _Given(passages), topic)
    return _ranked(question, passages, topic)


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """Passages that are the same only where they are the very same tuple: to compare texts would cost."""

    passages: tuple[Passage, ...]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Given) and self.passages is other.passages

    def __hash__(self) -> int:
        return id(self.passages)


@lru_cache(maxsize=16)
def _ranked_lately(question: str, given: _Given, topic: str) -> tuple[Candidate, ...]:
    return _ranked(question, given.passages, topic)


def _ranked(question: str, passages: Sequence[Passage], topic: str) -> tuple[Candidate, ...]:
    asked = read_question(question, topic)
    readings = readings_of(passages)
    codes = asked_codes(f"{question} {topic}", passages)
    standing = _standing(passages)
    finds_year = any(may_be_of(asked_years(question), passage) for passage in passages)
    fitted = Fitted(
        question=f"{question} {topic}",
        asked=asked,
        codes=codes,
        numbered=asked_numbers(f"{question} {topic}", passages),
        finds_year=finds_year,
    )
    candidates = []
    for reading in readings:
        features = _features(asked, reading) | standing[reading.passage.n]
        factors = factors_of(fitted, reading)
        factor = math.prod(factors.values())
        candidates.append(
            Candidate(
                passage=reading.passage,
                sentence=reading.sentence,
                index=reading.index,
                heading=reading.heading,
                stems=reading.stems,
                wide=reading.wide,
                words=reading.words,
                features=features,
                factors=factors,
                factor=factor,
                is_called=_is_called(asked, reading),
                weight=relevance_model().probability(features) * factor,
            )
        )
    return rows_in_order(sorted(candidates, key=lambda c: (-c.weight, c.passage.n, c.index)))


def rows_in_order(ranked: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Return the candidates with the rows of each passage in the order of what of the question they hold.

    The rows of a table differ in little else than their cells, and the weights were learnt from prose: one
    that holds less of what is asked does not stand before one that holds more, nor one that mentions the
    word before the one that is called so. Rows that a rule holds against stay apart.
    """
    tables: dict[tuple[int, float], list[int]] = defaultdict(list)
    for place, one in enumerate(ranked):
        if one.sentence.kind is Kind.ROW:
            tables[one.passage.n, one.factor].append(place)
    ordered = list(ranked)
    for places in tables.values():
        rows = sorted(
            (ranked[at] for at in places), key=lambda c: (-c.features["row_covered"], not c.is_called)
        )
        for at, row in zip(places, rows, strict=True):
            ordered[at] = replace(row, weight=ranked[at].weight)
    return tuple(ordered)


@lru_cache(maxsize=2)
def relevance_model(*, closeness: bool = False) -> Logistic:
    """Return the shipped model, without or with the sentences' closeness (scripts/train_relevance.py)."""
    return load_logistic("holdfast.text", "relevance.json", "close" if closeness else "lexical")


_FRAGMENT = 4


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


def _row_key(row: Candidate) -> tuple[float, bool]:
    return -row.features["row_covered"], not row.is_called


def _is_called(asked: Asked, reading: Reading) -> bool:
    """Return whether a row's first cell says nothing but words of the question."""
    if reading.sentence.kind is not Kind.ROW:
        return False
    label = frozenset(content_stems(next(iter(cells_of(reading.sentence.text)), "")))
    return bool(label) and label <= frozenset(asked.beside)


def _features(asked: Asked, reading: Reading) -> dict[str, float]:
    """Return what speaks for a sentence, by name."""
    is_known = asked.wants is not Wants.ANYTHING
    own = frozenset(reading.order)
    is_row = reading.sentence.kind is Kind.ROW
    said, placed = (covered(asked.beside, held) for held in (reading.stems, reading.stems | reading.place))
    return {
        "covered": said,
        "adds_place": placed - said,
        "adds_wide": covered(asked.beside, reading.wide | reading.place) - placed,
        "covered_passage": covered(asked.beside, reading.whole),
        "misfits": float(is_known and not satisfies(reading.sentence.text, asked.wants, asked.numbers)),
        "length": math.log1p(len(reading.order)),
        "news": math.log1p(len(own - asked.stems)),
        "is_short": float(len(reading.order) < _FRAGMENT),
        "is_row": float(asked.wants_value and is_row),
        "row_covered": is_row * covered(asked.beside, own | reading.months),
    }
