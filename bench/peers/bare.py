"""The bare pair: bm25s, a dot product, min-max fusion in equal parts; the floor that a framework has to beat."""

# ruff: noqa: PLC0415 - packages of an environment are imported when they are asked for; the socket has the arguments

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peers.minilm import MiniLM
from peers.wanted import wanted

TITLE = "bare pair"
HOW = "bm25s with English stemming and stop words, numpy dot product, min-max fusion .5/.5; whole documents"
PACKAGES = ("bm25s", "numpy")
WAYS = {f"min-max of {depth}": depth for depth in (10, 100)}
"""How many hits of each leg are fused."""


class System:
    """A BM25 table and a matrix."""

    def __init__(self, embedder: MiniLM) -> None:
        with wanted("bare"):
            import bm25s
            import numpy as np
            import Stemmer
        self._bm25s, self._numpy = bm25s, np
        self._stemmer = Stemmer.Stemmer("english")
        self._embedder = embedder
        self._ids: list[str] = []

    def index(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Index the documents in the place of those before."""
        self._ids = [one["id"] for one in documents]
        texts = [one["text"] for one in documents]
        self._table = self._bm25s.BM25()
        self._table.index(self._tokens(texts), show_progress=False)
        self._vectors = self._embedder.documents(texts)

    def ask(self, query: str, *, way: str, k: int) -> list[str]:
        """Return the ids of documents, best first."""
        depth = min(WAYS[way], len(self._ids))
        found, scores = self._table.retrieve(self._tokens([query]), k=depth, show_progress=False)
        cosines = self._vectors @ self._embedder.query(query)
        nearest = self._numpy.argpartition(-cosines, depth - 1)[:depth]
        fused: dict[int, float] = {}
        for places, values in ((found[0], scores[0]), (nearest, cosines[nearest])):
            low, high = float(values.min()), float(values.max())
            for place, value in zip(places.tolist(), values.tolist(), strict=True):
                fused[place] = fused.get(place, 0.0) + 0.5 * (value - low) / ((high - low) or 1.0)
        return [self._ids[place] for place in sorted(fused, key=lambda place: -fused[place])[:k]]

    def _tokens(self, texts: list[str]) -> Any:
        return self._bm25s.tokenize(texts, stopwords="en", stemmer=self._stemmer, show_progress=False)
