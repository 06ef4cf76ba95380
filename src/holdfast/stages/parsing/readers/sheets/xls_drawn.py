"""What is written over an XLS sheet: the words of comments, text boxes, shapes, and charts.

Layout from Microsoft's open specifications [MS-XLS] and [MS-ODRAW].
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION
from holdfast.stages.parsing.readers.ole.drawn_facts import description_in
from holdfast.stages.parsing.readers.sheets.biff import Record, StringReader
from holdfast.stages.parsing.readers.sheets.blocks import BOX, CHART, Sheet, cell_name
from holdfast.stages.parsing.readers.sheets.xls_book import Book
from holdfast.stages.parsing.readers.sheets.xls_charts import OF_CHARTS, Titles
from holdfast.stages.parsing.units import Block

_DRAWING, _OBJECT, _TEXT = 0x00EC, 0x005D, 0x01B6
DRAWN = (_DRAWING, _OBJECT, _TEXT, *OF_CHARTS)
"""The records that `Drawings` takes."""
_COMMENT = 0x19

_SHAPE, _PROPERTIES, _ANCHOR = 0xF00A, 0xF00B, 0xF010
_CONTAINER = 0xF
_FILL_KIND, _FILL_COLOUR, _FILL_FACTS, _SHAPE_FACTS = 0x0180, 0x0181, 0x01BF, 0x03BF
_FILLED, _HIDDEN = 0x10, 0x02
_SAID = 16
"""Bits between a fact of a shape and the one that says whether it is stated."""
_WHITES = (0x00FFFFFF, 0x08000009, 0x08000041)
"""White by value, by its place in the palette, and as the paper of the sheet."""


@dataclass(slots=True, kw_only=True)
class _Shape:
    row: int = -1
    column: int = -1
    facts: dict[int, int] = field(default_factory=dict)

    @property
    def cell(self) -> str | None:
        """Return the cell where the shape begins."""
        return cell_name(self.row + 1, self.column + 1) if self.row >= 0 else None

    @property
    def is_hidden(self) -> bool:
        return self._states(_SHAPE_FACTS, _HIDDEN) is True

    @property
    def is_white(self) -> bool:
        """Return whether the letters certainly stand on white, which is what a box is filled with unasked."""
        is_plain = not self.facts.get(_FILL_KIND, 0) and self._states(_FILL_FACTS, _FILLED) is not False
        return is_plain and self.facts.get(_FILL_COLOUR, _WHITES[0]) in _WHITES

    def _states(self, where: int, bit: int) -> bool | None:
        facts = self.facts.get(where, 0)
        return bool(facts & bit) if facts & bit << _SAID else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    seen: str
    unseen: str
    hidden: bool
    cell: str | None


class Drawings:
    """Takes the records of one sheet's drawing, in their order."""

    def __init__(self, book: Book) -> None:
        self.notes: dict[int, str] = {}
        """Texts of comments by the number of their object."""
        self._book = book
        self._shape = _Shape()
        self._kind = self._number = 0
        self._boxes: list[_Box] = []
        self._described: list[tuple[_Shape, str]] = []
        self._titles = Titles(book.codepage, wide=book.wide)

    def take(self, record: Record) -> None:
        """Keep what the record says; raises struct.error or IndexError for one that is cut short."""
        if record.kind == _DRAWING:
            self._shape = _shape(b"".join(record.pieces), self._shape, self._described)
        elif record.kind == _OBJECT:
            self._kind, self._number = struct.unpack_from("<HH", record.data, 4)
        elif record.kind in OF_CHARTS:
            self._titles.take(record, self._shape.cell)
        elif len(record.pieces) > 1:
            self._text(record)

    def blocks(self, sheet: Sheet) -> Iterator[Block]:
        """Yield the words of each box and chart at the cell where it begins, those that nobody sees apart."""
        for box in self._boxes:
            place = Locator(sheet=sheet.name, cells=box.cell, part=BOX)
            for text, hidden in ((box.seen, box.hidden), (box.unseen, True)):
                if text.strip():
                    yield Block(text=text.strip(), locator=place, hidden=sheet.hidden or hidden)
        for shape, text in self._described:
            place = Locator(sheet=sheet.name, cells=shape.cell, part=DESCRIPTION)
            yield Block(text=text, locator=place, hidden=sheet.hidden or shape.is_hidden)
        for cell, text in self._titles.charts():
            place = Locator(sheet=sheet.name, cells=cell, part=CHART)
            yield Block(text=text, locator=place, hidden=sheet.hidden)

    def _text(self, record: Record) -> None:
        length, of_runs = struct.unpack_from("<HH", record.data, 10)
        text = StringReader(record.pieces[1:], 0).bare(length)
        if self._kind == _COMMENT:
            if self._number:
                self.notes[self._number] = text
            return
        runs = record.pieces[-1][:of_runs]
        here, on_white = self._shape, self._shape.is_white
        seen, unseen = _parted(text, runs, lambda font: self._book.hides_letters(font, on_white=on_white))
        self._boxes.append(_Box(seen=seen, unseen=unseen, hidden=here.is_hidden, cell=here.cell))


def _shape(data: bytes, before: _Shape, described: list[tuple[_Shape, str]]) -> _Shape:
    """Return the last shape of a part of the drawing; a shape in a group stands where the group does.

    Shapes about which something was written are put into `described`.
    """
    found, at = before, 0
    while at <= len(data) - 8:
        head, kind, size = struct.unpack_from("<HHI", data, at)
        at += 8
        if head & _CONTAINER == _CONTAINER:
            continue  # what is inside follows
        if kind == _SHAPE:
            found = _Shape(row=found.row, column=found.column)
        elif kind == _PROPERTIES:
            count = min(head >> 4, (len(data) - at) // 6)
            pairs: Mapping[int, int] = dict(struct.unpack_from("<HI", data, at + 6 * n) for n in range(count))
            if said := description_in(data[at : at + size], count):
                described.append((found, said))
            found.facts.update({number & 0x3FFF: value for number, value in pairs.items()})
        elif kind == _ANCHOR and len(data) - at >= 8:  # noqa: PLR2004 - flags, column, offset, row
            found.column, found.row = struct.unpack_from("<2xH2xH", data, at)
        at += size
    return found


def _parted(text: str, runs: bytes, hides: Callable[[int], bool]) -> tuple[str, str]:
    """Return the letters that are seen and those that are not, by the font of each run."""
    every = [struct.unpack_from("<HH", runs, at) for at in range(0, len(runs) - 7, 8)]
    parts: dict[bool, list[str]] = {False: [], True: []}
    ends = [start for start, _ in every[1:]] + [len(text)]
    for (start, font), end in zip(every, ends, strict=True) if every else [((0, 0), len(text))]:
        parts[bool(every) and hides(font)].append(text[start:end])
    return "".join(parts[False]), "".join(parts[True])
