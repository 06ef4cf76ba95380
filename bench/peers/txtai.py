"""txtai: Embeddings with `hybrid=True, content=True`."""

# ruff: noqa: PLC0415 - packages of an environment are imported when they are asked for

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peers.minilm import MiniLM
from peers.wanted import wanted

TITLE = "txtai"
HOW = "Embeddings(hybrid=True, content=True) over external vectors; whole documents, as its example has them"
PACKAGES = ("txtai", "torch", "faiss-cpu")
WAYS = {"hybrid of 10": 10, "hybrid of 100": 100}
"""How many hits are asked for."""


class System:
    """One embeddings database."""

    is_split = False
    """Whether documents are cut into paragraphs by its own Segmentation."""

    def __init__(self, embedder: MiniLM) -> None:
        with wanted("txtai"):
            from txtai import Embeddings
            from txtai.pipeline import Segmentation
        self._embeddings = Embeddings
        self._segmentation = Segmentation(paragraphs=True)
        self._embedder = embedder
        self._database: Any = None
        self._of: list[str] = []
        """The document of each text that was indexed."""

    def index(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Index the documents in the place of those before."""

        def transform(texts: Sequence[Any]) -> Any:
            # a plain function: txtai takes a bound method for a factory of one
            return self._transform(texts)

        self._database = self._embeddings(method="external", transform=transform, hybrid=True, content=True)
        texts = [(one["id"], text) for one in documents for text in self._cut(one["text"])]
        self._of = [name for name, _ in texts]
        self._database.index([(str(place), text, None) for place, (_, text) in enumerate(texts)])

    def ask(self, query: str, *, way: str, k: int) -> list[str]:
        """Return the ids of documents, best first."""
        found = self._database.search(query, WAYS[way])
        return list(dict.fromkeys(self._of[int(one["id"])] for one in found))[:k]

    def _cut(self, text: str) -> Sequence[str]:
        return self._segmentation(text) if self.is_split else [text]

    def _transform(self, texts: Sequence[Any]) -> Any:
        """Embed what txtai hands over, a question or a batch of documents."""
        if len(texts) == 1:
            return self._embedder.query(str(texts[0])).reshape(1, -1)
        return self._embedder.documents([str(one) for one in texts])
