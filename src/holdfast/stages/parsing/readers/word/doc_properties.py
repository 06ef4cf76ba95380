"""What lists of properties say of the paragraphs of a DOC file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

LAST_HEADING = 9
_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
"""Bytes of an operand by the upper three bits of its property's number; 6 is of any length."""
_IN_TABLE, _ENDS_ROW, _INNER_ENDS_ROW, _OUTLINE = 0x2416, 0x2417, 0x244C, 0x2640
_LIST, _LIST_LEVEL = 0x460B, 0x260A
_MOST_LISTS = 0x07FE
"""Greater numbers, and negative ones, are no list of the file's."""
_DEEPEST_LEVEL = 8
_TABLE_DEFINITION = (0xD606, 0xD608)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphFacts:
    """What a paragraph is."""

    heading: int = 0
    """Level from 1; 0 for text."""
    in_table: bool = False
    ends_row: bool = False
    style: int = 0
    list_number: int = 0
    """Which list it is an item of, from 1; 0 outside of lists."""
    list_level: int | None = None
    """From 0; None when only the list knows it, by the paragraph's style."""


def with_properties(facts: ParagraphFacts, properties: bytes) -> ParagraphFacts:
    """Return the facts as a list of properties changes them."""
    for number, operand in properties_in(properties):
        value = operand[0] if operand else 0
        if number == _IN_TABLE:
            facts = replace(facts, in_table=bool(value))
        elif number in (_ENDS_ROW, _INNER_ENDS_ROW):
            facts = replace(facts, ends_row=bool(value))
        elif number == _OUTLINE:
            facts = replace(facts, heading=value + 1 if value < LAST_HEADING else 0)
        elif number == _LIST:
            of = int.from_bytes(operand, "little", signed=True)
            facts = replace(facts, list_number=of if 0 < of <= _MOST_LISTS else 0)
        elif number == _LIST_LEVEL:
            facts = replace(facts, list_level=min(value, _DEEPEST_LEVEL))
    return facts


def properties_in(data: bytes) -> Iterator[tuple[int, bytes]]:
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
