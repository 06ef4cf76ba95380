"""Retrieve with both legs, fuse, and let standing weigh in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable

from holdfast.domain.access import Principal
from holdfast.domain.documents import Status
from holdfast.domain.hits import Found, Hit, Placed, Retrieved, Sighting
from holdfast.domain.items import WorkItem
from holdfast.domain.queries import Filter, FloatArray, IndexQuery
from holdfast.errors import ProviderError
from holdfast.protocols import Embedder, EmbedsHere, Index
from holdfast.stages.retrieval.fusion import (
    Fused,
    Scored,
    best_first,
    by_best_parts,
    merged,
    minmax,
    proportional,
    reciprocal_rank,
)
from holdfast.stages.retrieval.queries import queries_of
from holdfast.stages.retrieval.settings import RetrievalSettings
from holdfast.stages.retrieval.threads import on_search_thread

BEST_PARTS = 3
"""Parts of a long item that a chunk is judged by: those it fits best."""
SPARSE, DENSE = "sparse", "dense"
INCOMPARABLE = "found by words only: the index holds another embedder's vectors; run `holdfast sync`"


@runtime_checkable
class Chooses(Protocol):
    """An Index that can leave out what a fusion does not keep, before it is loaded."""

    def search_chosen(
        self,
        queries: Sequence[IndexQuery],
        *,
        principal: Principal,
        choose: Callable[[Sequence[Mapping[str, Sequence[Sighting]]]], Sequence[Placed]],
    ) -> Found:
        """Return the hits that `choose` takes from what `search` would return for each query."""
        ...


class HybridRetriever:
    """The Retriever socket: sparse and dense legs of one index, fused by chunk."""

    def __init__(self, index: Index, embedder: Embedder, settings: RetrievalSettings) -> None:
        self._index = index
        self._embedder = embedder
        self._settings = settings
        # an index that is not on this machine is waited for, which costs no core
        self._in_thread = on_search_thread if isinstance(index, Chooses) else asyncio.to_thread

    async def retrieve(self, item: WorkItem) -> Retrieved:
        """Return the best `k` hits that the item's principal may see."""
        queries = queries_of(item, split_from_words=self._settings.split_from_words)
        if not queries:
            return Retrieved(hits=())
        if len(queries) == 1 and isinstance(self._embedder, EmbedsHere):
            # to wake one thread for the vector and another for the search would take .3 ms more
            found, degraded = await self._in_thread(self._found_here, self._embedder, queries, item)
        else:
            vectors, degraded = await self._vectors(queries)
            found = await self._in_thread(self._search, queries, vectors, item)
        if not degraded and not all(DENSE in legs for legs in found.legs):
            degraded = INCOMPARABLE
        return Retrieved(hits=found.hits, queries=queries, degraded=degraded)

    async def _vectors(self, queries: tuple[str, ...]) -> tuple[list[FloatArray | None], str]:
        try:
            array = await self._embedder.embed(queries, kind="query")
        except ProviderError as error:
            return [None] * len(queries), _words_only(error)
        return list(array), ""

    def _found_here(
        self, embedder: EmbedsHere, queries: tuple[str, ...], item: WorkItem
    ) -> tuple[Found, str]:
        try:
            vectors: list[FloatArray | None] = [embedder.embed_question(text) for text in queries]
        except ProviderError as error:
            return self._search(queries, [None] * len(queries), item), _words_only(error)
        return self._search(queries, vectors, item), ""

    def _filter(self, item: WorkItem) -> Filter:
        keys = {
            key: (value,)
            for key, name in self._settings.filters.items()
            if (value := item.fields.get(name, "").strip())
        }
        return Filter(exclude=frozenset(self._settings.exclude), keys=keys)

    def _search(self, queries: Sequence[str], vectors: Sequence[FloatArray | None], item: WorkItem) -> Found:
        """Return the best hits of an item's queries together; an index that can loads no others."""
        principal, filter_ = item.principal, self._filter(item)
        asked = [
            IndexQuery(text=text, vector=vector, k=self._settings.depth, filter=filter_)
            for text, vector in zip(queries, vectors, strict=True)
        ]
        if isinstance(self._index, Chooses):
            return self._index.search_chosen(asked, principal=principal, choose=self._best)
        found = [self._index.search(query, principal=principal) for query in asked]
        best = self._best([{name: _sighted(hits) for name, hits in legs.items()} for legs in found])
        hits = merged(best, (hits for legs in found for hits in legs.values()))
        return Found(hits, tuple(frozenset(legs) for legs in found))

    def _best(self, lists: Sequence[Mapping[str, Sequence[Sighting]]]) -> Fused:
        """Return the best `k`; all are fused only where something is still to be weighed."""
        k = self._settings.k
        drafts = {
            one.chunk_id
            for legs in lists
            for seen in legs.values()
            for one in seen
            if one.status is Status.DRAFT
        }
        if len(lists) == 1:
            fused = self._fused(lists[0], limit=None if drafts else k)
        else:
            whole, *parts = map(self._fused, lists)
            fused = by_best_parts(whole, parts, best=BEST_PARTS)
        return self._weighed(fused, drafts)[:k] if drafts else fused[:k]

    def _fused(self, legs: Mapping[str, Sequence[Scored]], *, limit: int | None = None) -> Fused:
        sparse = self._settings.sparse_weight
        weights = {SPARSE: sparse, DENSE: 1 - sparse}
        match self._settings.fusion:
            case "proportional":
                return proportional(legs, weights, depth=self._settings.depth, limit=limit)
            case "minmax":
                return minmax(legs, weights, limit=limit)
            case "rrf":
                return reciprocal_rank(legs, weights, k=self._settings.rrf_k, limit=limit)

    def _weighed(self, fused: Fused, drafts: Collection[int]) -> Fused:
        weight = self._settings.draft_weight
        scores = {one.chunk_id: one.score * (weight if one.chunk_id in drafts else 1) for one in fused}
        return best_first(scores)


def _words_only(error: ProviderError) -> str:
    return f"found by words only: {error.what}"


def _sighted(hits: Sequence[Hit]) -> list[Sighting]:
    return [Sighting(hit.chunk_id, hit.score, hit.metadata.status) for hit in hits]
