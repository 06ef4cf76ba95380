"""Lay extracted text out for reading: headings, tables, items, joined lines, with what is marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.domain.locators import Locator

_HEADING = re.compile(r"\s{0,3}#{1,6}\s+")
_ITEM = re.compile(r"\s*(?:[-*•]|\d{1,3}[.)])\s+\S")
_CELL = re.compile(r"\s\|\s")
_RULE = re.compile(r"[\s|:-]*-{2,}[\s|:-]*")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_LINE = re.compile(r"[^\n]+")
SHORT, FULL = 0.6, 0.85
"""Shares of the longest line: a shorter one ends by itself, one that ends a sentence below the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A run of text, marked or not."""

    text: str
    is_marked: bool


Cell = tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A `head`, `item`, `text` or `code` of one cell, or a `table` of rows of cells."""

    kind: str
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def plain(self) -> tuple[str, list[list[list[tuple[str, bool]]]]]:
        """Return the block as a page's script takes it."""
        return self.kind, [[[(one.text, one.is_marked) for one in cell] for cell in row] for row in self.rows]


@dataclass(slots=True)
class _Open:
    """A block that further lines may still join."""

    kind: str
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    last: str = ""


def blocks_of(
    text: str, low: int, high: int, *, start: int, end: int, heading: str = "", is_table: bool = False
) -> list[Block]:
    """Return `text[low:high]` as blocks, marked where it lies between `start` and `end`.

    A line that is `heading` is one. Every segment stands in the text as it is; signs of the layout alone
    (`##`, the bars of a table, line ends) are left out.
    """
    lines = [(one.start(), one.end()) for one in _LINE.finditer(text, low, high)]
    longest = max((b - a for a, b in lines), default=0)
    made: list[_Open] = []
    is_code, before = False, low
    for a, b in lines:
        line = text[a:b]
        gap, before = text.count("\n", before, a) > 1, b
        if _FENCE.match(line):
            is_code = not is_code
            continue
        kind, cells = _read(text, a, b, heading, is_table=is_table, is_code=is_code)
        if not cells:
            continue
        row = tuple(tuple(_segments(text, *span, start, end)) for span in cells)
        if made and not gap and _joins(made[-1], kind, line, longest):
            _join(made[-1], row, kind, is_marked=start < a < end)
        else:
            made.append(_Open(kind=kind, rows=[row]))
        made[-1].last = line
    return [Block(kind=one.kind, rows=tuple(one.rows)) for one in made]


def blocks_of_passage(text: str, place: Locator | None, *, start: int, end: int) -> list[Block]:
    """Return a passage that stands alone as its document's page lays it out, marked from `start` to `end`.

    What lies in the cells or rows of a sheet is a table, as are lines with bars.
    """
    heading = place.heading[-1] if place and place.heading else ""
    is_table = place is not None and (place.row is not None or bool(place.cells))
    return blocks_of(text, 0, len(text), start=start, end=end, heading=heading, is_table=is_table)


def _read(
    text: str, a: int, b: int, heading: str, *, is_table: bool, is_code: bool
) -> tuple[str, list[tuple[int, int]]]:
    """Return what kind of line this is, with the spans of its cells."""
    line = text[a:b]
    if is_code:
        return "code", [(a, b)]
    if not line.strip():
        return "text", []
    bare = line.strip()
    if is_table or _CELL.search(line) or (bare.startswith("|") and bare.endswith("|")):
        return "table", [] if _RULE.fullmatch(line) else list(_cells(text, a, b))
    if (found := _HEADING.match(line)) is not None:
        return "head", [(a + found.end(), b)]
    if heading and bare == heading:
        return "head", [(a, b)]
    return "item" if _ITEM.match(line) else "text", [(a, b)]


def _cells(text: str, a: int, b: int) -> Iterator[tuple[int, int]]:
    """Yield the spans between the bars of a row, those at its ends left out."""
    while a < b and (text[a].isspace() or text[a] == "|"):
        a += 1
    while b > a and (text[b - 1].isspace() or text[b - 1] == "|"):
        b -= 1
    at = a
    for bar in re.finditer(r"\s*\|\s*", text[a:b]):
        yield at, a + bar.start()
        at = a + bar.end()
    yield at, b


def _segments(text: str, a: int, b: int, start: int, end: int) -> Iterator[Segment]:
    low, high = min(max(start, a), b), max(min(end, b), a)
    if low >= high:
        low = high = b
    for first, last, is_marked in ((a, low, False), (low, high, True), (high, b, False)):
        if first < last:
            yield Segment(text=text[first:last], is_marked=is_marked)


def _joins(block: _Open, kind: str, line: str, longest: int) -> bool:
    """Return whether a line goes on with a block: a row with its table, text with a line that was full."""
    if kind in ("table", "code") or block.kind in ("table", "code", "head"):
        return kind == block.kind and kind != "head"
    if kind != "text" or line[:1].isspace():
        return kind == "text" and block.kind == "item"
    before = len(block.last)
    ends = block.last.rstrip().endswith((".", ":", "!", "?"))
    return before >= longest * SHORT and not (ends and before < longest * FULL)


def _join(block: _Open, row: tuple[Cell, ...], kind: str, *, is_marked: bool) -> None:
    if kind in ("table", "code"):
        block.rows.append(row)
        return
    space = Segment(text=" ", is_marked=is_marked)
    block.rows[-1] = ((*block.rows[-1][0], space, *row[0]),)
