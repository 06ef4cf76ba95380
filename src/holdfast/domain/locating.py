"""Find the place of an offset of the canonical text among the sections that tile it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from holdfast.domain.documents import Section
from holdfast.domain.locators import NOWHERE, Locator

_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def locate(sections: Sequence[Section], offset: int) -> Locator:
    """Return the locator of the character at `offset`: of its row where rows have one of their own.

    An offset at or behind the end of the text has the locator of the last character.
    """
    section = section_at(sections, offset)
    if section is None:
        return NOWHERE
    if not section.row_locators:
        return section.locator
    row = max(0, bisect_right(section.row_starts, offset) - 1)
    return section.row_locators[min(row, len(section.row_locators) - 1)]


def locate_span(sections: Sequence[Section], start: int, end: int) -> Locator:
    """Return the locator where the text from `start` begins; of rows of a sheet, the range around them."""
    first, last = locate(sections, start), locate(sections, max(start, end - 1))
    if (
        first.cells is None
        or last.cells is None
        or (first.sheet, first.heading) != (last.sheet, last.heading)
    ):
        return first
    corners = [*first.cells.split(":"), *last.cells.split(":")]
    return replace(first, cells=_around(corners))


def _around(corners: Sequence[str]) -> str:
    """Return the smallest range that holds these cells: `A2`, `C2`, `A9`, `B9` lie in `A2:C9`."""
    cells = [match.groups() for corner in corners if (match := _CELL.fullmatch(corner))]
    if len(cells) < len(corners):
        return corners[0]
    columns = sorted({column for column, _ in cells}, key=lambda column: (len(column), column))
    rows = sorted({int(row) for _, row in cells})
    low, high = f"{columns[0]}{rows[0]}", f"{columns[-1]}{rows[-1]}"
    return low if low == high else f"{low}:{high}"


def section_at(sections: Sequence[Section], offset: int) -> Section | None:
    """Return the section that holds the character at `offset`, None when there are no sections."""
    if not sections:
        return None
    return sections[max(0, bisect_right(sections, offset, key=_start) - 1)]


def _start(section: Section) -> int:
    return section.start
