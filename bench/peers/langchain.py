"""LangChain: BM25Retriever and FAISS under an EnsembleRetriever."""

# ruff: noqa: PLC0415 - packages of an environment are imported when they are asked for; the socket has the arguments

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from peers.minilm import MiniLM
from peers.wanted import wanted

TITLE = "LangChain"
HOW = (
    "BM25Retriever (rank-bm25, lower-case words by its preprocess_func) + FAISS in EnsembleRetriever .5/.5, "
    "fused by id; whole documents, as its ensemble example has them"
)
PACKAGES = ("langchain-classic", "langchain-community", "rank-bm25", "faiss-cpu")
WAYS = {f"ensemble of {depth}": depth for depth in (10, 100)}
"""How many hits of each leg are fused."""
KEY, PART = "document", "part"


class System:
    """Documents in a FAISS store and in a BM25 table."""

    is_split = False
    """Whether documents are cut as its retrieval tutorial has it: 1,000 characters, 200 of them again."""

    def __init__(self, embedder: MiniLM) -> None:
        with wanted("langchain"):
            from langchain_classic.retrievers import EnsembleRetriever
            from langchain_community.retrievers import BM25Retriever
            from langchain_community.vectorstores import FAISS
            from langchain_core.documents import Document
            from langchain_core.embeddings import Embeddings
            from langchain_text_splitters import RecursiveCharacterTextSplitter

        class Shared(Embeddings):
            """The shared embedder under the framework's own interface."""

            def embed_documents(self, texts: list[str]) -> list[list[float]]:
                return embedder.documents(texts).tolist()  # type: ignore[no-any-return]

            def embed_query(self, text: str) -> list[float]:
                return embedder.query(text).tolist()  # type: ignore[no-any-return]

        self._document, self._bm25, self._faiss = Document, BM25Retriever, FAISS
        self._ensemble, self._embeddings = EnsembleRetriever, Shared()
        self._splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        self._retrievers: dict[str, Any] = {}

    def index(self, documents: Sequence[Mapping[str, str]]) -> None:
        """Index the documents in the place of those before.

        Words instead of the default, text split at blanks with its case kept, which would be unfair: the leg
        finds half of what it can (code base fused .44 against .67). `id_key`, because the ensemble otherwise fuses by text: equal texts of two documents would be one.
        """
        made = [self._document(page_content=one["text"], metadata={KEY: one["id"]}) for one in documents]
        if self.is_split:
            made = self._splitter.split_documents(made)
            for number, one in enumerate(made):
                one.metadata[PART] = number
        sparse = self._bm25.from_documents(made, preprocess_func=_words)
        dense = self._faiss.from_documents(made, self._embeddings)
        self._retrievers = {way: self._fused(sparse, dense, depth) for way, depth in WAYS.items()}

    def _fused(self, sparse: Any, dense: Any, depth: int) -> Any:
        legs = [sparse.model_copy(update={"k": depth}), dense.as_retriever(search_kwargs={"k": depth})]
        return self._ensemble(retrievers=legs, weights=[0.5, 0.5], id_key=PART if self.is_split else KEY)

    def ask(self, query: str, *, way: str, k: int) -> list[str]:
        """Return the ids of documents, best first."""
        return list(dict.fromkeys(one.metadata[KEY] for one in self._retrievers[way].invoke(query)))[:k]


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())
