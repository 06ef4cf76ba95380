"""Rows of print to rows of a table: cells that wrap, headers of several lines, headings over columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from holdfast.stages.parsing.readers.pdf.columns import Cell, Columns
from holdfast.stages.parsing.readers.pdf.figures import is_figure, is_years
from holdfast.stages.parsing.readers.pdf.rules import Rule
from holdfast.stages.parsing.readers.pdf.words import Row

_TIGHT = 0.55
"""White between the lines of one cell, in sizes of type."""
_BAND_LINES = 4
_LEAST_BANDS = 4
_MOST_HEADER = 8
_MOST_UNRULED = 4
"""Lines of print that a header has without a rule below it."""
_UNFINISHED = re.compile(
    r"(?:[-,/&(\u2013]|\b(?:and|or|of|in|for|the|to|by|with|from|per|et|de|und))$", re.IGNORECASE
)
_SLACK = 4.0


@dataclass(slots=True, kw_only=True)
class _Line:
    row: Row
    cells: tuple[Cell, ...]
    texts: list[str] = field(default_factory=list)


def stacked(
    rows: Sequence[Row], filled: Sequence[tuple[Cell, ...]], model: Columns, rules: Sequence[Rule]
) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Return the table's rows, and how many of them are its header."""
    lines = [_Line(row=row, cells=row_cells) for row, row_cells in zip(rows, filled, strict=True)]
    head = _header_lines(lines, model, rules)
    header = _header(lines[:head], model, rules)
    body = _body(lines[head:], model, rules)
    return (*header, *body), len(header)


def _header_lines(lines: Sequence[_Line], model: Columns, rules: Sequence[Rule]) -> int:
    """Return how many lines of print the header has: down to a rule, or to the first row of numbers."""
    first = next((number for number, line in enumerate(lines) if _is_data(line)), None)
    limit = min(len(lines) - 1, _MOST_HEADER)
    left, right = min(line.row.left for line in lines), max(line.row.right for line in lines)
    full = [rule.at for rule in rules if rule.start <= left + _SLACK and rule.end >= right - _SLACK]
    for number in range(1, limit + 1):
        above, below = lines[number - 1].row, lines[number].row
        is_ruled = any(_middle(below) < at < _middle(above) for at in full)
        if is_ruled and (first is None or number <= first):
            return number
    if first is None or first > _MOST_UNRULED:
        return 1 if len(lines) > 2 and len(lines[0].cells) == len(model) else 0  # noqa: PLR2004
    return _without_groups(lines, min(first, limit))


def _without_groups(lines: Sequence[_Line], head: int) -> int:
    """Leave headings of groups, which stand in the first column alone, to the body."""
    while head and len(lines[head - 1].cells) == 1 and lines[head - 1].cells[0].column == 0:
        head -= 1
    return head


def _middle(row: Row) -> float:
    return (row.bottom + row.top) / 2


def _is_data(line: _Line) -> bool:
    later = [cell.text for cell in line.cells if cell.column > 0]
    numbers = [text for text in later if is_figure(text)]
    years = sum(map(is_years, numbers))
    if not later or 2 * len(numbers) < len(later) or years == len(numbers):
        return False
    return not _counts_up(numbers)


def _counts_up(numbers: Sequence[str]) -> bool:
    """Tell columns that are named 1, 2, 3."""
    values = [int(text) for text in numbers if text.isdecimal()]
    return len(values) == len(numbers) > 2 and all(b - a == 1 for a, b in pairwise(values))  # noqa: PLR2004


def _header(lines: Sequence[_Line], model: Columns, rules: Sequence[Rule]) -> tuple[tuple[str, ...], ...]:
    """Return the rows of column names: what stands below a name over several columns is a row lower."""
    levels = [0] * len(model)
    named: dict[tuple[int, int], str] = {}
    joinable: dict[tuple[int, int], int] = {}
    for line in lines:
        for cell in line.cells:
            first, last, is_closed = _span(cell, model, rules)
            level = max(levels[first : last + 1])
            if last > first:
                level = joinable.get((first, last), level)
                levels[first : last + 1] = [level + 1] * (last + 1 - first)
                joinable = {(first, last): level} if not is_closed else {}
            place = (level, first)
            named[place] = f"{named.get(place, '')} {cell.text}".strip()
    depth = max((level for level, _ in named), default=-1) + 1
    return tuple(
        tuple(named.get((level, column), "") for column in range(len(model))) for level in range(depth)
    )


def _span(cell: Cell, model: Columns, rules: Sequence[Rule]) -> tuple[int, int, bool]:
    """Return the columns that a name stands over, printed or by the rule below it, and whether one is."""
    left, right = cell.words[0].left, max(word.right for word in cell.words)
    bottom, top = min(word.bottom for word in cell.words), max(word.top for word in cell.words)
    below = [
        rule
        for rule in rules
        if bottom - 0.8 * (top - bottom) <= rule.at <= bottom + 0.3 * (top - bottom)
        and rule.start <= left + 2
        and right - 2 <= rule.end
    ]
    if not below:
        return cell.column, cell.last, False
    rule = min(below, key=lambda rule: rule.end - rule.start)
    reached = [
        column
        for column, (begin, end) in enumerate(model.edges)
        if rule.start - 2 <= (begin + end) / 2 <= rule.end + 2
    ]
    if not reached or len(reached) == len(model):
        return cell.column, cell.last, False
    return min(cell.column, reached[0]), max(cell.last, reached[-1]), True


def _body(lines: Sequence[_Line], model: Columns, rules: Sequence[Rule]) -> list[tuple[str, ...]]:
    for line in lines:
        line.texts = [""] * len(model)
        for cell in line.cells:
            line.texts[cell.column] = f"{line.texts[cell.column]} {cell.text}".strip()
    bands = _bands(lines, rules)
    if bands is not None:
        return [_joined(band) for band in bands]
    groups: list[list[_Line]] = []
    for line in lines:
        if groups and _goes_on(groups[-1][-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_joined(group) for group in groups]


def _joined(lines: Sequence[_Line]) -> tuple[str, ...]:
    return tuple(" ".join(filter(None, texts)) for texts in zip(*(line.texts for line in lines), strict=True))


def _bands(lines: Sequence[_Line], rules: Sequence[Rule]) -> list[list[_Line]] | None:
    """Return the lines between one rule and the next, when rules part the rows of the table."""
    if not lines:
        return None
    left, right = min(line.row.left for line in lines), max(line.row.right for line in lines)
    full = [rule.at for rule in rules if rule.start <= left + _SLACK and rule.end >= right - _SLACK]
    bands: list[list[_Line]] = [[]]
    above: _Line | None = None
    for line in lines:
        if above is not None and any(_middle(line.row) < at < _middle(above.row) for at in full):
            bands.append([])
        bands[-1].append(line)
        above = line
    if len(bands) < _LEAST_BANDS or max(map(len, bands)) > _BAND_LINES:
        return None
    return bands


def _goes_on(above: _Line, line: _Line) -> bool:
    """Tell the second line of cells that wrap from a row of its own."""
    if above.row.bottom - line.row.top > _TIGHT * line.row.em:
        return False
    filled = [column for column, text in enumerate(line.texts) if text]
    over = {column for column, text in enumerate(above.texts) if text}
    first = line.texts[0]
    if not first:
        is_text = set(filled) <= over and not any(is_figure(line.texts[column]) for column in filled)
        return is_text and any(continues(above.texts[column], line.texts[column]) for column in filled)
    if not over <= {0} and any(is_figure(text) for text in line.texts[1:] if text):
        return False
    return continues(above.texts[0], first)


def continues(label: str, following: str) -> bool:
    """Tell a label's second line from the next label, by how the first ends and the second begins."""
    return bool(label) and (following[0].islower() or following[0] == "(" or bool(_UNFINISHED.search(label)))
