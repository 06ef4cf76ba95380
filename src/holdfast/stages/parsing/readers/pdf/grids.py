"""Rules to grids: where a page's ruled tables stand, and where their rows, columns and merged cells are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from holdfast.stages.parsing.readers.pdf.rules import Rule

_SNAP = 2.5
"""Rules nearer than this are one, drawn twice."""
_GAP = 3.0
"""A line may be drawn in pieces so far apart, and miss the line it should meet by so much."""
_OPEN_SIDE = 12.0
"""Horizontal rules that reach so far beyond the outermost vertical one bound a column without a rule."""
_MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A ruled table: its lines, and the area of each cell."""

    xs: tuple[float, ...]
    """Column boundaries, left to right."""
    ys: tuple[float, ...]
    """Row boundaries, top to bottom."""
    cells: tuple[tuple[Cell | None, ...], ...]
    """By row and column; None where a merged cell goes on that began left or above."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The area of one cell, merged ones whole."""

    left: float
    bottom: float
    right: float
    top: float


def grids(rules: Sequence[Rule]) -> tuple[Grid, ...]:
    """Return the grids that the rules of a page form, top to bottom."""
    across = joined([rule for rule in rules if rule.horizontal])
    down = joined([rule for rule in rules if not rule.horizontal])
    found = [grid for group in _connected(across, down) if (grid := _grid(*group)) is not None]
    return tuple(sorted(found, key=lambda grid: -grid.ys[0]))


def joined(rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules with those on one line drawn together."""
    whole: list[Rule] = []
    for line in _on_one_line(rules):
        at = sum(rule.at for rule in line) / len(line)
        pieces = sorted(line, key=lambda rule: rule.start)
        start, end = pieces[0].start, pieces[0].end
        for piece in pieces[1:]:
            if piece.start > end + _GAP:
                whole.append(Rule(horizontal=piece.horizontal, at=at, start=start, end=end))
                start, end = piece.start, piece.end
            end = max(end, piece.end)
        whole.append(Rule(horizontal=pieces[0].horizontal, at=at, start=start, end=end))
    return whole


def _on_one_line(rules: Sequence[Rule]) -> Iterator[list[Rule]]:
    line: list[Rule] = []
    for rule in sorted(rules, key=lambda rule: rule.at):
        if line and rule.at - line[0].at > _SNAP:
            yield line
            line = []
        line.append(rule)
    if line:
        yield line


def _connected(across: list[Rule], down: list[Rule]) -> Iterator[tuple[list[Rule], list[Rule]]]:
    """Yield the groups of rules that meet one another."""
    open_across, open_down = set(range(len(across))), set(range(len(down)))
    while open_across:
        waiting = [open_across.pop()]
        group_across, group_down = list(waiting), list[int]()
        while waiting:
            number = waiting.pop()
            for crossing in [each for each in open_down if _meet(across[number], down[each])]:
                open_down.discard(crossing)
                group_down.append(crossing)
                for other in [each for each in open_across if _meet(across[each], down[crossing])]:
                    open_across.discard(other)
                    group_across.append(other)
                    waiting.append(other)
        yield [across[number] for number in group_across], [down[number] for number in group_down]


def _meet(across: Rule, down: Rule) -> bool:
    return (
        down.start - _GAP <= across.at <= down.end + _GAP
        and across.start - _GAP <= down.at <= across.end + _GAP
    )


def _grid(across: list[Rule], down: list[Rule]) -> Grid | None:
    """Return the grid of one group, None when it has not two rows or two columns."""
    ys = _places(across)[::-1]
    xs = _places(down)
    if len(ys) < 2 or not xs:  # noqa: PLR2004 - two lines bound one row
        return None
    left, right = min(rule.start for rule in across), max(rule.end for rule in across)
    down = list(down)
    for side in (left, right):  # tables whose outer columns have no rule at the side
        if min(abs(side - x) for x in xs) > _OPEN_SIDE:
            xs = sorted([*xs, side])
            down.append(Rule(horizontal=False, at=side, start=ys[-1], end=ys[0]))
    rows, columns = len(ys) - 1, len(xs) - 1
    if columns < 2 or rows * columns > _MOST_CELLS:  # noqa: PLR2004 - one column is no table
        return None
    return Grid(xs=tuple(xs), ys=tuple(ys), cells=_cells(xs, ys, across, down))


def _places(rules: list[Rule]) -> list[float]:
    places: list[float] = []
    for place in sorted(rule.at for rule in rules):
        if not places or place - places[-1] > _SNAP:
            places.append(place)
    return places


def _cells(
    xs: list[float], ys: list[float], across: list[Rule], down: list[Rule]
) -> tuple[tuple[Cell | None, ...], ...]:
    """Return the cells, each as far as no rule parts it from its neighbours to the right and below."""
    taken: set[tuple[int, int]] = set()
    walls = {x: [rule for rule in down if abs(rule.at - x) <= _SNAP] for x in xs}
    floors = {y: [rule for rule in across if abs(rule.at - y) <= _SNAP] for y in ys}
    cells: list[list[Cell | None]] = [[None] * (len(xs) - 1) for _ in range(len(ys) - 1)]
    for row, (top, bottom) in enumerate(pairwise(ys)):
        for column, (left, right) in enumerate(pairwise(xs)):
            if (row, column) in taken:
                continue
            last_column = column
            while last_column + 2 < len(xs) and not _covers(walls[xs[last_column + 1]], (top + bottom) / 2):
                last_column += 1
            last_row = row
            while last_row + 2 < len(ys) and not _covers(floors[ys[last_row + 1]], (left + right) / 2):
                last_row += 1
            taken |= {(r, c) for r in range(row, last_row + 1) for c in range(column, last_column + 1)}
            cells[row][column] = Cell(left=left, bottom=ys[last_row + 1], right=xs[last_column + 1], top=top)
    return tuple(map(tuple, cells))


def _covers(rules: list[Rule], place: float) -> bool:
    return any(rule.start - _GAP <= place <= rule.end + _GAP for rule in rules)
