"""Documents that are embedded at the same time share calls."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.queries import FloatArray
from holdfast.errors import ProviderRejected, ProviderUnavailable
from holdfast.stages.embedding.batching import JoiningEmbedder


class _Inner:
    """An embedder whose vectors are the texts' lengths, with a record of its calls."""

    fingerprint = "inner"
    dimension = 1

    def __init__(self, *, refuses: str = "", is_down: bool = False) -> None:
        self.calls: list[list[str]] = []
        self.called = asyncio.Event()
        self._refuses = refuses
        self._is_down = is_down

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        self.calls.append(list(texts))
        self.called.set()
        await asyncio.sleep(0.002)
        if self._is_down:
            raise ProviderUnavailable("down", stage="embedding", move="wait")
        if self._refuses and any(self._refuses in text for text in texts):
            raise ProviderRejected("refused", stage="embedding", move="correct it")
        return np.array([len(text) for text in texts], dtype=np.float32).reshape(-1, 1)


def test_documents_at_the_same_time_share_one_call() -> None:
    inner = _Inner()
    joining = JoiningEmbedder(inner)

    async def three() -> list[FloatArray]:
        calls = (joining.embed(texts, kind="document") for texts in (["a"], ["bb", "ccc"], ["dddd"]))
        return await asyncio.gather(*calls)

    made = asyncio.run(three())
    assert [rows[:, 0].tolist() for rows in made] == [[1], [2, 3], [4]]
    assert inner.calls == [["a", "bb", "ccc", "dddd"]]


def test_what_comes_during_a_call_is_gathered_for_the_next() -> None:
    inner = _Inner()
    joining = JoiningEmbedder(inner)

    async def later() -> None:
        first = asyncio.create_task(joining.embed(["first"], kind="document"))
        await inner.called.wait()
        await asyncio.gather(*(joining.embed([text], kind="document") for text in ("b", "c")), first)

    asyncio.run(later())
    assert inner.calls == [["first"], ["b", "c"]]


def test_a_query_passes_at_once() -> None:
    inner = _Inner()
    joining = JoiningEmbedder(inner)

    async def both() -> None:
        document = asyncio.create_task(joining.embed(["document"], kind="document"))
        await asyncio.gather(joining.embed(["query"], kind="query"), document)

    asyncio.run(both())
    assert ["query"] in inner.calls


def test_a_refused_text_fails_its_own_document_only() -> None:
    joining = JoiningEmbedder(_Inner(refuses="bad"))

    async def three() -> list[FloatArray | BaseException]:
        calls = (joining.embed([text], kind="document") for text in ("good", "bad", "fine!"))
        return await asyncio.gather(*calls, return_exceptions=True)

    first, second, third = asyncio.run(three())
    assert isinstance(first, np.ndarray)
    assert isinstance(second, ProviderRejected)
    assert isinstance(third, np.ndarray)


def test_an_outage_is_told_to_everybody_with_one_call() -> None:
    inner = _Inner(is_down=True)
    joining = JoiningEmbedder(inner)

    async def three() -> list[FloatArray | BaseException]:
        calls = (joining.embed([text], kind="document") for text in "abc")
        return await asyncio.gather(*calls, return_exceptions=True)

    assert [type(outcome) for outcome in asyncio.run(three())] == [ProviderUnavailable] * 3
    assert len(inner.calls) == 1


def test_a_caller_that_gives_up_disturbs_nobody() -> None:
    joining = JoiningEmbedder(_Inner())

    async def one_gives_up() -> FloatArray:
        gone = asyncio.create_task(joining.embed(["gone"], kind="document"))
        stays = asyncio.create_task(joining.embed(["stays"], kind="document"))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert asyncio.run(one_gives_up()).tolist() == [[5]]


def test_one_embedder_serves_one_event_loop_after_another() -> None:
    joining = JoiningEmbedder(_Inner())
    for size in (1, 2, 3):
        assert asyncio.run(joining.embed(["x" * size], kind="document")).tolist() == [[size]]


@settings(max_examples=25, deadline=None)
@given(
    documents=st.lists(st.integers(0, 12), max_size=20),
    at_once=st.integers(1, 10),
    waiting=st.integers(1, 20),
)
def test_everybody_gets_exactly_their_rows_within_the_bounds(
    documents: list[int], at_once: int, waiting: int
) -> None:
    inner = _Inner()
    joining = JoiningEmbedder(inner, texts_at_once=at_once, texts_waiting=waiting)
    texts = [["x" * (10 * place + part) for part in range(size)] for place, size in enumerate(documents)]

    async def all_of_them() -> list[FloatArray]:
        return await asyncio.gather(*(joining.embed(each, kind="document") for each in texts))

    made = asyncio.run(all_of_them())
    assert [rows[:, 0].tolist() for rows in made] == [[len(text) for text in each] for each in texts]
    sizes = [len(call) for call in inner.calls]
    assert all(size <= max(at_once, *documents, 0) for size in sizes)
