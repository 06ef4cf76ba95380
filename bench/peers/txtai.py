"""txtai: Embeddings with `hybrid=True, content=True`."""

# ruff: noqa: PLC0415, ARG002 - packages of an environment are imported when they are asked for; the socket has the arguments

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peers.minilm import MiniLM
from peers.wanted import wanted

TITLE = "txtai"
HOW = "Embeddings(hybrid=True, content=True) over external vectors; whole documents, as its example has them"
PACKAGES = ("txtai", "torch", "faiss-cpu")
WAYS = ("hybrid",)


class System:
    """One embeddings database."""

    def __init__(self, embedder: MiniLM) -> None:
        with wanted("txtai"):
            from txtai import Embeddings
        self._embeddings = Embeddings
        self._embedder = embedder
        self._database: Any = None

    def index(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Index the documents in the place of those before."""

        def transform(texts: Sequence[Any]) -> Any:
            # a plain function: txtai takes a bound method for a factory of one
            return self._transform(texts)

        self._database = self._embeddings(method="external", transform=transform, hybrid=True, content=True)
        self._database.index([(one["id"], one["text"], None) for one in documents])

    def ask(self, query: str, *, way: str, k: int) -> list[str]:
        """Return the ids of documents, best first."""
        return [one["id"] for one in self._database.search(query, k)]

    def _transform(self, texts: Sequence[Any]) -> Any:
        """Embed what txtai hands over, a question or a batch of documents."""
        if len(texts) == 1:
            return self._embedder.query(str(texts[0])).reshape(1, -1)
        return self._embedder.documents([str(one) for one in texts])
