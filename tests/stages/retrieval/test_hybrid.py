from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Literal

import numpy as np

from holdfast.domain.access import Principal
from holdfast.domain.documents import Metadata, Status
from holdfast.domain.hits import Hit, Leg
from holdfast.domain.items import Speaker, Turn, WorkItem
from holdfast.domain.queries import FloatArray
from holdfast.errors import ProviderUnavailable
from holdfast.stages.retrieval.fusion import proportional
from holdfast.stages.retrieval.hybrid import HybridRetriever
from holdfast.stages.retrieval.queries import queries_of
from holdfast.stages.retrieval.settings import RetrievalSettings
from holdfast.testing.fakes import FakeIndex

ANA = Principal(user="ana")


class OneVector:
    fingerprint = "one"
    dimension = 2

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        assert kind == "query"
        return np.tile(np.array([[1.0, 0.0]], dtype=np.float32), (len(texts), 1))


class DownEmbedder(OneVector):
    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        raise ProviderUnavailable("the endpoint does not answer")


class HereEmbedder(DownEmbedder):
    """Embeds on the caller's thread; what it is asked for otherwise fails."""

    def __init__(self, *, is_up: bool = True) -> None:
        self.threads: list[str] = []
        self._is_up = is_up

    def embed_question(self, text: str) -> FloatArray:
        self.threads.append(threading.current_thread().name)
        if not self._is_up:
            raise ProviderUnavailable("nothing has been learned yet")
        return np.array([1.0, 0.0], dtype=np.float32)


def hit(number: int, score: float, leg: str, status: Status = Status.APPROVED) -> Hit:
    return Hit(
        chunk_id=number, document=f"{number}.md", ordinal=0, text=f"text {number}", start=0, end=6,
        metadata=Metadata(status=status), score=score, legs={leg: Leg(rank=1, score=score)},
    )  # fmt: skip


def index() -> FakeIndex:
    return FakeIndex(
        legs={
            "sparse": [hit(1, 9.0, "sparse"), hit(2, 4.0, "sparse"), hit(3, 1.0, "sparse")],
            "dense": [hit(2, 0.9, "dense"), hit(1, 0.5, "dense"), hit(4, 0.1, "dense")],
        }
    )


def item(question: str, **more: object) -> WorkItem:
    return WorkItem(id="1", question=question, principal=ANA, **more)  # type: ignore[arg-type]


def test_both_legs_are_fused_and_cut_to_k() -> None:
    retriever = HybridRetriever(index(), OneVector(), RetrievalSettings(k=2))
    retrieved = asyncio.run(retriever.retrieve(item("gland bolts")))
    assert [one.chunk_id for one in retrieved.hits] == [1, 2]
    assert retrieved.queries == ("gland bolts",)


def test_a_provider_that_is_down_leaves_the_sparse_leg_and_says_so() -> None:
    retriever = HybridRetriever(index(), DownEmbedder(), RetrievalSettings())
    retrieved = asyncio.run(retriever.retrieve(item("gland bolts")))
    assert [one.chunk_id for one in retrieved.hits] == [1, 2, 3]
    assert "words only" in retrieved.degraded


def test_a_question_is_embedded_on_the_thread_that_searches() -> None:
    embedder, found = HereEmbedder(), index()
    retrieved = asyncio.run(HybridRetriever(found, embedder, RetrievalSettings(k=2)).retrieve(item("bolts")))
    assert [one.chunk_id for one in retrieved.hits] == [1, 2]
    assert retrieved.degraded == ""
    assert found.queries[0].vector is not None
    assert len(embedder.threads) == 1
    assert embedder.threads != [threading.main_thread().name]


def test_an_embedder_that_fails_there_leaves_the_sparse_leg_and_says_so() -> None:
    retriever = HybridRetriever(index(), HereEmbedder(is_up=False), RetrievalSettings())
    retrieved = asyncio.run(retriever.retrieve(item("gland bolts")))
    assert [one.chunk_id for one in retrieved.hits] == [1, 2, 3]
    assert retrieved.degraded == "found by words only: nothing has been learned yet"


def test_superseded_documents_are_filtered_inside_the_search_by_default() -> None:
    found = index()
    asyncio.run(HybridRetriever(found, OneVector(), RetrievalSettings()).retrieve(item("q")))
    assert found.queries[0].filter.exclude == frozenset({Status.SUPERSEDED})


def test_a_draft_loses_a_near_tie_to_an_approved_document() -> None:
    legs = {"sparse": [hit(1, 5.0, "sparse", Status.DRAFT), hit(2, 4.9, "sparse"), hit(3, 1.0, "sparse")]}
    retriever = HybridRetriever(FakeIndex(legs=legs), DownEmbedder(), RetrievalSettings())
    retrieved = asyncio.run(retriever.retrieve(item("q")))
    assert [one.chunk_id for one in retrieved.hits] == [2, 1, 3]


def test_an_item_field_narrows_the_search_to_documents_with_its_key() -> None:
    found = index()
    settings = RetrievalSettings(filters={"product": "pump"})
    retriever = HybridRetriever(found, OneVector(), settings)
    asyncio.run(retriever.retrieve(item("q", fields={"pump": "HX-200"})))
    asyncio.run(retriever.retrieve(item("q")))
    assert found.queries[0].filter.keys == {"product": ("HX-200",)}
    assert found.queries[1].filter.keys == {}


def test_an_empty_item_finds_nothing_and_searches_nothing() -> None:
    found = index()
    retrieved = asyncio.run(HybridRetriever(found, OneVector(), RetrievalSettings()).retrieve(item("  ")))
    assert retrieved.hits == ()
    assert found.queries == []


def test_a_question_in_a_thread_is_also_asked_with_what_came_before() -> None:
    history = (
        Turn(speaker=Speaker.PERSON, text="What torque for the HX-200 gland bolts?"),
        Turn(speaker=Speaker.ASSISTANT, text="24 Nm [1]"),
    )
    queries = queries_of(item("And the HX-300?", history=history), split_from_words=40)
    assert queries == ("And the HX-300?", "What torque for the HX-200 gland bolts?\nAnd the HX-300?")


def test_a_long_item_is_also_asked_part_by_part() -> None:
    sentence = "The pump at the mill makes a noise when it starts and we do not know why it does so. "
    queries = queries_of(item(sentence * 6), split_from_words=40)
    assert queries[0].startswith("The pump")
    assert len(queries) > 1
    assert all(len(query.split()) < len(queries[0].split()) for query in queries[1:])


def test_a_record_without_a_question_is_searched_by_its_fields() -> None:
    made = WorkItem(id="1", principal=ANA, fields={"part": "P-104233", "fault": "leaks"})
    assert queries_of(made, split_from_words=40) == ("part: P-104233\nfault: leaks",)


def test_an_index_of_another_embedders_vectors_is_said_to_be_searched_by_words_only() -> None:
    words = FakeIndex(legs={"sparse": [hit(1, 9.0, "sparse")]})
    retrieved = asyncio.run(HybridRetriever(words, OneVector(), RetrievalSettings()).retrieve(item("gland")))
    assert [one.chunk_id for one in retrieved.hits] == [1]
    assert retrieved.degraded.startswith("found by words only: the index holds another embedder's vectors")
    assert "holdfast sync" in retrieved.degraded


def test_a_limit_cuts_the_fused_list_and_changes_nothing_else() -> None:
    legs = index().legs
    weights = {"sparse": 0.5, "dense": 0.5}
    assert proportional(legs, weights, depth=10, limit=2) == proportional(legs, weights, depth=10)[:2]
