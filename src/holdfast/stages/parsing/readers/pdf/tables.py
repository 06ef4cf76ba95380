"""The rows of ruled tables: text by cell, rows without rules of their own told apart by their lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from statistics import median

from holdfast.stages.parsing.readers.pdf.grids import Cell, Grid
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Box, Line, PageTable
from holdfast.stages.parsing.readers.pdf.stacks import continues

TextIn = Callable[[Cell], str]
"""Returns the text within an area of the page."""

_INSET = 1.0
"""A character that touches a rule must not count for both of its cells."""
_LEAST_FILLED = 0.3
_FEWEST, _MOST = 0.9, 1.1
"""Letters in the table for each that stands in its place: outside of this, the plain text stays."""
_MOST_LINES_IN_CELL = 8
"""A taller cell is a frame drawn around something else."""
_LEAST_LINES = 3
_MANY_LINES = 6
_FEW_BANDS = 3
_FIRST_FILLED = 0.8


def ruled_tables(grids: Sequence[Grid], lines: Sequence[Line], text_in: TextIn) -> tuple[PageTable, ...]:
    """Return the tables that the grids of a page hold; a grid that would lose or double words is none."""
    found = (_table(grid, [line for line in lines if _stands_in(line, grid)], text_in) for grid in grids)
    return tuple(table for table in found if table is not None)


def _table(grid: Grid, lines: Sequence[Line], text_in: TextIn) -> PageTable | None:
    if len(lines) < 2:  # noqa: PLR2004 - one line is no table
        return None
    rows = [row for band in range(len(grid.cells)) for row in _rows(grid, band, lines, text_in)]
    if not _is_table(rows) or not _FEWEST <= _letters_kept(lines, rows) <= _MOST:
        return None
    return PageTable(
        box=Box(left=grid.xs[0], bottom=grid.ys[-1], right=grid.xs[-1], top=grid.ys[0]),
        rows=_with_labels(_without_empty([[" ".join(cell.split()) for cell in row] for row in rows])),
    )


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Tell a table from frames around text: most rows have two cells, and no cell holds a column of lines."""
    filled = [[cell for cell in row if cell.strip()] for row in rows]
    filled = [row for row in filled if row]
    if len(filled) < 2 or max(map(len, filled)) < 2:  # noqa: PLR2004 - one row or one column is no table
        return False
    wide = sum(len(row) > 1 for row in filled)
    tallest = max(cell.count("\n") + 1 for row in filled for cell in row)
    share = sum(map(len, filled)) / (len(filled) * max(map(len, filled)))
    return wide * 2 >= len(filled) and tallest <= _MOST_LINES_IN_CELL and share >= _LEAST_FILLED


def _rows(grid: Grid, band: int, lines: Sequence[Line], text_in: TextIn) -> list[list[str]]:
    """Return what stands between two horizontal rules: a row, or several that have no rules of their own."""
    cells = grid.cells[band]
    top, bottom = grid.ys[band], grid.ys[band + 1]
    heights = _lines_apart([line for line in lines if bottom < line.box.middle[1] < top])
    may_hold_rows = len(heights) >= (_LEAST_LINES if len(grid.cells) <= _FEW_BANDS else _MANY_LINES)
    if may_hold_rows and all(cell is None or cell.bottom >= bottom - _INSET for cell in cells):
        split = _split(cells, [top, *_between(heights), bottom], text_in)
        first_filled = sum(bool(row[0].strip()) for row in split)
        if first_filled >= len(split) * _FIRST_FILLED and median(sum(map(bool, row)) for row in split) > 1:
            return _with_continuations(split)
    return [[_text(cell, text_in) if cell is not None else "" for cell in cells]]


def _split(cells: Sequence[Cell | None], edges: Sequence[float], text_in: TextIn) -> list[list[str]]:
    return [
        [
            _text(Cell(left=cell.left, bottom=bottom, right=cell.right, top=top), text_in, inset=0)
            if cell is not None
            else ""
            for cell in cells
        ]
        for top, bottom in pairwise(edges)
    ]


def _with_continuations(rows: list[list[str]]) -> list[list[str]]:
    """Return the rows, one that begins with an empty cell being the second line of the one above."""
    joined: list[list[str]] = []
    for row in rows:
        if joined and not row[0].strip():
            joined[-1] = [f"{above} {cell}".strip() for above, cell in zip(joined[-1], row, strict=True)]
        else:
            joined.append(row)
    return joined


def _with_labels(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Return the rows, a label that goes on in a row of its own joined to the one above.

    Programs that shade each line of print draw what looks like a rule between the lines of one label.
    """
    joined: list[tuple[str, ...]] = []
    for row in rows:
        stands_alone = bool(row[0]) and not any(row[1:])
        if stands_alone and joined and any(joined[-1][1:]) and continues(joined[-1][0], row[0]):
            joined[-1] = (f"{joined[-1][0]} {row[0]}", *joined[-1][1:])
        else:
            joined.append(row)
    return tuple(joined)


def _lines_apart(lines: Sequence[Line]) -> list[tuple[float, float]]:
    """Return bottom and top of each line of print, top to bottom; cells side by side are on one."""
    apart: list[tuple[float, float]] = []
    for box in sorted((line.box for line in lines), key=lambda box: -box.middle[1]):
        if apart and box.middle[1] > apart[-1][0]:
            apart[-1] = (min(apart[-1][0], box.bottom), max(apart[-1][1], box.top))
        else:
            apart.append((box.bottom, box.top))
    return apart


def _between(heights: Sequence[tuple[float, float]]) -> Iterator[float]:
    for (bottom, _), (_, top) in pairwise(heights):
        yield (bottom + top) / 2


def _text(cell: Cell, text_in: TextIn, *, inset: float = _INSET) -> str:
    area = Cell(
        left=cell.left + _INSET, bottom=cell.bottom + inset, right=cell.right - _INSET, top=cell.top - inset
    )
    if area.left >= area.right or area.bottom >= area.top:
        return ""
    return re.sub(rf"{HYPHEN}\s*", HYPHEN, text_in(area).replace("\r\n", "\n")).strip()


def _stands_in(line: Line, grid: Grid) -> bool:
    x, y = line.box.middle
    return grid.xs[0] - _INSET <= x <= grid.xs[-1] + _INSET and grid.ys[-1] <= y <= grid.ys[0]


def _without_empty(rows: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the filled rows, without columns that are empty in all of them."""
    filled = [row for row in rows if any(row)]
    kept = [column for column in range(len(rows[0])) if any(row[column] for row in filled)]
    return tuple(tuple(row[column] for column in kept) for row in filled)


def _letters_kept(lines: Sequence[Line], rows: Sequence[Sequence[str]]) -> float:
    """Return how many letters and digits the table holds for each that stands in its place."""
    wanted = sum(len(_letters(line.text)) for line in lines)
    held = sum(len(_letters(cell)) for row in rows for cell in row)
    return held / wanted if wanted else 0.0


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)
