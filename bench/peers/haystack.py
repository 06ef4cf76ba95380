"""Haystack: BM25 and embedding retrievers over an InMemoryDocumentStore, joined by a DocumentJoiner."""

# ruff: noqa: PLC0415 - packages of an environment are imported when they are asked for; the socket has the arguments

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from peers.minilm import MiniLM
from peers.wanted import wanted

TITLE = "Haystack"
HOW = (
    "InMemoryBM25Retriever + InMemoryEmbeddingRetriever + DocumentJoiner in a Pipeline, its cross-encoder "
    "left out; DocumentSplitter(word, 512, overlap 32) as its hybrid tutorial has it; a document counts at "
    "its best part's rank"
)
PACKAGES = ("haystack-ai",)
WAYS = {
    f"{mode} of {depth}": (mode, depth)
    for mode in ("reciprocal_rank_fusion", "distribution_based_rank_fusion")
    for depth in (10, 100)
}
"""Mode of joining, and how many hits of each leg are joined."""
KEY = "document"


class System:
    """A document store with a query pipeline for each way of joining."""

    def __init__(self, embedder: MiniLM) -> None:
        with wanted("haystack"):
            from haystack import Document, Pipeline, component
            from haystack.components.joiners import DocumentJoiner
            from haystack.components.preprocessors import DocumentSplitter
            from haystack.components.retrievers import InMemoryBM25Retriever, InMemoryEmbeddingRetriever
            from haystack.components.writers import DocumentWriter
            from haystack.document_stores.in_memory import InMemoryDocumentStore

        class TextEmbedder:
            """The shared embedder for a question."""

            def run(self, text: str) -> dict[str, Any]:
                return {"embedding": embedder.query(text).tolist()}

        class DocumentEmbedder:
            """The shared embedder for documents."""

            def run(self, documents: list[Any]) -> dict[str, Any]:
                vectors = embedder.documents([one.content for one in documents])
                pairs = zip(documents, vectors, strict=True)
                return {"documents": [replace(one, embedding=vector.tolist()) for one, vector in pairs]}

        TextEmbedder.run.__annotations__ = {"text": str}
        DocumentEmbedder.run.__annotations__ = {"documents": list[Document]}
        TextEmbedder.run = component.output_types(embedding=list[float])(TextEmbedder.run)  # type: ignore[method-assign]
        DocumentEmbedder.run = component.output_types(documents=list[Document])(DocumentEmbedder.run)  # type: ignore[method-assign]
        self._document, self._pipeline, self._store = Document, Pipeline, InMemoryDocumentStore
        self._text_embedder = component(TextEmbedder)
        self._document_embedder = component(DocumentEmbedder)
        self._joiner, self._splitter, self._writer = DocumentJoiner, DocumentSplitter, DocumentWriter
        self._sparse, self._dense = InMemoryBM25Retriever, InMemoryEmbeddingRetriever
        self._pipelines: dict[str, Any] = {}

    def index(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Index the documents in the place of those before.

        The id is metadata, of which Haystack makes a part's id together with its text.
        """
        store = self._store(shared=False, return_embedding=False)
        pipeline = self._pipeline()
        pipeline.add_component(
            "splitter", self._splitter(split_by="word", split_length=512, split_overlap=32)
        )
        pipeline.add_component("embedder", self._document_embedder())
        pipeline.add_component("writer", self._writer(document_store=store))
        pipeline.connect("splitter", "embedder")
        pipeline.connect("embedder", "writer")
        made = [self._document(content=one["text"], meta={KEY: one["id"]}) for one in documents]
        pipeline.run({"splitter": {"documents": made}})
        self._pipelines = {way: self._query_pipeline(store, *how) for way, how in WAYS.items()}

    def ask(self, query: str, *, way: str, k: int) -> list[str]:
        """Return the ids of documents, best first."""
        found = self._pipelines[way].run({"embedder": {"text": query}, "sparse": {"query": query}})
        return list(dict.fromkeys(one.meta[KEY] for one in found["joiner"]["documents"]))[:k]

    def _query_pipeline(self, store: Any, mode: str, depth: int) -> Any:
        pipeline = self._pipeline()
        pipeline.add_component("embedder", self._text_embedder())
        pipeline.add_component("dense", self._dense(store, top_k=depth))
        pipeline.add_component("sparse", self._sparse(store, top_k=depth))
        pipeline.add_component("joiner", self._joiner(join_mode=mode))
        pipeline.connect("embedder", "dense")
        pipeline.connect("dense", "joiner")
        pipeline.connect("sparse", "joiner")
        return pipeline
