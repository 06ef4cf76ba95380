"""Find the place of an offset of the canonical text among the sections that tile it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from holdfast.domain.documents import Section
from holdfast.domain.locators import NOWHERE, Locator


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


def section_at(sections: Sequence[Section], offset: int) -> Section | None:
    """Return the section that holds the character at `offset`, None when there are no sections."""
    if not sections:
        return None
    return sections[max(0, bisect_right(sections, offset, key=_start) - 1)]


def _start(section: Section) -> int:
    return section.start
