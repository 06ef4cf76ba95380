"""The laws of a Retriever."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.protocols import Retriever
from holdfast.testing.contracts.library import ANA, BEN, COMMON, EVE, Volume, library, visible
from holdfast.testing.contracts.samples import ODD_TEXTS, an_item, shown

WHO = pytest.mark.parametrize("principal", [ANA, BEN, EVE], ids=lambda one: one.user)


class RetrieverContract:
    """Override `part` with a retriever that finds among the volumes of the fixture `volumes`."""

    @pytest.fixture
    def volumes(self) -> tuple[Volume, ...]:
        """Return what there is to be found."""
        return library()

    @pytest.fixture
    def part(self, volumes: tuple[Volume, ...]) -> Retriever:
        """Return the retriever under test."""
        raise NotImplementedError(
            f"override the fixture `part`: return a Retriever over the {len(volumes)} volumes"
        )

    @WHO
    def test_only_what_the_principal_may_see_is_found(
        self, part: Retriever, volumes: tuple[Volume, ...], principal: Principal
    ) -> None:
        """Closed documents match best here; those they are closed to get others."""
        hits = _found(part, an_item(COMMON, principal=principal)).hits
        assert hits
        assert {hit.document for hit in hits} <= visible(volumes, principal)

    def test_hits_come_best_first_and_once(self, part: Retriever) -> None:
        """By their fused score."""
        hits = _found(part, an_item("torque of screw 3", principal=BEN)).hits
        assert all(one.score >= other.score for one, other in pairwise(hits))
        assert len({hit.chunk_id for hit in hits}) == len(hits)

    def test_the_best_match_is_found(self, part: Retriever) -> None:
        """The chunk that says the question word for word is the first."""
        item = an_item("screw 3 in the open manual of pump 3", principal=ANA)
        assert _found(part, item).hits[0].document == "open/3.md"

    def test_it_says_what_it_searched_for(self, part: Retriever) -> None:
        """The queries are kept for whoever asks why something was found or not."""
        assert _found(part, an_item(COMMON)).queries

    @pytest.mark.parametrize("question", ODD_TEXTS, ids=shown)
    def test_no_question_is_too_odd_to_retrieve_for(self, part: Retriever, question: str) -> None:
        """It finds something or nothing, and raises nothing."""
        assert isinstance(_found(part, an_item(question)), Retrieved)

    def test_items_at_the_same_time_do_not_mix(self, part: Retriever) -> None:
        """Each gets what it would get alone, and what its own principal may see."""
        items = [an_item(COMMON, principal=principal) for principal in (ANA, BEN, EVE)] * 3

        async def all_at_once() -> list[Retrieved]:
            return await asyncio.gather(*(part.retrieve(item) for item in items))

        expected = [{hit.chunk_id for hit in _found(part, item).hits} for item in items]
        assert [{hit.chunk_id for hit in one.hits} for one in asyncio.run(all_at_once())] == expected


def _found(part: Retriever, item: WorkItem) -> Retrieved:
    return asyncio.run(part.retrieve(item))
