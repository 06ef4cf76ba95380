"""XLSX: a unit per sheet, a cell range per row, values as their cells show them."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.tables import looks_like_header, row_line, table_blocks
from holdfast.stages.parsing.readers.xlsx_cells import Cells, Row, column_letters, rows_of
from holdfast.stages.parsing.readers.xml import attribute, local
from holdfast.stages.parsing.units import (
    Block,
    Pictures,
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unit,
    Unreadable,
    Verdict,
)

_HIDDEN = ("hidden", "veryHidden")
_TITLE_CELLS = 1
_Header: TypeAlias = tuple[Row, tuple[int, int]]
"""A header row with the first and the last column of its table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    name: str
    path: str
    hidden: bool


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each sheet; a damaged sheet is named, not lost."""
    package = Package(data, limits)
    main = package.main_part("xl/workbook.xml")
    sheets = list(_sheets(package, main))
    yield Size(units=len(sheets), text_bytes=sum(package.size(sheet.path) for sheet in sheets))
    if properties := package.core_properties():
        yield Properties(values=properties)
    cells = Cells(package, main)
    damaged, pictured = [], []
    for sheet in sheets:
        try:
            blocks = tuple(_blocks(rows_of(package, sheet.path, cells, limits), sheet))
        except Unreadable as error:
            if error.status is not ParseStatus.MALFORMED:
                raise
            damaged.append(sheet.name)
            continue
        yield Unit(key=f"sheet {sheet.name}", blocks=blocks)
        if not blocks and "drawing" in {kind for kind, _ in package.related(sheet.path).values()}:
            pictured.append(f"sheet {sheet.name}")
    if pictured:
        yield Pictures(keys=tuple(pictured))
    if damaged:
        yield Verdict(
            status=ParseStatus.PARTIAL if len(damaged) < len(sheets) else ParseStatus.MALFORMED,
            reason=f"sheet {', '.join(damaged)} could not be read. Open the workbook and save it again",
        )


def _sheets(package: Package, main: str) -> Iterator[_Sheet]:
    related = package.related(main)
    for element in package.xml(main).iter():
        if local(element) != "sheet":
            continue
        link = next(
            (value for key, value in element.items() if key.startswith("{") and key.endswith("}id")), ""
        )
        kind, path = related.get(link, ("", ""))
        if kind == "worksheet":
            yield _Sheet(
                name=attribute(element, "name"), path=path, hidden=attribute(element, "state") in _HIDDEN
            )


def _blocks(rows: Iterator[Row], sheet: _Sheet) -> Iterator[Block]:
    """Yield the regions of a sheet, parted by empty rows: titles and notes as text, the rest as tables."""
    region: list[Row] = []
    header: _Header | None = None
    last = 0
    for row in rows:
        if region and row.number > last + 1:
            header = yield from _region(region, sheet, header)
            region = []
        region.append(row)
        last = row.number
    if region:
        yield from _region(region, sheet, header)


def _region(rows: list[Row], sheet: _Sheet, above: _Header | None) -> Generator[Block, None, _Header | None]:
    """Yield one region; return the header that a region of the same columns below it may go on under."""
    while (
        rows and len(rows[0].cells) == _TITLE_CELLS and len(rows) > 1 and len(rows[1].cells) != _TITLE_CELLS
    ):
        yield _line(rows[0], sheet)
        rows = rows[1:]
    columns = min(min(row.cells) for row in rows), max(max(row.cells) for row in rows)
    if columns[0] == columns[1]:
        for row in rows:
            yield _line(row, sheet)
        return above
    grid = [[row.cells.get(column, "") for column in range(columns[0], columns[1] + 1)] for row in rows]
    has_header = looks_like_header(grid) and not (above and above[1] == columns and len(rows) <= _TITLE_CELLS)
    header = row_line(grid[0]) if has_header else ""
    if not has_header and above and above[1] == columns:  # an empty row parted it from its header
        header = row_line([above[0].cells.get(column, "") for column in range(columns[0], columns[1] + 1)])
    yield from table_blocks(
        grid,
        header=header,
        locator=Locator(sheet=sheet.name),
        row_locators=[_place(row, sheet) for row in rows],
        hidden=sheet.hidden,
    )
    return (rows[0], columns) if has_header else above


def _line(row: Row, sheet: _Sheet) -> Block:
    return Block(text=" ".join(row.cells.values()), locator=_place(row, sheet), hidden=sheet.hidden)


def _place(row: Row, sheet: _Sheet) -> Locator:
    first, last = column_letters(min(row.cells)), column_letters(max(row.cells))
    span = f"{first}{row.number}" if first == last else f"{first}{row.number}:{last}{row.number}"
    return Locator(sheet=sheet.name, cells=span)
