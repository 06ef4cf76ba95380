"""The laws of Lookups."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.domain.items import WorkItem
from holdfast.domain.rows import Facts
from holdfast.protocols import Lookups
from holdfast.testing.contracts.samples import ODD_TEXTS, an_item, shown


class LookupsContract:
    """Override `part`, and `item` with one for which a lookup brings rows."""

    @pytest.fixture
    def part(self) -> Lookups:
        """Return the lookups under test."""
        raise NotImplementedError("override the fixture `part`: return Lookups")

    @pytest.fixture
    def item(self) -> WorkItem:
        """Return an item for which there are rows."""
        raise NotImplementedError("override the fixture `item`: return an item that finds rows")

    def test_rows_name_their_lookup(self, part: Lookups, item: WorkItem) -> None:
        """A row is evidence: it can be cited by its lookup and its number."""
        facts = _fetched(part, item)
        assert facts.rows
        for row in facts.rows:
            assert row.document == f"lookup:{row.lookup}"
            assert row.text

    @pytest.mark.parametrize("question", ODD_TEXTS, ids=shown)
    def test_what_was_not_run_says_why(self, part: Lookups, question: str) -> None:
        """Whatever is asked, nothing is raised: a failed lookup is a reason, and the item goes on."""
        facts = _fetched(part, an_item(question))
        assert isinstance(facts, Facts)
        assert all(reason.strip() for reason in facts.skipped)

    def test_fetching_twice_brings_the_same(self, part: Lookups, item: WorkItem) -> None:
        """Lookups only read, also side by side."""

        async def side_by_side() -> list[Facts]:
            return await asyncio.gather(*(part.fetch(item) for _ in range(4)))

        first = _fetched(part, item)
        assert all(facts == first for facts in asyncio.run(side_by_side()))


def _fetched(part: Lookups, item: WorkItem) -> Facts:
    return asyncio.run(part.fetch(item))
