"""Vectors of texts that were embedded lately are kept, whichever call asked for them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest

from holdfast.domain.queries import FloatArray
from holdfast.errors import StorageError
from holdfast.stages.embedding.recent import RecentVectors


class _Lengths:
    """Embeds a text as its length and keeps what it was asked."""

    fingerprint, dimension = "lengths", 2

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails = False

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        if self.fails:
            raise StorageError("no", stage="embedding", move="")
        self.asked += [f"{kind} {text}" for text in texts]
        return np.array([[len(text), 1] for text in texts], dtype=np.float32).reshape(-1, 2)


def embedded(vectors: RecentVectors, *texts: str) -> list[float]:
    return [float(row[0]) for row in asyncio.run(vectors(texts))]  # type: ignore[arg-type]


def test_a_text_is_embedded_once_and_every_row_is_in_its_place() -> None:
    inner = _Lengths()
    recent = RecentVectors(inner)
    assert embedded(recent, "a", "bbb", "a") == [1, 3, 1]
    assert embedded(recent, "cc", "bbb") == [2, 3]
    assert inner.asked == ["document a", "document bbb", "document cc"]
    assert embedded(recent) == []


def test_the_text_that_was_asked_longest_ago_goes_first() -> None:
    inner = _Lengths()
    recent = RecentVectors(inner, size=2)
    for text in ("a", "bb", "a", "ccc", "a", "bb"):
        embedded(recent, text)
    assert inner.asked == ["document a", "document bb", "document ccc", "document bb"]


def test_more_texts_than_are_kept_are_all_embedded() -> None:
    assert embedded(RecentVectors(_Lengths(), size=1), "a", "bb", "ccc") == [1, 2, 3]


def test_what_failed_is_tried_again() -> None:
    inner = _Lengths()
    recent = RecentVectors(inner)
    inner.fails = True
    with pytest.raises(StorageError):
        embedded(recent, "a")
    inner.fails = False
    assert embedded(recent, "a") == [1]


def test_a_caller_who_changes_its_rows_changes_nobody_elses() -> None:
    recent = RecentVectors(_Lengths())
    made = asyncio.run(recent(["a"]))  # type: ignore[arg-type]
    made[0] = 9
    assert embedded(recent, "a") == [1]
