"""Filled or framed areas beside the text of a PDF page: sidebars, whose lines are no part of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from holdfast.stages.parsing.readers.pdf.page import Box, Line, PageTable
from holdfast.stages.parsing.readers.pdf.turns import Corners
from holdfast.stages.parsing.readers.pdf.words import Word

_MOST_SHARE = 0.35
"""Of the page: a larger area is its ground, or that of a half of it."""
_WITHIN = 0.5
_MOST_AREAS = 6
"""More of them on one page are a form, a plan or the cells of a table."""
_BEYOND = 2.0
_LEAST_ROWS = 3
_ROWS_BESIDE = 2
_LEAST_CHARS = 12
"""Characters that a row of a sidebar has in the mean: cells have fewer."""
_MOST_WORDS = 6000


def beside_text(
    lines: Sequence[Line], areas: Sequence[Corners], tables: Sequence[PageTable], size: tuple[float, float]
) -> tuple[Line, ...]:
    """Return the lines cut where they reach into an area beside the text, those within told by its number.

    `areas`: left, bottom, right and top of what the page fills or frames; `size`: its width and height.
    """
    if not areas or sum(len(line.words) for line in lines) > _MOST_WORDS:
        return tuple(lines)
    free = [line for line in lines if not any(table.holds(line) for table in tables)]
    found = [
        area
        for area in _outermost(areas, size)
        if not any(_holds(area, table.box) for table in tables) and _is_sidebar(area, free)
    ]
    if not found or len(found) > _MOST_AREAS:
        return tuple(lines)
    held = set(map(id, free))
    return tuple(part for line in lines for part in (_cut(line, found) if id(line) in held else (line,)))


def _outermost(areas: Sequence[Corners], size: tuple[float, float]) -> list[Corners]:
    """Return the areas that are no ground of the page, without those within others, each once."""
    most = _MOST_SHARE * size[0] * size[1]
    kept: list[Corners] = []
    for area in sorted(set(areas), key=_extent, reverse=True):
        within = any(_overlap(area, other) > _WITHIN * _extent(area) for other in kept)
        if _extent(area) <= most and not within:
            kept.append(area)
    return kept


def _is_sidebar(area: Corners, lines: Sequence[Line]) -> bool:
    """Tell an area that holds whole rows of print, with rows of print beside it."""
    left, bottom, right, top = area
    level = [word for line in lines for word in line.words if bottom < (word.bottom + word.top) / 2 < top]
    inside = [word for word in level if _has(area, word)]
    outside = [word for word in level if not _has(area, word)]
    if any(word.left < left - _BEYOND or word.right > right + _BEYOND for word in inside):
        return False
    if any(word.left < right - _BEYOND and word.right > left + _BEYOND for word in outside):
        return False
    rows = _rows(inside)
    chars = sum(len(word.text) for word in inside)
    return rows >= _LEAST_ROWS and chars >= _LEAST_CHARS * rows and _rows(outside) >= _ROWS_BESIDE


def _rows(words: Iterable[Word]) -> int:
    """Return on how many heights the words stand."""
    count, floor = 0, float("inf")
    for word in sorted(words, key=lambda word: -(word.bottom + word.top)):
        middle = (word.bottom + word.top) / 2
        if middle < floor:
            count, floor = count + 1, word.bottom
    return count


def _has(area: Corners, word: Word) -> bool:
    left, bottom, right, top = area
    return left < (word.left + word.right) / 2 < right and bottom < (word.bottom + word.top) / 2 < top


def _holds(area: Corners, box: Box) -> bool:
    return _overlap(area, (box.left, box.bottom, box.right, box.top)) > 0


def _overlap(one: Corners, other: Corners) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _extent(area: Corners) -> float:
    return (area[2] - area[0]) * (area[3] - area[1])


def _cut(line: Line, areas: Sequence[Corners]) -> Iterator[Line]:
    parts: dict[int, list[Word]] = {}
    for word in line.words:
        place = next((number for number, area in enumerate(areas, 1) if _has(area, word)), 0)
        parts.setdefault(place, []).append(word)
    if len(parts) < 2:  # noqa: PLR2004 - a line that stands wholly in one place
        yield replace(line, area=next(iter(parts), 0))
        return
    for place, words in parts.items():
        yield replace(line.of(words), area=place)
