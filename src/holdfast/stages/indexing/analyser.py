"""Turn text into the terms of the sparse leg, the same way for chunks and for queries."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Protocol

import snowballstemmer

from holdfast.text.stopwords import STOP_WORDS
from holdfast.text.words import STEMMERS

VERSION = "2"

_WORD = re.compile(r"\w+(?:[-./]\w+)*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_SPLIT = re.compile(r"[-./_]+")


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 -- the library's name


class Analyser:
    """Words in lower case without accents, stemmed by language; identifiers also whole and in parts.

    `HX-200` yields `hx-200`, `hx200`, `hx`, `200`; `StdMapObserver` yields itself and `std`, `map`,
    `observer`. A query term thus meets an identifier however either side writes it.
    """

    def __init__(self, *, stemming: bool, fallback: str = "en") -> None:
        """Take the language of texts whose own is not known: most are short, or lists of parts."""
        self._stemming = stemming
        self._fallback = fallback
        self.signature = f"analyser/{VERSION} stemming={stemming} fallback={fallback}"

    def language(self, code: str) -> str:
        """Return the language by whose rules a text of this language, or of none, is read."""
        return code or self._fallback

    def terms(self, text: str, language: str = "en") -> list[str]:
        """Return the terms of a text in order, repeats kept; unknown languages are not stemmed."""
        code = language if self._stemming and language in STEMMERS else ""
        return [term for word in _WORD.findall(text) for term in _terms_of(word, code)]

    def stem(self, word: str, language: str) -> str:
        """Return a word in lower case without accents as `terms` has it."""
        return _stem(word, language if self._stemming and language in STEMMERS else "")

    def query_terms(self, text: str, language: str = "en") -> list[str]:
        """Return the terms of a query: without stop words, unless there is nothing else."""
        stops = STOP_WORDS.get(language, frozenset())
        kept = " ".join(match for match in _WORD.findall(text) if match.casefold() not in stops)
        return self.terms(kept, language) or self.terms(text, language)


@lru_cache(maxsize=200_000)
def _terms_of(word: str, language: str) -> tuple[str, ...]:
    plain = _fold(word)
    if plain.isalpha() and (word.islower() or word.istitle() or word.isupper()):
        return (_stem(plain, language),)
    pieces = [piece for piece in _SPLIT.split(word) if piece]
    parts = [part for piece in pieces for part in _PART.findall(piece)] or pieces
    terms = [_stem(_fold(part), language) for part in parts]
    joined = _fold("".join(pieces))
    if len(parts) > 1:
        terms.append(joined)
    return tuple(terms)


def _fold(word: str) -> str:
    lowered = word.casefold()
    if lowered.isascii():
        return lowered
    decomposed = unicodedata.normalize("NFKD", lowered)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _stem(word: str, language: str) -> str:
    if not language or not word.isalpha():
        return word
    return _stemmer(language).stemWord(word)


@cache
def _stemmer(language: str) -> _Stemmer:
    stemmer: _Stemmer = snowballstemmer.stemmer(STEMMERS[language])
    return stemmer
