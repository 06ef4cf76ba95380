"""Columns of text that a PDF writes line by line across: read one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from holdfast.stages.parsing.readers.pdf.columns import Columns, columns, wide_gap
from holdfast.stages.parsing.readers.pdf.figures import is_figure
from holdfast.stages.parsing.readers.pdf.page import HYPHEN, Line, PageTable
from holdfast.stages.parsing.readers.pdf.words import Row, Word, common_space, is_apart, phrases, row_of

_MOST_WORDS = 6000
_LEAST_LINES = 6
_MOST_COLUMNS = 3
_LEAST_CHARS = 22
"""Characters that lines of a column of text have in the mean: cells of a table have fewer."""
_MOST_FIGURES = 0.15
_LONE = 2
"""Lines in a row without a gap: the end of a column that is shorter than the one beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Across:
    """Lines that follow one another on one line of print, and their words as a row."""

    lines: tuple[Line, ...]
    row: Row | None


def in_columns(lines: Sequence[Line], tables: Sequence[PageTable]) -> tuple[Line, ...]:
    """Return the lines in the order of reading; those that reach over several columns are cut.

    What stands in an area beside the text follows the line that it followed as it was written.
    """
    if any(line.area for line in lines):
        return _with_areas(lines, in_columns([line for line in lines if not line.area], tables))
    if sum(len(line.words) for line in lines) > _MOST_WORDS:
        return tuple(lines)
    across = [_across(group, tables) for group in _on_one_line(lines)]
    space = common_space(each.row for each in across if each.row is not None)
    gaps = [
        each.row is not None and len(phrases(each.row, wide_gap([each.row], space))) > 1 for each in across
    ]
    if sum(gaps) < _LEAST_LINES:
        return tuple(lines)
    ordered: list[Line] = []
    at = 0
    for start, end in _runs(gaps):
        ordered += [line for each in across[at:start] for line in each.lines]
        ordered += _one_by_one(across[start:end], space)
        at = end
    return (*ordered, *(line for each in across[at:] for line in each.lines))


def _with_areas(lines: Sequence[Line], text: Sequence[Line]) -> tuple[Line, ...]:
    """Return lines of text with each area whole in front of what was written behind its first line."""
    places = {word.order: number for number, line in enumerate(text) for word in line.words}
    in_front: dict[int, list[Line]] = {}
    for area in dict.fromkeys(line.area for line in lines if line.area):
        first = next(number for number, line in enumerate(lines) if line.area == area)
        behind = (places.get(word.order) for line in lines[first:] if not line.area for word in line.words)
        place = next((place for place in behind if place is not None), len(text))
        in_front.setdefault(place, []).extend(line for line in lines if line.area == area)
    ordered = [part for number, line in enumerate(text) for part in (*in_front.get(number, ()), line)]
    return (*ordered, *in_front.get(len(text), ()))


def _on_one_line(lines: Sequence[Line]) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in lines:
        follows = (
            group
            and group[-1].words
            and line.words
            and not is_apart(group[-1].words[-1], line.words[0])
            and line.box.left > group[-1].box.right
        )
        if group and not follows:
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _across(lines: Sequence[Line], tables: Sequence[PageTable]) -> _Across:
    """Return lines with their row, which those of a table, of a word or of a hyphen's two lines lack."""
    words = [word for line in lines for word in line.words]
    is_one = len(words) > 1 and not any(word.text.endswith(HYPHEN) for word in words[:-1])
    if not is_one or any(table.holds(line) for table in tables for line in lines):
        return _Across(lines=tuple(lines), row=None)
    return _Across(lines=tuple(lines), row=row_of(words))


def _runs(gaps: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield first and behind the last of stretches with enough gaps and few lines between them without."""
    start, last, count = 0, -1, 0
    for number, has_gap in enumerate([*gaps, *[False] * (_LONE + 1)]):
        if has_gap:
            if not count:
                start = number
            last, count = number, count + 1
        elif count and number - last > _LONE:
            if count >= _LEAST_LINES:
                yield start, last + 1
            count = 0


def _one_by_one(across: Sequence[_Across], space: float) -> list[Line]:
    """Return the lines column by column when they are columns of text, else as they are."""
    unchanged = [line for each in across for line in each.lines]
    rows = [each.row for each in across if each.row is not None]
    model = columns(rows, wide_gap(rows, space))
    if model is None or len(model) > _MOST_COLUMNS:
        return unchanged
    parts: list[list[Line]] = [[] for _ in range(len(model))]
    for line in unchanged:
        cut = _cut(line, model)
        if cut is None:
            return unchanged
        for column, part in cut:
            parts[column].append(part)
    if not all(map(_is_prose, parts)):
        return unchanged
    return [part for column in parts for part in column]


def _cut(line: Line, model: Columns) -> list[tuple[int, Line]] | None:
    """Return a line's parts with their columns, None when a word stands across a cut."""
    found: dict[int, list[Word]] = {}
    for word in line.words:
        if any(word.left + 1 < cut < word.right - 1 for cut in model.cuts):
            return None
        found.setdefault(model.at((word.left + word.right) / 2), []).append(word)
    if len(found) == 1:
        return [(next(iter(found)), line)]
    return [(column, line.of(words)) for column, words in found.items()]


def _is_prose(lines: Sequence[Line]) -> bool:
    if len(lines) < _LEAST_LINES:
        return False
    figures = sum(is_figure(line.text) for line in lines)
    return mean(len(line.text) for line in lines) >= _LEAST_CHARS and figures <= _MOST_FIGURES * len(lines)
