"""LlamaIndex: BM25Retriever and VectorStoreIndex under a QueryFusionRetriever."""

# ruff: noqa: PLC0415 - packages of an environment are imported when they are asked for; the socket has the arguments

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from peers.minilm import MiniLM
from peers.wanted import wanted

TITLE = "LlamaIndex"
HOW = (
    "BM25Retriever + VectorStoreIndex (SimpleVectorStore) in QueryFusionRetriever without generated queries; "
    "SentenceSplitter(chunk_size=256) as its fusion examples have it; a document counts at its best node's rank"
)
PACKAGES = ("llama-index-core", "llama-index-retrievers-bm25", "bm25s")
WAYS = {
    f"{mode} of {depth}": (mode, depth)
    for mode in ("reciprocal_rerank", "relative_score")
    for depth in (10, 100)
}
"""Mode of fusion, and how many nodes of each leg are fused."""
CHUNK_SIZE = 256
KEY = "document"


class System:
    """Nodes in an in-memory vector store and in a BM25 table."""

    def __init__(self, embedder: MiniLM) -> None:
        with wanted("llamaindex"):
            from llama_index.core import VectorStoreIndex
            from llama_index.core.embeddings import BaseEmbedding
            from llama_index.core.llms import MockLLM
            from llama_index.core.node_parser import SentenceSplitter
            from llama_index.core.retrievers import QueryFusionRetriever
            from llama_index.core.schema import Document
            from llama_index.retrievers.bm25 import BM25Retriever

        class Embedding(BaseEmbedding):
            """The shared embedder under the framework's own interface."""

            def _get_query_embedding(self, query: str) -> list[float]:
                return embedder.query(query).tolist()  # type: ignore[no-any-return]

            async def _aget_query_embedding(self, query: str) -> list[float]:
                return self._get_query_embedding(query)

            def _get_text_embedding(self, text: str) -> list[float]:
                return self._get_text_embeddings([text])[0]

            def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
                return embedder.documents(texts).tolist()  # type: ignore[no-any-return]

        self._document, self._index, self._splitter = Document, VectorStoreIndex, SentenceSplitter
        self._bm25, self._fusion, self._llm = BM25Retriever, QueryFusionRetriever, MockLLM()
        # batches of 10, the default, would leave a thread waiting at each batch's end
        self._embedding = Embedding(model_name="shared", embed_batch_size=512)
        self._retrievers: dict[str, Any] = {}

    def index(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Index the documents in the place of those before.

        The id is metadata because nodes are fused by a hash of text and metadata: equal texts of two
        documents would be one. It is excluded from what is embedded.
        """
        made = [
            self._document(
                text=one["text"], metadata={KEY: one["id"]},
                excluded_embed_metadata_keys=[KEY], excluded_llm_metadata_keys=[KEY],
            )
            for one in documents
        ]  # fmt: skip
        nodes = self._splitter(chunk_size=CHUNK_SIZE, chunk_overlap=20).get_nodes_from_documents(made)
        index = self._index(nodes, embed_model=self._embedding)
        sparse = self._bm25.from_defaults(nodes=nodes)
        self._retrievers = {
            way: self._fused(index, sparse, mode, min(depth, len(nodes)))
            for way, (mode, depth) in WAYS.items()
        }

    def _fused(self, index: Any, sparse: Any, mode: str, depth: int) -> Any:
        table = self._bm25(existing_bm25=sparse.bm25, similarity_top_k=depth)
        table.corpus = sparse.corpus
        return self._fusion(
            [index.as_retriever(similarity_top_k=depth), table],
            llm=self._llm, mode=mode, similarity_top_k=depth, num_queries=1, use_async=False,
        )  # fmt: skip

    def ask(self, query: str, *, way: str, k: int) -> list[str]:
        """Return the ids of documents, best first."""
        found = self._retrievers[way].retrieve(query)
        return list(dict.fromkeys(one.node.metadata[KEY] for one in found))[:k]
