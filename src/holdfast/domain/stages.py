"""The stages of the two paths, one word each."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """One word per stage: package, settings section, span, metric label, diagnosis result."""

    # a document's path
    SOURCES = "sources"
    PARSING = "parsing"
    ENRICHING = "enriching"
    CHUNKING = "chunking"
    EMBEDDING = "embedding"
    INDEXING = "indexing"
    # an item's path
    INTAKE = "intake"
    GUARDRAILS = "guardrails"
    RETRIEVAL = "retrieval"
    LOOKUPS = "lookups"
    RERANKING = "reranking"
    ASSEMBLY = "assembly"
    GENERATION = "generation"
    CHECKING = "checking"
    DECIDING = "deciding"
    DELIVERY = "delivery"
    # people and tools
    REVIEWING = "reviewing"
    ACTING = "acting"
