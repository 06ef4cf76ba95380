"""Tables without a full grid: runs of rows whose words keep to columns, with rules as further evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import mean, median

from holdfast.stages.parsing.readers.pdf.columns import Cell, Columns, cells, columns, wide_gap
from holdfast.stages.parsing.readers.pdf.figures import is_figure
from holdfast.stages.parsing.readers.pdf.grids import joined
from holdfast.stages.parsing.readers.pdf.page import Box, Line, PageTable
from holdfast.stages.parsing.readers.pdf.rules import Rule
from holdfast.stages.parsing.readers.pdf.stacks import stacked
from holdfast.stages.parsing.readers.pdf.words import Row, common_space, lanes, phrases, rows

_MOST_WORDS = 6000
_FARTHEST = 20_000.0
"""Pages with more words, or so large, are plans and hostile files: their text is read without tables."""
_LONE_ROWS = 3
"""Rows of one phrase that a table may have in a row: group headings, wrapped labels."""
_GROUP_GAP = 2.6
"""Heights of type that groups of rows stand apart."""
_RULED_GAP = 6.0
_SPAN = 0.6
"""Share of a table's width that a rule crosses to belong to it."""
_CAPTION = re.compile(
    r"^(?:tab(?:le|leau|elle|la|ella)|fig(?:ure|\.)?|chart|exhibit)\s+[\w.-]+", re.IGNORECASE
)
_MARK = re.compile(r"^(?:[^\w\s]{1,2}|\(?\w{1,3}[.)]|\[\w{1,8}\]|\d{1,3}(?:\.\d{1,3})*\.?)$")
_LEADERS = re.compile(r"(?:\.\s?){4,}\d*$|…{2,}")
_NUMERIC = 0.5
_LEAST_ROWS = 3
_RULED_CELL = 70
_SHORT_CELL = 28
_SHORT_LABEL = 20
_ACROSS = 0.2
_LEAST_FILLED = 0.45
_NAMING_ROWS = 5
_NAME_WORDS = 8
_PROSE = 40
_SLACK = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """The rules of a page, drawn together, and its usual space between words in sizes of type."""

    across: tuple[Rule, ...]
    down: tuple[Rule, ...]
    space: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Rows that may be a table, and what columns they keep to."""

    rows: tuple[Row, ...]
    model: Columns
    filled: tuple[tuple[Cell, ...], ...]


def aligned_tables(lines: Sequence[Line], rules: Sequence[Rule]) -> tuple[PageTable, ...]:
    """Return the tables that stand in lines of a page."""
    if sum(len(line.words) for line in lines) > _MOST_WORDS or any(map(_is_far_out, lines)):
        return ()
    page_rows = rows([line.words for line in lines])
    space = common_space(page_rows)
    ruling = Ruling(
        across=tuple(joined([rule for rule in rules if rule.horizontal])),
        down=tuple(joined([rule for rule in rules if not rule.horizontal])),
        space=space,
    )
    found = (
        table
        for lane in lanes(page_rows)
        for candidate in _candidates(lane, ruling.across, space)
        for table in _tables(candidate, lane, ruling)
    )
    return tuple(table for table in found if not _cuts_lines(table, lines))


def _is_far_out(line: Line) -> bool:
    return max(map(abs, (line.box.left, line.box.bottom, line.box.right, line.box.top))) > _FARTHEST


def _cuts_lines(table: PageTable, lines: Sequence[Line]) -> bool:
    """Tell a table that would take a part of a line only: the rest would be lost."""
    return any(0 < sum(word.order in table.words for word in line.words) < len(line.words) for line in lines)


def _tables(found: Sequence[Row], lane: Sequence[Row], ruling: Ruling) -> Iterator[PageTable]:
    run = _run(found, ruling)
    if run is not None and _is_table(run, ruling.across):
        yield from _built(_with_names(run, lane, ruling.across, ruling.space), ruling.across)
        return
    for part in _parts(found):
        yield from _tables(part, lane, ruling)


def _with_names(run: Run, lane: Sequence[Row], rules: Sequence[Rule], space: float) -> Run:
    """Return the run with the rows above it, up to a rule, that name several of its columns together."""
    first = lane.index(run.rows[0])
    left, right = min(row.left for row in run.rows), max(row.right for row in run.rows)
    wide = [rule.at for rule in rules if rule.start <= left + _SLACK and rule.end >= right - _SLACK]
    above: list[Row] = []
    below = run.rows[0]
    for row in reversed(lane[max(0, first - _NAMING_ROWS) : first]):
        if any(_middle(below) < at < _middle(row) for at in wide):
            break
        if row.bottom - below.top > row.em or row.left < left - row.em or row.right > right + row.em:
            break
        if _CAPTION.match(row.text) or _MARK.match(row.words[0].text):
            break
        above.insert(0, row)
        below = row
    if not above or not any(0 < at - _middle(above[0]) < 2 * above[0].em for at in wide):
        above = [row for row in above if len(row.words) <= _NAME_WORDS and run.model.at(row.left) > 0]
    filled = tuple(cells(row, run.model, space) for row in above)
    return Run(rows=(*above, *run.rows), model=run.model, filled=(*filled, *run.filled))


def _parts(found: Sequence[Row]) -> tuple[Sequence[Row], ...]:
    """Return the rows cut at the largest gap between them, empty when none stands out."""
    if len(found) < 2 * _LEAST_ROWS:
        return ()
    gaps = [above.bottom - row.top for above, row in pairwise(found)]
    largest = max(range(len(gaps)), key=gaps.__getitem__)
    if gaps[largest] < median(gaps) + 0.4 * found[0].em:
        return ()
    return found[: largest + 1], found[largest + 1 :]


def _candidates(lane: Sequence[Row], rules: Sequence[Rule], space: float) -> Iterator[list[Row]]:
    """Yield runs of rows most of which have more than one phrase."""
    wide = wide_gap(lane, space)
    run: list[Row] = []
    lone = 0
    for row in lane:
        is_tabular = len(phrases(row, wide)) > 1 and not _CAPTION.match(row.text)
        gap = (run[-1].bottom - row.top) / row.em if run else 0.0
        ruled = bool(run) and any(
            row.top <= rule.at + 2 <= run[-1].bottom + 4 and _spans(rule, run[-1]) for rule in rules
        )
        is_prose = bool(run) and not is_tabular and len(row.text) > _PROSE and _is_wider(row, run)
        if run and (is_prose or gap > (_RULED_GAP if ruled else _GROUP_GAP)):
            yield run[: len(run) - lone]
            run, lone = [], 0
        if is_tabular:
            run.append(row)
            lone = 0
        elif run:
            run.append(row)
            lone += 1
            if lone > _LONE_ROWS:
                yield run[: len(run) - lone]
                run, lone = [], 0
    yield run[: len(run) - lone]


def _is_wider(row: Row, run: Sequence[Row]) -> bool:
    """Tell a line of text below a table, which reaches further than the table."""
    return row.right > max(each.right for each in run) + 2 * row.em


def _spans(rule: Rule, row: Row) -> bool:
    both = min(rule.end, row.right) - max(rule.start, row.left)
    return both >= _SPAN * (row.right - row.left)


def _run(found: Sequence[Row], ruling: Ruling) -> Run | None:
    if len(found) < 2:  # noqa: PLR2004 - one row is no table
        return None
    top, bottom = found[0].top, found[-1].bottom
    walls = [
        rule.at
        for rule in ruling.down
        if min(rule.end, top) - max(rule.start, bottom) >= _SPAN * (top - bottom)
    ]
    model = columns(found, wide_gap(found, ruling.space), walls)
    if model is None:
        return None
    filled = tuple(cells(row, model, ruling.space) for row in found)
    first = next((n for n, row in enumerate(filled) if len(row) > 1), 0)
    last = max((n for n, row in enumerate(filled) if len(row) > 1), default=0)
    return Run(rows=tuple(found[first : last + 1]), model=model, filled=filled[first : last + 1])


def _is_table(run: Run, rules: Sequence[Rule]) -> bool:
    """Weigh the evidence: numbers, short cells, rules above and below; against: prose, lists, leaders."""
    several = [row for row in run.filled if len(row) > 1]
    ruled = _rules_of(run, rules)
    if len(several) < (2 if len(ruled) > 1 else _LEAST_ROWS) or len(several) < 0.5 * len(run.filled):
        return False
    across = sum(any(cell.last > cell.column for cell in row) for row in several)
    if across > max(2, len(several) * _ACROSS):
        return False
    if sum(bool(_LEADERS.search(cell.text)) for row in several for cell in row) >= len(several) * 0.5:
        return False
    later = [cell.text for row in several for cell in row if cell.column > 0]
    if not later:
        return False
    numeric = sum(map(is_figure, later)) / len(later)
    if numeric >= _NUMERIC:
        return True
    return _keeps_like_a_table(run, several, ruled)


def _keeps_like_a_table(run: Run, several: Sequence[Sequence[Cell]], ruled: Sequence[Rule]) -> bool:
    """Tell a table of words from columns of prose and from lists."""
    width = len(run.model)
    texts = [
        [cell.text for row in several for cell in row if cell.column == column] for column in range(width)
    ]
    lengths = [mean(map(len, column)) if column else 0.0 for column in texts]
    if texts[0] and sum(bool(_MARK.match(text)) for text in texts[0]) >= len(texts[0]) * 0.6:
        return False
    filled = sum(map(len, several)) / (len(several) * width)
    if filled < _LEAST_FILLED:
        return False
    if len(ruled) > 1:
        return max(lengths) <= _RULED_CELL and len(several) >= _LEAST_ROWS
    if width > 2:  # noqa: PLR2004
        return max(lengths) <= _SHORT_CELL and len(several) > _LEAST_ROWS
    return max(lengths) <= _SHORT_CELL and min(lengths) <= _SHORT_LABEL and len(several) >= _LEAST_ROWS + 2


def _middle(row: Row) -> float:
    return (row.bottom + row.top) / 2


def _rules_of(run: Run, rules: Sequence[Rule]) -> list[Rule]:
    """Return the rules that cross the run or bound it."""
    left, right = min(row.left for row in run.rows), max(row.right for row in run.rows)
    slack = 2.5 * run.rows[0].em
    top, bottom = run.rows[0].top + slack, run.rows[-1].bottom - slack
    return [
        rule
        for rule in rules
        if bottom <= rule.at <= top and min(rule.end, right) - max(rule.start, left) >= _SPAN * (right - left)
    ]


def _built(run: Run, rules: Sequence[Rule]) -> Iterator[PageTable]:
    inner = [
        rule
        for rule in rules
        if run.rows[-1].bottom <= rule.at <= run.rows[0].top and rule.start < run.rows[0].right
    ]
    box = Box(
        left=min(row.left for row in run.rows),
        bottom=min(row.bottom for row in run.rows),
        right=max(row.right for row in run.rows),
        top=max(row.top for row in run.rows),
    )
    table_rows, header_rows = stacked(run.rows, run.filled, run.model, inner)
    words = frozenset(word.order for row in run.rows for word in row.words)
    whole = PageTable(box=box, rows=table_rows, header_rows=header_rows, words=words)
    yield from unfolded(whole, run.model.cuts)


def unfolded(table: PageTable, cuts: Sequence[float]) -> Iterator[PageTable]:
    """Yield the tables that one is which goes on beside itself, its header repeated; else the table."""
    period = _period(table)
    width = len(cuts) + 1
    if period is None or len(table.rows[0]) != width:
        yield table
        return
    edges = [table.box.left, *cuts, table.box.right]
    for first in range(0, width, period):
        part = [row[first : first + period] for row in table.rows]
        box = Box(left=edges[first], bottom=table.box.bottom, right=edges[first + period], top=table.box.top)
        filled = tuple(row for row in part if any(row))
        yield replace(table, box=box, rows=filled)


def _period(table: PageTable) -> int | None:
    header = [cell.casefold() for cell in table.rows[0]]
    if table.header_rows != 1 or not all(header):
        return None
    for period in range(2, len(header) // 2 + 1):
        if len(header) % period == 0 and header == header[:period] * (len(header) // period):
            return period
    return None
