"""Hold sentences against the numbers by which a question calls things (`account 6650`).

A bare number is a name only where the papers themselves use it as one: they put the same word before other
numbers (`Konto 6325`), or above a column of them. So an amount, a year and a page stay what they are, in any
language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from holdfast.domain.prompts import Passage
from holdfast.text.languages import other_small_words
from holdfast.text.numbers import quantities
from holdfast.text.sentences import Kind, Sentence, is_row, split_sentences
from holdfast.text.tables import cells_of, header_of
from holdfast.text.words import STOP_WORDS, content_stems, stem


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers that one word calls things by."""

    word: str
    """As it is written, in small letters: `account`."""
    numbers: frozenset[str]


def asked_numbers(question: str, passages: Sequence[Passage]) -> Mapping[str, Numbers]:
    """Return the numbers by which a question calls things, by the stem of the word before them."""
    asked: dict[str, Numbers] = {}
    small = other_small_words(question)
    for word, numbers in _called(question):
        key = stem(word)
        if word in STOP_WORDS or word in small:
            continue
        if any(_calls(passage.text, key) or _has_column(passage, key) for passage in passages):
            own = asked.get(key, Numbers(word=word, numbers=frozenset()))
            asked[key] = Numbers(word=own.word, numbers=own.numbers | numbers)
    return asked


def told_numbers(key: str, passage: Passage, sentence: Sentence, heading: str) -> frozenset[str]:
    """Return the numbers of a word's things that a sentence is about: its own, else those above it.

    A sentence of prose that names none is about the only one that its passage names.
    """
    if sentence.kind is Kind.ROW:
        cells = frozenset(_cells_under(key, header_of(passage), sentence.text))
        if cells:
            return cells
    for text in (sentence.text, heading, passage.metadata.title):
        if told := _numbers_in(text, key):
            return told
    around = _numbers_in(passage.text, key) if sentence.kind is not Kind.ROW else frozenset[str]()
    return around if len(around) == 1 else frozenset()


_SEVERAL = r"(?:\s*(?:,|&|and|or|und|oder|et|ou)\s*\d{3,}(?![\w.,%]*\d))*"
_CALLED = re.compile(
    r"(?<![^\W\d_])(?P<word>[^\W\d_]{3,})"
    r"(?:[ -]?(?:no|nos|nr|nrn|n°|num|number|numbers|nummer|nummern|numéro|numéros)\b)?"
    rf"[.:]{{0,2}}[ \u00a0]#?(?P<numbers>\d{{3,}}(?![\w%]|[-.,/:]\d){_SEVERAL})",
    re.IGNORECASE,
)
_BARE = re.compile(r"\d{3,}")
_YEARS = range(1900, 2100)
_YEAR = 4
"""Digits of a year."""


@lru_cache(maxsize=1 << 9)
def _called(text: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """Return each word with the numbers right behind it that are no quantity of anything."""
    measured = {quantity.start for quantity in quantities(text) if quantity.unit}
    return tuple(
        (match["word"].casefold(), frozenset(_BARE.findall(match["numbers"])))
        for match in _CALLED.finditer(text)
        if not any(match.start("numbers") <= start < match.end() for start in measured)
    )


def _numbers_in(text: str, key: str) -> frozenset[str]:
    return frozenset[str]().union(*(numbers for word, numbers in _called(text) if stem(word) == key))


def _calls(text: str, key: str) -> bool:
    """Return whether a text puts the word before a number that is no year: `August 2026` names no thing."""
    return not all(map(_is_year, _numbers_in(text, key)))


def _is_year(number: str) -> bool:
    return len(number) == _YEAR and int(number) in _YEARS


def _has_column(passage: Passage, key: str) -> bool:
    header = header_of(passage)
    return is_row(header) and any(
        True
        for piece in split_sentences(passage.text)
        if piece.kind is Kind.ROW
        for _ in _cells_under(key, header, piece.text)
    )


def _cells_under(key: str, header: str, row: str) -> Iterator[str]:
    """Yield the bare numbers of a row in columns whose name ends with the word."""
    labels, cells = cells_of(header), cells_of(row)
    for label, cell in zip(labels, cells, strict=False):
        if _BARE.fullmatch(cell) and [*content_stems(label.replace("_", " "))][-1:] == [key]:
            yield cell
