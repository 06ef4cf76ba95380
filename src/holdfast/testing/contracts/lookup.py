"""The laws of a Lookup."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.domain.items import WorkItem
from holdfast.domain.rows import Row
from holdfast.protocols import Lookup
from holdfast.testing.contracts.samples import ODD_TEXTS, an_item, shown


class LookupContract:
    """Override `part`, and `item` with one for which it brings rows."""

    @pytest.fixture
    def part(self) -> Lookup:
        """Return the lookup under test."""
        raise NotImplementedError("override the fixture `part`: return a Lookup")

    @pytest.fixture
    def item(self) -> WorkItem:
        """Return an item for which there are rows."""
        raise NotImplementedError("override the fixture `item`: return an item that finds rows")

    def test_rows_can_be_cited(self, part: Lookup, item: WorkItem) -> None:
        """Each carries the lookup's name, values as text, and its number from 1."""
        rows = _fetched(part, item)
        assert rows
        assert not isinstance(rows, str), rows
        assert part.name
        for number, row in enumerate(rows, 1):
            assert row.lookup == part.name
            assert row.values
            assert all(isinstance(value, str) for pair in row.values.items() for value in pair)
            assert row.locator.row == number

    @pytest.mark.parametrize("question", ODD_TEXTS, ids=shown)
    def test_what_was_not_run_says_why(self, part: Lookup, question: str) -> None:
        """An item that holds nothing to look up gets words or rows, and raises nothing."""
        brought = _fetched(part, an_item(question))
        assert isinstance(brought, tuple) or brought.strip()

    def test_fetching_twice_brings_the_same(self, part: Lookup, item: WorkItem) -> None:
        """A lookup only reads, also side by side."""

        async def side_by_side() -> list[tuple[Row, ...] | str]:
            return await asyncio.gather(*(part.fetch(item) for _ in range(4)))

        first = _fetched(part, item)
        assert all(rows == first for rows in asyncio.run(side_by_side()))


def _fetched(part: Lookup, item: WorkItem) -> tuple[Row, ...] | str:
    return asyncio.run(part.fetch(item))
