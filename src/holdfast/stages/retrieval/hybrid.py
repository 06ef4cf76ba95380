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
from holdfast.stages.retrieval.fusion import minmax, proportional, reciprocal_rank
from holdfast.stages.retrieval.queries import queries_of
from holdfast.stages.retrieval.settings import RetrievalSettings

WHOLE = "0"
"""Name of the first query among several: the item itself."""


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
        filter_ = self._filter(item)
        lists = await asyncio.to_thread(self._searched, queries, vectors, filter_, item.principal)
        hits = self._weighed(lists[WHOLE] if len(lists) == 1 else self._joined(lists))
        return Retrieved(hits=hits[: self._settings.k], queries=queries, degraded=degraded)

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
    ) -> dict[str, tuple[Hit, ...]]:
        """Return the fused list of each query, by the query's position."""
        lists = {}
        for position, (text, vector) in enumerate(zip(queries, vectors, strict=True)):
            query = IndexQuery(text=text, vector=vector, k=self._settings.depth, filter=filter_)
            lists[str(position)] = self._fused(self._index.search(query, principal=principal))
        return lists

    def _fused(self, legs: Mapping[str, tuple[Hit, ...]]) -> tuple[Hit, ...]:
        sparse = self._settings.sparse_weight
        weights = {"sparse": sparse, "dense": 1 - sparse}
        match self._settings.fusion:
            case "proportional":
                return proportional(legs, weights, depth=self._settings.depth)
            case "minmax":
                return minmax(legs, weights)
            case "rrf":
                return reciprocal_rank(legs, weights, k=self._settings.rrf_k)

    def _joined(self, lists: Mapping[str, tuple[Hit, ...]]) -> tuple[Hit, ...]:
        """Fuse the lists of several queries: the whole item counts as much as all its parts."""
        parts = len(lists) - 1
        weights = {name: 0.5 if name == WHOLE else 0.5 / parts for name in lists}
        return minmax(lists, weights)

    def _weighed(self, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
        if not any(hit.metadata.status is Status.DRAFT for hit in hits):
            return hits
        weighed = [
            replace(hit, score=hit.score * self._settings.draft_weight)
            if hit.metadata.status is Status.DRAFT
            else hit
            for hit in hits
        ]
        return tuple(sorted(weighed, key=lambda hit: (-hit.score, hit.chunk_id)))
