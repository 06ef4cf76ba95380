"""The laws of a Reranker."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from holdfast.domain.hits import Dropped, Hit, Retrieved
from holdfast.protocols import Reranker
from holdfast.testing.contracts.samples import ODD_TEXTS, TORQUES, an_item, retrieved, shown


class RerankerContract:
    """Override `part`."""

    @pytest.fixture
    def part(self) -> Reranker:
        """Return the reranker under test."""
        raise NotImplementedError("override the fixture `part`: return a Reranker")

    def test_nothing_is_invented(self, part: Reranker) -> None:
        """The same hits or fewer, each once, and only their scores are new."""
        given = retrieved(*TORQUES * 4)
        made = _reranked(part, given)
        before = {hit.chunk_id: hit for hit in given.hits}
        assert made.hits
        assert len({hit.chunk_id for hit in made.hits}) == len(made.hits)
        assert all(_unscored(hit) == _unscored(before[hit.chunk_id]) for hit in made.hits)

    def test_hits_come_best_first(self, part: Reranker) -> None:
        """By the scores they carry."""
        hits = _reranked(part, retrieved(*TORQUES * 4)).hits
        assert all(one.score >= other.score for one, other in pairwise(hits))

    def test_what_was_left_out_before_stays_told(self, part: Reranker) -> None:
        """Queries, earlier drops and a degraded retrieval are passed on; hits left out now are added."""
        earlier = Dropped(thing="a.md 0-9", reason="a test left it out")
        given = replace(retrieved(*TORQUES * 4), dropped=(earlier,), degraded="found by words only")
        made = _reranked(part, given)
        assert made.queries == given.queries
        assert given.degraded in made.degraded
        assert earlier in made.dropped
        assert len(made.dropped) - 1 == len(given.hits) - len(made.hits)

    def test_no_hits_stay_no_hits(self, part: Reranker) -> None:
        """Nothing to read is no failure."""
        assert _reranked(part, Retrieved(hits=())).hits == ()

    @pytest.mark.parametrize("question", ODD_TEXTS, ids=shown)
    def test_no_question_is_too_odd(self, part: Reranker, question: str) -> None:
        """Hits survive whatever is asked."""
        given = replace(retrieved(), queries=(question,))
        assert asyncio.run(part.rerank(an_item(question), given)).hits

    def test_items_at_the_same_time_do_not_mix(self, part: Reranker) -> None:
        """Each gets the order it would get alone."""
        lists = [retrieved(*TORQUES), retrieved(*TORQUES[::-1]), retrieved(TORQUES[0])]

        async def all_at_once() -> list[Retrieved]:
            return await asyncio.gather(*(part.rerank(an_item(), given) for given in lists))

        assert asyncio.run(all_at_once()) == [_reranked(part, given) for given in lists]


def _reranked(part: Reranker, given: Retrieved) -> Retrieved:
    return asyncio.run(part.rerank(an_item(), given))


def _unscored(hit: Hit) -> Hit:
    return replace(hit, score=0.0)
