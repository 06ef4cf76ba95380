"""What a DOC file says of its paragraphs and letters: headings, tables, hidden and deleted text."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto

from holdfast.stages.parsing.readers.word.doc_text import DocText

_PAGE = 512
_PARAGRAPHS_AT, _LETTERS_AT = 0x0102, 0x00FA
_ENTRY_BYTES = 13
_LAST_HEADING = 9
_MOST_PAGES = 100_000
_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
"""Bytes of an operand by the upper three bits of its property's number; 6 is of any length."""
_IN_TABLE, _ENDS_ROW, _OUTLINE, _STYLE = 0x2416, 0x2417, 0x2640, 0x4600
_INNER_ENDS_ROW = 0x244C
_HIDDEN, _DELETED, _COLOUR_INDEX, _COLOUR = 0x083C, 0x0800, 0x2A42, 0x6870
_WHITE_INDEX, _WHITE = 8, 0x00FFFFFF
_SHADES = (0x4866, 0xCA71, 0x2A0C)
"""Something stands behind the letters: shading, marker."""
_TABLE_DEFINITION = (0xD606, 0xD608)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphFacts:
    """What a paragraph is."""

    heading: int = 0
    """Level from 1; 0 for text."""
    in_table: bool = False
    ends_row: bool = False


_PLAIN = ParagraphFacts()


class ParagraphRuns:
    """Finds what a paragraph is by where it ends in the file."""

    def __init__(self, text: DocText) -> None:
        found = sorted(_paragraph_entries(text), key=lambda entry: entry[0])
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

    def __init__(self, text: DocText) -> None:
        spans = sorted(_hidden(text), key=lambda span: span[0])
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


def _hidden(text: DocText) -> Iterator[tuple[int, int, Letters]]:
    for start, end, offset, page in _entries(text, _LETTERS_AT, 1) if not text.is_old else ():
        at = page[offset] * 2
        how = _shown(page[at + 1 : at + 1 + page[at]]) if at else Letters.SHOWN
        if how is not Letters.SHOWN:
            yield start, end, how


def _paragraph_entries(text: DocText) -> Iterator[tuple[int, int, ParagraphFacts]]:
    if text.is_old:
        return
    for start, end, offset, page in _entries(text, _PARAGRAPHS_AT, _ENTRY_BYTES):
        at = page[offset] * 2
        if not at or at >= _PAGE - 2:
            yield start, end, _PLAIN
            continue
        size = page[at] * 2 - 1 if page[at] else page[at + 1] * 2
        begin = at + 1 if page[at] else at + 2
        yield start, end, _facts(page[begin : begin + max(0, size)])


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


def _facts(properties: bytes) -> ParagraphFacts:
    if len(properties) < 2:  # noqa: PLR2004 - the style's number
        return _PLAIN
    style = int.from_bytes(properties[:2], "little")
    facts = ParagraphFacts(heading=style if 1 <= style <= _LAST_HEADING else 0)
    for number, operand in _properties(properties[2:]):
        value = operand[0] if operand else 0
        if number == _IN_TABLE:
            facts = replace(facts, in_table=bool(value))
        elif number in (_ENDS_ROW, _INNER_ENDS_ROW):
            facts = replace(facts, ends_row=bool(value))
        elif number == _OUTLINE:
            facts = replace(facts, heading=value + 1 if value < _LAST_HEADING else 0)
    return facts


def _shown(properties: bytes) -> Letters:
    found = dict(_properties(properties))
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


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and operand of each property of a list."""
    at = 0
    while at <= len(data) - 3:
        number = struct.unpack_from("<H", data, at)[0]
        at += 2
        size = _SIZES.get(number >> 13)
        if size is None:
            size = data[at] + 1
            if number in _TABLE_DEFINITION:
                size = int.from_bytes(data[at : at + 2], "little") + 1
        yield number, data[at : at + size]
        at += size
