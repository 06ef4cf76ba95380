"""Retrieve with both legs, fuse, and let standing weigh in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from holdfast.domain.access import Principal
from holdfast.domain.documents import Status
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.queries import Filter, FloatArray, IndexQuery
from holdfast.errors import ProviderError
from holdfast.protocols import Embedder, Index
from holdfast.stages.retrieval.fusion import by_best_parts, minmax, proportional, reciprocal_rank
from holdfast.stages.retrieval.queries import queries_of
from holdfast.stages.retrieval.settings import RetrievalSettings

BEST_PARTS = 3
"""Parts of a long item that a chunk is judged by: those it fits best."""
SPARSE, DENSE = "sparse", "dense"
INCOMPARABLE = "found by words only: the index holds another embedder's vectors; run `holdfast sync`"

Legs = Mapping[str, tuple[Hit, ...]]
"""Lists of hits by leg."""


class HybridRetriever:
    """The Retriever socket: sparse and dense legs of one index, fused by chunk."""

    def __init__(self, index: Index, embedder: Embedder, settings: RetrievalSettings) -> None:
        self._index = index
        self._embedder = embedder
        self._settings = settings

    async def retrieve(self, item: WorkItem) -> Retrieved:
        """Return the best `k` hits that the item's principal may see."""
        queries = queries_of(item, split_from_words=self._settings.split_from_words)
        if not queries:
            return Retrieved(hits=())
        vectors, degraded = await self._vectors(queries)
        found = await asyncio.to_thread(self._searched, queries, vectors, self._filter(item), item.principal)
        if not degraded and any(DENSE not in legs for legs in found):
            degraded = INCOMPARABLE
        return Retrieved(hits=self._best(found), queries=queries, degraded=degraded)

    async def _vectors(self, queries: tuple[str, ...]) -> tuple[list[FloatArray | None], str]:
        try:
            array = await self._embedder.embed(queries, kind="query")
        except ProviderError as error:
            return [None] * len(queries), f"found by words only: {error.what}"
        return list(array), ""

    def _filter(self, item: WorkItem) -> Filter:
        keys = {
            key: (value,)
            for key, name in self._settings.filters.items()
            if (value := item.fields.get(name, "").strip())
        }
        return Filter(exclude=frozenset(self._settings.exclude), keys=keys)

    def _searched(
        self,
        queries: tuple[str, ...],
        vectors: list[FloatArray | None],
        filter_: Filter,
        principal: Principal,
    ) -> list[Legs]:
        """Return the legs' lists of each query."""
        asked = (
            IndexQuery(text=text, vector=vector, k=self._settings.depth, filter=filter_)
            for text, vector in zip(queries, vectors, strict=True)
        )
        return [self._index.search(query, principal=principal) for query in asked]

    def _best(self, found: list[Legs]) -> tuple[Hit, ...]:
        """Return the best `k` hits; only where something is still to be weighed is all of it fused."""
        k = self._settings.k
        if len(found) == 1 and not any(_is_draft(hit) for hits in found[0].values() for hit in hits):
            return self._fused(found[0], limit=k)
        whole, *parts = (self._fused(legs) for legs in found)
        return self._weighed(by_best_parts(whole, parts, best=BEST_PARTS) if parts else whole)[:k]

    def _fused(self, legs: Legs, *, limit: int | None = None) -> tuple[Hit, ...]:
        sparse = self._settings.sparse_weight
        weights = {SPARSE: sparse, DENSE: 1 - sparse}
        match self._settings.fusion:
            case "proportional":
                return proportional(legs, weights, depth=self._settings.depth, limit=limit)
            case "minmax":
                return minmax(legs, weights, limit=limit)
            case "rrf":
                return reciprocal_rank(legs, weights, k=self._settings.rrf_k, limit=limit)

    def _weighed(self, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        weighed = [
            replace(hit, score=hit.score * self._settings.draft_weight) if _is_draft(hit) else hit
            for hit in hits
        ]
        return tuple(sorted(weighed, key=lambda hit: (-hit.score, hit.chunk_id)))


def _is_draft(hit: Hit) -> bool:
    return hit.metadata.status is Status.DRAFT
