"""LangChain with its documents cut, so that the dense leg reads all of them."""

from __future__ import annotations

from peers import langchain

TITLE = "LangChain, split"
HOW = (
    "the same over parts: RecursiveCharacterTextSplitter of 1,000 characters, overlap 200, as its retrieval "
    "tutorial has it; a document counts at its best part's rank"
)
ENVIRONMENT = "langchain"
PACKAGES = (*langchain.PACKAGES, "langchain-text-splitters")
WAYS = langchain.WAYS


class System(langchain.System):
    """Parts of documents in a FAISS store and in a BM25 table."""

    is_split = True
