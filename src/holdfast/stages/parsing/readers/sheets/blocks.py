"""Rows of a sheet to blocks: titles as text, tables with a cell range per row, what is not shown apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeAlias

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.tables import looks_like_header, row_line, table_blocks
from holdfast.stages.parsing.units import Block, Verdict

_TITLE_CELLS = 1
_DEEPEST_HEADER = 4
BOX, CHART = "text box", "chart"
"""Parts of a sheet that are drawn over its cells."""
_MOST_MERGES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row that holds something: its number from 1, and text by column from 1, ascending."""

    number: int
    cells: dict[int, str]
    unseen: dict[int, str] = field(default_factory=dict)
    """What the sheet holds here and does not show: hidden row or column, white on white."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Cells shown as one; rows and columns from 1, ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is known of a sheet beside its cells."""

    name: str
    hidden: bool = False
    merges: tuple[Merge, ...] = ()


_Header: TypeAlias = tuple[str, tuple[int, int]]
"""A header line with the first and the last column of its table."""


def sheet_blocks(rows: Iterable[Row], sheet: Sheet) -> Iterator[Block]:
    """Yield the regions of a sheet, parted by empty rows, then what it holds and does not show."""
    region: list[Row] = []
    unseen: list[Row] = []
    header: _Header | None = None
    last = 0
    for row in _with_merged(rows, sheet):
        if row.unseen:
            unseen.append(replace(row, cells=row.unseen, unseen={}))
        if region and row.number > last + 1:
            header = yield from _region(region, sheet, header)
            region = []
        if row.cells:
            region.append(row)
        last = row.number
    if region:
        yield from _region(region, sheet, header)
    for row in unseen:
        yield _line(row, replace(sheet, hidden=True))


def note_block(text: str, sheet: Sheet, *, row: int, column: int, author: str = "") -> Block:
    """Return a cell's comment, by whom it is: the sheet shows a mark, not the words.

    Programs often begin the text with a name and a colon; then the author is not said again.
    """
    place = Locator(sheet=sheet.name, cells=cell_name(row, column), part="comment")
    said = not author or text.startswith(author) or text.partition("\n")[0].rstrip().endswith(":")
    return Block(text=text if said else f"{author}: {text}", locator=place, hidden=True)


def letters_block(text: str, sheet: Sheet, *, row: int, column: int) -> Block:
    """Return hidden letters of a cell that shows others."""
    return Block(text=text, locator=Locator(sheet=sheet.name, cells=cell_name(row, column)), hidden=True)


def once(lines: Sequence[Block]) -> Iterator[Block]:
    """Yield each different line above or below pages once, at the first sheet that shows it."""
    seen: set[tuple[str, str | None]] = set()
    for block in sorted(lines, key=lambda one: one.hidden):
        if (said := (block.text, block.locator.part)) not in seen:
            seen.add(said)
            yield block


def lost_texts(cells: int) -> Verdict:
    """Return that so many cells name a text which the file does not hold."""
    return Verdict(
        status=ParseStatus.PARTIAL,
        reason=f"{cells} cells name a text that the workbook does not hold. "
        "Open the workbook and save it again",
    )


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell, such as `AB5`; both are counted from 1."""
    return f"{column_letters(column)}{row}"


def column_letters(column: int) -> str:
    """Return a column's letters: 1 is A, 28 is AB."""
    letters = ""
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _with_merged(rows: Iterable[Row], sheet: Sheet) -> Iterator[Row]:
    """Let a cell merged downwards repeat in each row that it covers, as long as the row holds more."""
    starting: dict[int, list[Merge]] = defaultdict(list)
    for merge in sheet.merges[:_MOST_MERGES]:
        if merge.bottom > merge.top:
            starting[merge.top].append(merge)
    open_merges: list[tuple[Merge, str]] = []
    for row in rows if starting else ():
        open_merges = [(merge, text) for merge, text in open_merges if merge.bottom >= row.number]
        carried = {merge.left: text for merge, text in open_merges if merge.left not in row.cells}
        if carried and row.cells:
            row = replace(row, cells=dict(sorted((carried | row.cells).items())))  # noqa: PLW2901 - fuller
        open_merges += [
            (merge, row.cells[merge.left]) for merge in starting[row.number] if merge.left in row.cells
        ]
        yield row
    if not starting:
        yield from rows


def _region(rows: list[Row], sheet: Sheet, above: _Header | None) -> Generator[Block, None, _Header | None]:
    """Yield one region, each of the tables that stand side by side in it by itself."""
    tables = _side_by_side(rows)
    for table in tables:
        above = yield from _table(table, sheet, above)
    return above if len(tables) == 1 else None


def _side_by_side(rows: list[Row]) -> list[list[Row]]:
    """Part rows at columns that are empty in all of them, where the sides begin or end at other rows.

    Sides of the same rows stay together: there an empty column only makes room.
    """
    columns = sorted(set[int]().union(*(row.cells for row in rows)))
    starts = [after for before, after in pairwise(columns) if after > before + 1]
    if not starts:
        return [rows]
    bounds = [columns[0], *starts, columns[-1] + 1]
    sides = [_between(rows, first, end) for first, end in pairwise(bounds)]
    extents = {(side[0].number, side[-1].number) for side in sides}
    return [rows] if len(extents) == 1 else sides


def _between(rows: Iterable[Row], first: int, end: int) -> list[Row]:
    cut = (
        replace(row, cells={column: text for column, text in row.cells.items() if first <= column < end})
        for row in rows
    )
    return [row for row in cut if row.cells]


def _table(rows: list[Row], sheet: Sheet, above: _Header | None) -> Generator[Block, None, _Header | None]:
    """Yield one table; return the header that a region of the same columns below it may go on under."""
    while (
        rows and len(rows[0].cells) == _TITLE_CELLS and len(rows) > 1 and len(rows[1].cells) != _TITLE_CELLS
    ):
        yield _line(rows[0], sheet)
        rows = rows[1:]
    first, last = min(min(row.cells) for row in rows), max(max(row.cells) for row in rows)
    if first == last:
        for row in rows:
            yield _line(row, sheet)
        return above
    columns = first, last
    grid = [_in_columns(row.cells, columns) for row in rows]
    header = _header(rows, grid, columns, sheet)
    if header and above and above[1] == columns and len(rows) <= _TITLE_CELLS:
        header = ""
    goes_on = not header and above is not None and above[1] == columns  # an empty row parted it
    yield from table_blocks(
        grid,
        header=above[0] if goes_on and above else header,
        locator=Locator(sheet=sheet.name),
        row_locators=[_place(row, sheet) for row in rows],
        hidden=sheet.hidden,
    )
    return (header, columns) if header else above


def _header(
    rows: Sequence[Row], grid: Sequence[Sequence[str]], columns: tuple[int, int], sheet: Sheet
) -> str:
    """Return the line that names the columns; below cells that span columns, of several rows."""
    wide = [merge for merge in sheet.merges[:_MOST_MERGES] if columns[0] <= merge.left < merge.right]
    wide = [merge for merge in wide if merge.right - merge.left < columns[1] - columns[0]]
    depth = 0
    while depth < min(len(rows), _DEEPEST_HEADER) and _spans(rows[depth].number, wide):
        depth += 1
    if not 0 < depth < len(rows):
        return row_line(grid[0]) if looks_like_header(grid) else ""
    named = [_in_columns(_spread(row.cells, row.number, wide), columns) for row in rows[: depth + 1]]
    labels = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*named, strict=True)]
    named_apart = sum(map(bool, labels)) > 1 and len(set(labels)) == len(labels)
    return row_line(labels) if named_apart or looks_like_header([labels, *grid[depth:]]) else ""


def _spans(number: int, merges: Iterable[Merge]) -> bool:
    return any(merge.top <= number <= merge.bottom for merge in merges)


def _spread(cells: Mapping[int, str], number: int, merges: Iterable[Merge]) -> dict[int, str]:
    """Return a row's cells with the text of each wide one under all of its columns."""
    spread = dict(cells)
    for merge in merges:
        if merge.top <= number <= merge.bottom and merge.left in cells:
            spread |= dict.fromkeys(range(merge.left, merge.right + 1), cells[merge.left])
    return spread


def _in_columns(cells: Mapping[int, str], columns: tuple[int, int]) -> list[str]:
    return [cells.get(column, "") for column in range(columns[0], columns[1] + 1)]


def _line(row: Row, sheet: Sheet) -> Block:
    return Block(text=row_line(list(row.cells.values())), locator=_place(row, sheet), hidden=sheet.hidden)


def _place(row: Row, sheet: Sheet) -> Locator:
    first, last = column_letters(min(row.cells)), column_letters(max(row.cells))
    span = f"{first}{row.number}" if first == last else f"{first}{row.number}:{last}{row.number}"
    return Locator(sheet=sheet.name, cells=span)
