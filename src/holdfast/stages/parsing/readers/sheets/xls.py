"""XLS: the sheets of Excel before 2007, with cell ranges, formats as shown, and what is hidden apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.ole.properties import properties_of
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.sheets.biff import Record, byte_string, records, short_string
from holdfast.stages.parsing.readers.sheets.blocks import Sheet, lost_texts, note_block, once, sheet_blocks
from holdfast.stages.parsing.readers.sheets.xls_book import Book
from holdfast.stages.parsing.readers.sheets.xls_cells import SheetCells
from holdfast.stages.parsing.readers.sheets.xls_drawn import DRAWN
from holdfast.stages.parsing.units import (
    Block,
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unit,
    Unreadable,
    malformed,
)

_BOF, _BOUND_SHEET, _FILE_PASS = 0x0809, 0x0085, 0x002F
_BIFF8 = 0x0600
_WORKSHEET, _CHART_SHEET = 0, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    name: str
    at: int
    hidden: bool
    is_chart: bool
    """A chart that fills a sheet by itself; the cells in it are copies of others'."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each worksheet as a unit."""
    ole = OleFile(data)
    stream = ole.stream("Workbook") or ole.stream("Book")
    if not stream:
        raise malformed("its workbook is missing")
    if properties := properties_of(ole):
        yield Properties(values=properties)
    start = next(records(stream, 0), None)
    wide = start is not None and start.kind == _BOF and int.from_bytes(start.data[:2], "little") >= _BIFF8
    book = Book(wide=wide)
    bounds = list(_globals(stream, book))
    yield Size(units=len(bounds), text_bytes=book.text_bytes)
    lines, lost = list[Block](), 0
    for bound in bounds:
        cells = SheetCells(book, limits)
        found = records(stream, bound.at)
        cells.take(one for one in found if one.kind in DRAWN or not bound.is_chart)
        lost += cells.lost
        sheet = Sheet(name=bound.name, hidden=bound.hidden, merges=tuple(cells.merges))
        blocks = list(sheet_blocks(cells.rows(), sheet))
        blocks += cells.drawings.blocks(sheet)
        blocks += [
            note_block(text, sheet, row=row, column=column, author=author)
            for row, column, text, author in cells.notes()
        ]
        yield Unit(key=f"sheet {bound.name}", blocks=tuple(blocks))
        lines += (
            Block(text=text, locator=Locator(sheet=sheet.name, part=part), hidden=sheet.hidden)
            for part, text in cells.printed
        )
    yield Unit(key="page headers", blocks=tuple(once(lines)))
    if lost:
        yield lost_texts(lost)


def _globals(stream: bytes, book: Book) -> Iterator[_Bound]:
    """Yield the sheets that the workbook lists, and let the book take what they share."""
    for record in records(stream, 0):
        if record.kind == _FILE_PASS:
            raise Unreadable(
                ParseStatus.ENCRYPTED, "the file needs a password. Save it without one and sync again"
            )
        if record.kind == _BOUND_SHEET and len(record.data) > 7:  # noqa: PLR2004 - place, state, kind, name
            if record.data[5] in (_WORKSHEET, _CHART_SHEET):
                yield _bound(record, book)
        else:
            book.take(record)


def _bound(record: Record, book: Book) -> _Bound:
    name = (
        short_string(record.data, 6)
        if book.wide
        else byte_string(record.data[7 : 7 + record.data[6]], book.codepage)
    )
    return _Bound(
        name=name,
        at=int.from_bytes(record.data[:4], "little"),
        hidden=bool(record.data[4] & 3),
        is_chart=record.data[5] == _CHART_SHEET,
    )
