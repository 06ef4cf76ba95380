"""The lists of a DOC file: the numbers that Word shows before their items."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from holdfast.stages.parsing.readers.list_numbers import BULLET, NONE, ListCounts, ListLevel
from holdfast.stages.parsing.readers.word.doc_properties import ParagraphFacts
from holdfast.stages.parsing.readers.word.doc_text import DocText

_SHAPES_AT, _LISTS_AT = 0x02E2, 0x02EA
_SHAPE_BYTES, _LEVEL_BYTES, _LIST_BYTES, _CHANGE_BYTES = 28, 28, 16, 8
_LEVELS = 9
_SIMPLE = 0x01
_LEGAL = 0x04
_STARTS, _RESHAPED = 0x10, 0x20
_MOST_LISTS = 2046
_LONGEST_PATTERN = 255
_FORMS = {
    0: "decimal", 1: "upperRoman", 2: "lowerRoman", 3: "upperLetter", 4: "lowerLetter", 22: "decimalZero",
    23: BULLET, 255: NONE,
}  # fmt: skip


class DocLists:
    """Counts the items of lists as the paragraphs go by."""

    def __init__(self, text: DocText) -> None:
        self._counts = ListCounts()
        shapes = {} if text.is_old else _shapes(text)
        self._lists = _lists(text.table_part(_LISTS_AT), shapes) if shapes else []

    def label(self, facts: ParagraphFacts) -> str:
        """Return what Word shows before this item: `-`, `3.`, `2.1`; empty outside of lists."""
        if not 0 < facts.list_number <= len(self._lists):
            return ""
        found = self._lists[facts.list_number - 1]
        return self._counts.label(found.counted_as, found.levels, found.level_of(facts))

    def level(self, facts: ParagraphFacts) -> int:
        """Return how deep an item stands in its list, from 0."""
        inside = 0 < facts.list_number <= len(self._lists)
        return self._lists[facts.list_number - 1].level_of(facts) if inside else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _List:
    levels: dict[int, ListLevel]
    styles: tuple[int, ...]
    """Style of the paragraphs of each level."""
    counted_as: str

    def level_of(self, facts: ParagraphFacts) -> int:
        if facts.list_level is not None:
            return facts.list_level
        return self.styles.index(facts.style) if facts.style in self.styles else 0


def _shapes(text: DocText) -> dict[int, _List]:
    """Return the shapes of lists by their number; their levels lie behind the table that names them."""
    heads = text.table_part(_SHAPES_AT)
    if len(heads) < 2 + _SHAPE_BYTES:
        return {}
    levels = text.table_behind(_SHAPES_AT)
    shapes: dict[int, _List] = {}
    at = 0
    for number in range(min(struct.unpack_from("<H", heads)[0], (len(heads) - 2) // _SHAPE_BYTES)):
        name, _, *styles, flags = struct.unpack_from("<Ii9HB", heads, 2 + _SHAPE_BYTES * number)
        found: dict[int, ListLevel] = {}
        for level in range(1 if flags & _SIMPLE else _LEVELS):
            shape, size = _level(levels, at)
            if shape is None:
                return shapes
            found[level] = shape
            at += size
        shapes[name] = _List(levels=found, styles=tuple(styles), counted_as=f"shape {name}")
    return shapes


def _lists(table: bytes, shapes: dict[int, _List]) -> list[_List]:
    """Return the lists in the order by which paragraphs name them, with what each changes of its shape."""
    if len(table) < 4:  # noqa: PLR2004 - how many
        return []
    count = min(struct.unpack_from("<I", table)[0], (len(table) - 4) // _LIST_BYTES, _MOST_LISTS)
    lists, at = [], 4 + _LIST_BYTES * count
    for number in range(count):
        head = 4 + _LIST_BYTES * number
        shape = shapes.get(struct.unpack_from("<I", table, head)[0])
        found = shape or _List(levels={0: ListLevel(form=NONE)}, styles=(), counted_as="")
        changed = dict(found.levels)
        at += 4  # unused, before the changes of each list
        for _ in range(min(table[head + 12], _LEVELS)):
            at = _change(table, at, changed)
        own = f"list {number}" if changed != found.levels or table[head + 12] else found.counted_as
        lists.append(_List(levels=changed, styles=found.styles, counted_as=own))
    return lists


def _change(table: bytes, at: int, levels: dict[int, ListLevel]) -> int:
    """Put into `levels` what a list changes of one; return where the next change begins."""
    if at > len(table) - _CHANGE_BYTES:
        return at
    start, flags = struct.unpack_from("<iI", table, at)
    at += _CHANGE_BYTES
    level = flags & 0xF
    if flags & _RESHAPED:
        shape, size = _level(table, at)
        levels[level] = shape or levels.get(level, ListLevel())
        return at + size
    if flags & _STARTS:
        before = levels.get(level, ListLevel())
        levels[level] = ListLevel(
            form=before.form, pattern=before.pattern, start=start, is_legal=before.is_legal
        )
    return at


def _level(data: bytes, at: int) -> tuple[ListLevel | None, int]:
    """Return the level that is described at a place, and how many bytes describe it."""
    if at > len(data) - _LEVEL_BYTES - 2:
        return None, 0
    start, form, flags = struct.unpack_from("<iBB", data, at)
    places = data[at + 6 : at + 6 + _LEVELS]
    size = _LEVEL_BYTES + data[at + 24] + data[at + 25]
    if at + size > len(data) - 2:
        return None, 0
    length = min(struct.unpack_from("<H", data, at + size)[0], _LONGEST_PATTERN)
    text = data[at + size + 2 : at + size + 2 + 2 * length].decode("utf-16-le", errors="replace")
    pattern = "".join(
        f"%{ord(char) + 1}" if place in places and ord(char) < _LEVELS else char
        for place, char in enumerate(text, 1)
    )
    level = ListLevel(
        form=_FORMS.get(form, "decimal"), pattern=pattern, start=start, is_legal=bool(flags & _LEGAL)
    )
    return level, size + 2 + 2 * length
