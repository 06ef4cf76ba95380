"""Find a golden quote in a document's canonical text, whatever the layout put between its words."""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from holdfast.domain.documents import Document, Section
from holdfast.domain.locating import locate
from holdfast.domain.locators import Locator

LAYOUT = frozenset("|*_`#\\")
"""Marks of tables and Markdown that the canonical text may have between the words of a quote."""

_KEPT = re.compile(rf"[^\s{re.escape(''.join(sorted(LAYOUT)))}]+")

Span = tuple[int, int]
"""Offsets into the canonical text, end excluded."""
Occurrence = tuple[Span, ...]
"""The words of a quote, in order, where they stand once."""


class Readable(Protocol):
    """A text with its places: a document as it was indexed, or as it stands in the records."""

    @property
    def text(self) -> str:
        """Return the canonical text."""
        ...

    @property
    def sections(self) -> tuple[Section, ...]:
        """Return its sections, in order."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """A text without places of its own, as an attachment's is."""

    text: str
    sections: tuple[Section, ...] = ()


def occurrences(document: Readable, quote: str, locator: Locator) -> tuple[Occurrence, ...]:
    """Return every place of the quote, as the spans of its words; empty when it does not stand there.

    White space, layout marks and case do not count; every other character does, and a quote begins and
    ends where a word does. Where some of several places agree with the locator, only those count.
    """
    plain, wanted = _read(document.text), _Plain.of(quote).text
    found = [_words(document.text, span) for span in plain.places(wanted)] if wanted else []
    agreeing = [words for words in found if agrees(locate(document.sections, words[0][0]), locator)]
    return tuple(agreeing or found)


def standing(documents: Iterable[Document], quotes: Collection[str]) -> dict[str, list[tuple[str, Locator]]]:
    """Return for each quote the documents in which it stands, with the locator of its first place there.

    Each document is read once, whatever the number of quotes.
    """
    wanted = {quote: plain for quote in quotes if (plain := _Plain.of(quote).text)}
    found: dict[str, list[tuple[str, Locator]]] = {}
    for document in documents:
        text = _Plain.of(document.text)
        for quote, plain in wanted.items():
            if (span := next(text.places(plain), None)) is not None:
                found.setdefault(quote, []).append((document.path, locate(document.sections, span[0])))
    return found


@dataclass(frozen=True, slots=True)
class _Plain:
    """A text without what does not count, and where each of its characters came from."""

    text: str
    offsets: Sequence[int]
    source: str

    @classmethod
    def of(cls, text: str) -> _Plain:
        pieces, offsets = [], array("I")
        for run in _KEPT.finditer(text):
            letters = run[0].casefold()
            pieces.append(letters)
            if len(letters) == len(run[0]):
                offsets.extend(range(run.start(), run.end()))
            else:  # a letter became several (`ß`)
                offsets.extend(
                    at for at in range(run.start(), run.end()) for _ in range(len(text[at].casefold()))
                )
        return cls("".join(pieces), offsets, text)

    def places(self, wanted: str) -> Iterator[Span]:
        """Yield the spans of the source at which the wanted text stands between other words."""
        at = self.text.find(wanted)
        while at >= 0:
            start, end = self.offsets[at], self.offsets[at + len(wanted) - 1] + 1
            if self._is_apart(start, end):
                yield start, end
            at = self.text.find(wanted, at + 1)

    def _is_apart(self, start: int, end: int) -> bool:
        before, after = self.source[start - 1 : start], self.source[end : end + 1]
        cuts_front = before.isalnum() and self.source[start].isalnum()
        return not cuts_front and not (after.isalnum() and self.source[end - 1].isalnum())


@lru_cache(maxsize=64)
def _read(text: str) -> _Plain:
    """Return a document's text as it is looked through; cases about one document follow each other."""
    return _Plain.of(text)


def _words(text: str, span: Span) -> Occurrence:
    """Return the spans of the words in a span; a mark on its own is no word."""
    words, start = [], -1
    for at in range(span[0], span[1] + 1):
        is_gap = at == span[1] or text[at].isspace() or text[at] in LAYOUT
        if is_gap and start >= 0:
            words.append((start, at))
            start = -1
        elif not is_gap and start < 0:
            start = at
    return tuple(words)


def agrees(there: Locator, wanted: Locator) -> bool:
    """Return whether a place is the wanted one, as far as both say something of it."""
    pairs = (
        (there.page, wanted.page), (there.slide, wanted.slide), (there.sheet, wanted.sheet),
        (there.part, wanted.part), (there.row, wanted.row), (there.heading or None, wanted.heading or None),
    )  # fmt: skip
    return all(ours == theirs for ours, theirs in pairs if ours is not None and theirs is not None)
