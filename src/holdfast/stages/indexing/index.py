"""Search the index: both legs propose, the records decide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from holdfast.domain.access import Principal
from holdfast.domain.hits import Candidate, Hit, Leg
from holdfast.domain.queries import IndexQuery
from holdfast.errors import IndexUnavailable
from holdfast.stages.indexing.projections import Projections
from holdfast.storage import feed
from holdfast.storage.access_lists import visible_to
from holdfast.storage.database import Database
from holdfast.storage.hits import documents_carrying, load_hits

SPARSE = "sparse"
DENSE = "dense"
SLACK = 8
"""Candidates asked for beyond k, so that a few that the records drop cost no second search."""
MOST = 20_000
"""Candidates of one leg beyond which over-fetching stops."""


class LocalIndex:
    """The Index socket over the records database and its two local projections."""

    def __init__(self, database: Database, projections: Projections, *, language: str = "en") -> None:
        self._database = database
        self._projections = projections
        self._language = language
        self._seen: feed.State | None = None
        self._lock = threading.Lock()

    @property
    def version(self) -> int:
        """Return the published index version, 0 before the first sync."""
        with self._database.read() as connection:
            return feed.state(connection).published

    def search(self, query: IndexQuery, *, principal: Principal) -> Mapping[str, tuple[Hit, ...]]:
        """Return each leg's hits, best first: alive at the published version and visible today."""
        try:
            return self._search(query, principal)
        except FileNotFoundError:
            # A rebuild in another process took the files of the generation that was mapped here.
            self._projections.dense.reload()
            self._projections.sparse.reload()
            return self._search(query, principal)

    def _search(self, query: IndexQuery, principal: Principal) -> Mapping[str, tuple[Hit, ...]]:
        with self._database.read() as connection:
            state = self._fresh(feed.state(connection))
            visible = visible_to(connection, principal)
            carrying = documents_carrying(connection, query.filter) if query.filter.keys else None
            known: dict[int, Hit | None] = {}

            def verified(candidates: list[Candidate]) -> list[Hit]:
                new = [one.chunk_id for one in candidates if one.chunk_id not in known]
                loaded = load_hits(connection, new, version=state.published, principal=principal,
                                   filter_=query.filter)  # fmt: skip
                known.update({number: loaded.get(number) for number in new})
                return _ranked(candidates, known)

            legs = self._legs(query, visible, carrying)
            return {
                name: _labelled(name, self._filled(search, verified, query.k))
                for name, search in legs.items()
            }

    def _legs(
        self, query: IndexQuery, visible: frozenset[int], carrying: frozenset[int] | None
    ) -> dict[str, Callable[[int], list[Candidate]]]:
        legs: dict[str, Callable[[int], list[Candidate]]] = {}
        if query.text:
            legs[SPARSE] = lambda limit: self._projections.sparse.search(
                query.text, language=self._language, visible=visible, filter_=query.filter, limit=limit
            )
        if (vector := query.vector) is not None:
            legs[DENSE] = lambda limit: self._projections.dense.search(
                vector, visible=visible, filter_=query.filter, carrying=carrying, limit=limit
            )
        return legs

    def _filled(
        self,
        search: Callable[[int], list[Candidate]],
        verified: Callable[[list[Candidate]], list[Hit]],
        k: int,
    ) -> tuple[Hit, ...]:
        """Over-fetch until the list is full or the leg has no more."""
        limit = k + SLACK
        while True:
            candidates = search(limit)
            hits = verified(candidates)
            if len(hits) >= k or len(candidates) < limit or limit >= MOST:
                return tuple(hits[:k])
            limit *= 4

    def _fresh(self, state: feed.State) -> feed.State:
        """Notice what other processes published, refiled or left unfinished since the last query."""
        with self._lock:
            if state == self._seen:
                return state
            if state.published == 0:
                raise IndexUnavailable(
                    "there is no published index yet", stage="indexing", move="Run `holdfast sync` first."
                )
            if not self._projections.level_with(state):
                self._projections.catch_up(wait=self._seen is None)
            self._projections.sparse.reload()
            self._projections.dense.reload()
            self._projections.dense.forget_masks()
            self._seen = state
            return state


def _ranked(candidates: list[Candidate], known: Mapping[int, Hit | None]) -> list[Hit]:
    return [
        replace(hit, score=candidate.score)
        for candidate in candidates
        if (hit := known[candidate.chunk_id]) is not None
    ]


def _labelled(name: str, hits: tuple[Hit, ...]) -> tuple[Hit, ...]:
    return tuple(
        replace(hit, legs={name: Leg(rank=rank, score=hit.score)}) for rank, hit in enumerate(hits, 1)
    )
