"""Find declared words, phrases, patterns: the dictionary for what no pattern of ours can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from holdfast.stages.guardrails.pii_patterns import Span
from holdfast.stages.guardrails.settings import Term

_WORD = re.compile(r"\w+")


class Terms:
    """Looks words up by their first word, so that ten thousand names cost no more than ten."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._patterns = [(term.name, re.compile(term.pattern)) for term in terms if term.pattern]
        self._phrases: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for term in terms:
            for phrase in term.words:
                self._add(term.name, phrase)

    def spans(self, text: str) -> Iterator[Span]:
        """Yield each place of a declared phrase or pattern; an empty match is none."""
        for name, pattern in self._patterns:
            for match in pattern.finditer(text):
                if match.group():
                    yield Span(start=match.start(), end=match.end(), kind=name)
        if not self._phrases:
            return
        for word in _WORD.finditer(text):
            for name, phrase in self._phrases.get(word.group().casefold(), ()):
                if found := phrase.match(text, word.start()):
                    yield Span(start=found.start(), end=found.end(), kind=name)

    def _add(self, name: str, phrase: str) -> None:
        words = _WORD.findall(phrase)
        if not words:
            return
        # any blanks or signs between the words: a name broken over two lines is still the name
        pattern = re.compile(r"[\W_]{1,3}".join(map(re.escape, words)) + r"(?!\w)", re.IGNORECASE)
        self._phrases.setdefault(words[0].casefold(), []).append((name, pattern))
