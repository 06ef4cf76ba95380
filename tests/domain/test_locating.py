"""Where a span of the canonical text stands."""

from __future__ import annotations

import pytest

from holdfast.domain.documents import Section, SectionKind
from holdfast.domain.locating import locate_span
from holdfast.domain.locators import Locator


def sheet(*cells: str) -> tuple[Section, ...]:
    """A table of one-letter rows, one line each."""
    return (
        Section(
            start=0, end=2 * len(cells), kind=SectionKind.TABLE, locator=Locator(sheet="S"),
            row_starts=tuple(range(0, 2 * len(cells), 2)),
            row_locators=tuple(Locator(sheet="S", cells=one) for one in cells),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "start", "end", "told"),
    [
        (("A1:C1", "A2:C2", "A3:C3"), 0, 6, "A1:C3"),
        (("A1:C1", "A2:C2", "A3:C3"), 2, 4, "A2:C2"),
        (("A9:B9", "B10:AA10"), 0, 4, "A9:AA10"),
        (("B2",), 0, 2, "B2"),
        (("A1", "named range"), 0, 4, "A1"),
    ],
)
def test_rows_of_a_sheet_are_told_by_the_range_around_them(
    cells: tuple[str, ...], start: int, end: int, told: str
) -> None:
    assert locate_span(sheet(*cells), start, end).cells == told


def test_other_places_are_told_by_their_beginning() -> None:
    pages = (
        Section(start=0, end=5, locator=Locator(page=1)),
        Section(start=5, end=9, locator=Locator(page=2)),
    )
    assert locate_span(pages, 3, 8) == Locator(page=1)
    assert locate_span((), 3, 8) == Locator()
