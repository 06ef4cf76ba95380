"""The laws of an Index."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.documents import Status
from holdfast.domain.queries import Filter, IndexQuery
from holdfast.protocols import Index
from holdfast.testing.contracts.library import (
    ANA,
    BEN,
    COMMON,
    EVE,
    Volume,
    a_query,
    library,
    visible,
)

LEGS = ("sparse", "dense")
WHO = pytest.mark.parametrize("principal", [ANA, BEN, EVE], ids=lambda one: one.user)


class IndexContract:
    """Override `part` with an index that holds all volumes of the fixture `volumes`, published."""

    @pytest.fixture
    def volumes(self) -> tuple[Volume, ...]:
        """Return the documents, chunks and vectors to be indexed."""
        return library()

    @pytest.fixture
    def part(self, volumes: tuple[Volume, ...]) -> Index:
        """Return the index under test, filled with the volumes."""
        raise NotImplementedError(
            f"override the fixture `part`: return an Index that holds the {len(volumes)} volumes"
        )

    @WHO
    def test_only_what_the_principal_may_see_is_found(
        self, part: Index, volumes: tuple[Volume, ...], principal: Principal
    ) -> None:
        """Closed documents match best here, and neither leg shows one to those it is closed to."""
        for hits in part.search(a_query(), principal=principal).values():
            assert {hit.document for hit in hits} <= visible(volumes, principal)

    @WHO
    def test_everything_that_matches_is_found(
        self, part: Index, volumes: tuple[Volume, ...], principal: Principal
    ) -> None:
        """A list is shorter than `k` only when no more visible chunks match."""
        for leg, hits in part.search(a_query(), principal=principal).items():
            assert {hit.document for hit in hits} == visible(volumes, principal), leg

    @pytest.mark.parametrize("k", [1, 3, 6])
    def test_a_list_is_full_and_never_longer_than_k(self, part: Index, k: int) -> None:
        """The filter is inside the search: what may not be seen does not use up places."""
        for leg, hits in part.search(a_query(k=k), principal=ANA).items():
            assert len(hits) == k, leg

    def test_hits_come_best_first(self, part: Index) -> None:
        """Each hit carries its rank and score on the leg that found it; no chunk comes twice."""
        for leg, hits in part.search(a_query("torque of screw 3"), principal=BEN).items():
            places = [hit.legs[leg] for hit in hits]
            assert [place.rank for place in places] == list(range(1, len(hits) + 1))
            assert all(one.score >= other.score for one, other in pairwise(places))
            assert len({hit.chunk_id for hit in hits}) == len(hits)

    def test_the_best_match_comes_first(self, part: Index) -> None:
        """Both legs put the chunk that says the query word for word first."""
        legs = part.search(a_query("screw 3 in the open manual of pump 3"), principal=ANA)
        assert {leg: hits[0].document for leg, hits in legs.items()} == dict.fromkeys(legs, "open/3.md")

    def test_a_hit_is_its_chunk(self, part: Index, volumes: tuple[Volume, ...]) -> None:
        """Text, offsets and metadata are those that were written."""
        written = {volume.document.path: volume.document for volume in volumes}
        for hits in part.search(a_query(), principal=BEN).values():
            for hit in hits:
                document = written[hit.document]
                assert hit.text == document.text[hit.start : hit.end]
                assert hit.metadata.status == document.metadata.status
                assert dict(hit.metadata.keys) == dict(document.metadata.keys)

    def test_a_leg_without_its_input_is_not_searched(self, part: Index) -> None:
        """Text is for the sparse leg, a vector for the dense one."""
        whole = a_query()
        only_text = part.search(replace(whole, vector=None), principal=ANA)
        only_vector = part.search(replace(whole, text=""), principal=ANA)
        assert set(only_text) | set(only_vector) <= set(LEGS)
        assert not only_text.get("dense")
        assert not only_vector.get("sparse")
        assert any(only_text.values()) or any(only_vector.values())

    def test_excluded_standings_are_not_found(self, part: Index) -> None:
        """A filter holds in every leg."""
        query = a_query(filter_=Filter(exclude=frozenset({Status.DRAFT})))
        for hits in part.search(query, principal=ANA).values():
            assert hits
            assert "draft.md" not in {hit.document for hit in hits}

    def test_only_documents_with_the_wanted_key_are_found(self, part: Index) -> None:
        """A document must carry one of the values for every key named."""
        query = a_query(filter_=Filter(keys={"product": ("HX-200", "HX-300")}))
        for hits in part.search(query, principal=ANA).values():
            assert [hit.document for hit in hits] == ["hx.md"]

    @pytest.mark.parametrize("text", ["", "  ", '"', "AND OR NOT (", "\x00", "word " * 2_000])
    def test_no_text_is_too_odd_to_search_for(self, part: Index, text: str) -> None:
        """What a person types is never a query language."""
        assert not part.search(IndexQuery(text=text), principal=ANA).get("sparse")

    def test_a_word_that_nobody_wrote_finds_no_words(self, part: Index) -> None:
        """The sparse leg matches words only."""
        assert part.search(IndexQuery(text=COMMON), principal=ANA).get("sparse") != ()
        assert not part.search(IndexQuery(text="zyzzyva"), principal=ANA).get("sparse")
