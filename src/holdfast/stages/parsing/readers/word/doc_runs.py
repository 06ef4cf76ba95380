"""What a DOC file says of its paragraphs and letters: headings, tables, hidden and deleted text."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from enum import Enum, auto

from holdfast.stages.parsing.readers.word.doc_properties import (
    ParagraphFacts,
    properties_in,
    with_properties,
)
from holdfast.stages.parsing.readers.word.doc_styles import DocStyles
from holdfast.stages.parsing.readers.word.doc_text import DocText

_PAGE = 512
_PARAGRAPHS_AT, _LETTERS_AT = 0x0102, 0x00FA
_ENTRY_BYTES = 13
_MOST_PAGES = 100_000
_LETTER_STYLE = 0x4A30
_HIDDEN, _DELETED, _COLOUR_INDEX, _COLOUR = 0x083C, 0x0800, 0x2A42, 0x6870
_WHITE_INDEX, _WHITE = 8, 0x00FFFFFF
_SHADES = (0x4866, 0xCA71, 0x2A0C)
"""Something stands behind the letters: shading, marker."""


_PLAIN = ParagraphFacts()


class ParagraphRuns:
    """Finds what a paragraph is by where it ends in the file."""

    def __init__(self, text: DocText, styles: DocStyles) -> None:
        found = sorted(_paragraph_entries(text, styles), key=lambda entry: entry[0])
        self._starts = [start for start, _, _ in found]
        self._facts = [(end, facts) for _, end, facts in found]

    def at(self, place: int) -> ParagraphFacts:
        """Return the facts of the paragraph whose last character lies at this offset of the file."""
        number = bisect_right(self._starts, place) - 1
        if number < 0 or place >= self._facts[number][0]:
            return _PLAIN
        return self._facts[number][1]


class Letters(Enum):
    """How letters are shown."""

    SHOWN = auto()
    HIDDEN = auto()
    """Hidden font."""
    DELETED = auto()
    """Under tracked changes."""
    WHITE = auto()


class HiddenSpans:
    """Knows where in the file letters lie that the page does not show."""

    def __init__(self, text: DocText, styles: DocStyles) -> None:
        spans = sorted(_hidden(text, styles), key=lambda span: span[0])
        self._starts = [start for start, _, _ in spans]
        self._spans = spans

    def at(self, place: int) -> Letters:
        """Return how the letter at this offset is shown."""
        number = bisect_right(self._starts, place) - 1
        return self._spans[number][2] if number >= 0 and place < self._spans[number][1] else Letters.SHOWN

    def touch(self, start: int, end: int) -> bool:
        """Return whether anything between two offsets may be hidden."""
        number = bisect_right(self._starts, end) - 1
        return number >= 0 and self._spans[number][1] > start


class LetterValues:
    """Knows where in the file letters have a property, and its value."""

    def __init__(self, text: DocText, number: int) -> None:
        spans: list[tuple[int, int, bytes]] = []
        for start, end, offset, page in _entries(text, _LETTERS_AT, 1) if not text.is_old else ():
            at = page[offset] * 2
            held = dict(properties_in(page[at + 1 : at + 1 + page[at]])) if at else {}
            if number in held:
                spans.append((start, end, held[number]))
        self._spans = sorted(spans)

    def at(self, place: int) -> bytes:
        """Return the value at an offset of the file, empty where the letter has none."""
        number = bisect_right(self._spans, place, key=lambda span: span[0]) - 1
        return self._spans[number][2] if number >= 0 and place < self._spans[number][1] else b""


def _hidden(text: DocText, styles: DocStyles) -> Iterator[tuple[int, int, Letters]]:
    for start, end, offset, page in _entries(text, _LETTERS_AT, 1) if not text.is_old else ():
        at = page[offset] * 2
        how = _shown(page[at + 1 : at + 1 + page[at]], styles) if at else Letters.SHOWN
        if how is not Letters.SHOWN:
            yield start, end, how


def _paragraph_entries(text: DocText, styles: DocStyles) -> Iterator[tuple[int, int, ParagraphFacts]]:
    if text.is_old:
        return
    for start, end, offset, page in _entries(text, _PARAGRAPHS_AT, _ENTRY_BYTES):
        at = page[offset] * 2
        if not at or at >= _PAGE - 2:
            yield start, end, _PLAIN
            continue
        size = page[at] * 2 - 1 if page[at] else page[at + 1] * 2
        begin = at + 1 if page[at] else at + 2
        held = page[begin : begin + max(0, size)]
        style = styles.paragraph(int.from_bytes(held[:2], "little"))
        yield start, end, with_properties(style, held[2:])


def _entries(text: DocText, at: int, width: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield start and end in the file of each run, and where on which page its properties are named."""
    bins = text.table_part(at)
    count = max(0, (len(bins) - 4) // 8)
    for number in range(min(count, _MOST_PAGES)):
        page_number = struct.unpack_from("<I", bins, 4 * (count + 1) + 4 * number)[0] & 0x3FFFFF
        page = text.stream[page_number * _PAGE : (page_number + 1) * _PAGE]
        if len(page) < _PAGE:
            continue
        runs = min(page[-1], (_PAGE - 5) // (4 + width))
        for run in range(runs):
            start, end = struct.unpack_from("<II", page, 4 * run)
            yield start, end, 4 * (runs + 1) + width * run, page


def _shown(properties: bytes, styles: DocStyles) -> Letters:
    found = dict(properties_in(properties))
    if _LETTER_STYLE in found:
        named = styles.letters(int.from_bytes(found[_LETTER_STYLE], "little"))
        found = dict(properties_in(named)) | found
    if found.get(_DELETED, b"\0")[:1] == b"\1":
        return Letters.DELETED
    if found.get(_HIDDEN, b"\0")[:1] == b"\1":
        return Letters.HIDDEN
    if any(shade in found for shade in _SHADES):
        return Letters.SHOWN
    if _COLOUR in found:
        white = int.from_bytes(found[_COLOUR], "little") == _WHITE
    else:
        white = found.get(_COLOUR_INDEX, b"\0")[:1] == bytes([_WHITE_INDEX])
    return Letters.WHITE if white else Letters.SHOWN
