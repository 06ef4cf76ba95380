"""Embed program code by the mean of what stands there with what it says in words."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np

from holdfast.domain.queries import FloatArray
from holdfast.protocols import Embedder, EmbedsHere
from holdfast.text.code import in_words, is_code, names_code

VERSION = 1
_BESIDE = 4
"""Threads for the second reading of questions that are asked at the same time."""
_SMALLEST_NORM = 1e-12


class CodeInWords:
    """An embedder of prose that is also shown what code says in words.

    A model of prose makes little of `StdMapObserver::new(&mut map)`, and marks use up the 256 tokens that
    it reads. nDCG@10 with both readings: on a code base dense leg .586 to .614, fused .743 to .758; on
    product documentation with examples fused .853 to .859. Text that is no code has the vector it had.
    """

    def __init__(self, inner: Embedder) -> None:
        self.fingerprint = f"{inner.fingerprint}/code{VERSION}"
        self.dimension = inner.dimension
        self.notice: str = getattr(inner, "notice", "")
        self._inner = inner
        if isinstance(inner, EmbedsHere):
            self.embed_question = _Questions(inner)

    def prepare(self) -> None:
        """Get the inner embedder ready, if it needs that."""
        prepare = getattr(self._inner, "prepare", None)
        if prepare is not None:
            prepare()

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        """Return float32 of shape (len(texts), dimension), rows L2-normalised; raise what the inner does."""
        is_concerned = is_code if kind == "document" else names_code
        said = {
            place: words
            for place, text in enumerate(texts)
            if is_concerned(text) and (words := in_words(text))
        }
        vectors = await self._inner.embed([*texts, *said.values()], kind=kind)
        if not said:
            return vectors
        places, made = list(said), vectors[: len(texts)].copy()
        made[places] = _mean(made[places], vectors[len(texts) :])
        return made


class _Questions:
    """Embeds one query on the caller's thread, and beside it what it says in words where it names code."""

    def __init__(self, inner: EmbedsHere) -> None:
        self._inner = inner
        self._pool = ThreadPoolExecutor(_BESIDE, thread_name_prefix="embedding-words")

    def __call__(self, text: str) -> FloatArray:
        if not (names_code(text) and (words := in_words(text))):
            return self._inner.embed_question(text)
        said = self._pool.submit(self._inner.embed_question, words)
        return _mean(self._inner.embed_question(text), said.result())


def _mean(standing: FloatArray, said: FloatArray) -> FloatArray:
    """Return the direction between two vectors, or between each two rows."""
    both = standing + said
    mean: FloatArray = both / np.maximum(np.linalg.norm(both, axis=-1, keepdims=True), _SMALLEST_NORM)
    return mean
