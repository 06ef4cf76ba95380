"""Search the index: both legs propose, the records decide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.documents import Status
from holdfast.domain.hits import Candidate, Hit, Leg, Sighting
from holdfast.domain.queries import IndexQuery
from holdfast.errors import IndexUnavailable
from holdfast.stages.indexing.projections import Projections
from holdfast.storage import feed
from holdfast.storage.access_lists import visible_to
from holdfast.storage.database import Database
from holdfast.storage.hits import Loaded, documents_carrying, load_hits, statuses_of

SPARSE = "sparse"
DENSE = "dense"
SLACK = 8
"""Candidates asked for beyond k, so that a few that the records drop cost no second search."""
TRIES = 4
"""Searches begun anew when a publication or a change of access came between."""
CATCH_UP_WAIT_S = 5.0
"""How long a query waits for another process that is writing the projections."""

SIDE_BY_SIDE = 4
"""Queries whose first leg is searched beside their second."""

Search = Callable[[int], list[Candidate]]
"""One leg's search, given how many candidates are wanted."""

Sighted = Mapping[str, Sequence[Sighting]]
"""Lists of sightings by leg, best first."""
Choose = Callable[[Sighted], Collection[int]]
"""Says which chunks of the lists are wanted; the others are not loaded."""

VISIBLE_KEPT = 256
"""Principals whose access lists are remembered as long as no document was filed anew."""


class LocalIndex:
    """The Index socket over the records database and its two local projections."""

    def __init__(self, database: Database, projections: Projections) -> None:
        self._database = database
        self._projections = projections
        self._seen: object = None
        self._behind: feed.State | None = None
        self._lock = threading.Lock()
        self._may_see: dict[tuple[feed.State, frozenset[str]], frozenset[int]] = {}
        self._pool = ThreadPoolExecutor(max_workers=SIDE_BY_SIDE, thread_name_prefix="holdfast-leg")

    @property
    def version(self) -> int:
        """Return the index version that is searched: the published one, 0 before the first sync."""
        return self._state().published

    def search(self, query: IndexQuery, *, principal: Principal) -> Mapping[str, tuple[Hit, ...]]:
        """Return each leg's hits, best first: alive at the published version and visible today."""
        return self.search_chosen(query, principal=principal, choose=_all)

    def search_chosen(
        self, query: IndexQuery, *, principal: Principal, choose: Choose
    ) -> Mapping[str, tuple[Hit, ...]]:
        """Return of what `search` returns the hits that `choose` wants, with their ranks among all.

        To load two hundred hits takes longer than to find them, and a fusion keeps a tenth. It may be
        asked several times, for a search that is begun anew: the last time counts.
        """
        tries = TRIES
        while True:
            tries -= 1
            try:
                state, found = self._search(query, principal, choose)
            except (FileNotFoundError, IndexUnavailable):
                # A rebuild in another process took the files that were in use here, or they are damaged.
                if tries == 0 or self.version == 0:
                    raise
                self._projections.reload()
                if tries == 1:
                    self._projections.catch_up(rebuild=True)
                continue
            # The legs follow a publication at once, the records were read before it: then neither
            # version is whole, and the search begins anew.
            if tries == 0 or self._state() == state:
                return found

    def _state(self) -> feed.State:
        with self._database.read() as connection:
            return self._projections.state(connection)

    def _search(
        self, query: IndexQuery, principal: Principal, choose: Choose
    ) -> tuple[feed.State, Mapping[str, tuple[Hit, ...]]]:
        with self._database.read() as connection:
            state = self._projections.state(connection)
            self._follow(state)
            visible = self._visible(connection, state, principal)
            carrying = documents_carrying(connection, query.filter) if query.filter.keys else None

            def verified(numbers: Sequence[int]) -> dict[int, Status]:
                return statuses_of(
                    connection, numbers, version=state.published, principal=principal, filter_=query.filter
                )

            lists = self._filled(self._legs(query, state, visible, carrying), verified, query.k)
            wanted = choose(lists)
            loaded = load_hits(
                connection, sorted(wanted), version=state.published, principal=principal,
                filter_=query.filter,
            )  # fmt: skip
            return state, _hits(lists, loaded)

    def _visible(self, connection: sa.Connection, state: feed.State, principal: Principal) -> frozenset[int]:
        """Return the access lists that let the principal in; which there are changes with a filing only."""
        key = (state, principal.entries)
        if key not in self._may_see:
            if len(self._may_see) >= VISIBLE_KEPT:
                self._may_see.clear()
            self._may_see[key] = visible_to(connection, principal)
        return self._may_see[key]

    def _legs(
        self,
        query: IndexQuery,
        state: feed.State,
        visible: frozenset[int],
        carrying: frozenset[int] | None,
    ) -> dict[str, Search]:
        legs: dict[str, Search] = {}
        if query.text:
            legs[SPARSE] = lambda limit: self._projections.sparse.search(
                query.text, visible=visible, filter_=query.filter, limit=limit
            )
        if (vector := query.vector) is not None and self._projections.has_embedder_of(state):
            legs[DENSE] = lambda limit: self._projections.dense.search(
                vector, visible=visible, filter_=query.filter, carrying=carrying, limit=limit
            )
        return legs

    def _follow(self, state: feed.State) -> None:
        """Notice what other processes published, refiled, rebuilt or left unfinished since the last query."""
        if state.published == 0:
            raise IndexUnavailable(
                "there is no published index yet", stage="indexing", move="Run `holdfast sync` first."
            )
        if self._seen == (state, self._projections.stamps):
            return
        with self._lock:
            stamps = self._projections.stamps
            self._projections.reload()
            is_level = self._projections.level_with(state)
            if not is_level:
                is_level = self._projections.catch_up(wait_s=0 if state == self._behind else CATCH_UP_WAIT_S)
                stamps = self._projections.stamps
                self._projections.reload()
            # What could not be followed yet is tried again with the next query, without waiting again.
            self._seen = (state, stamps) if is_level else None
            self._behind = None if is_level else state

    def _filled(
        self, legs: Mapping[str, Search], verified: Callable[[Sequence[int]], dict[int, Status]], k: int
    ) -> dict[str, list[Sighting]]:
        """Return `k` sightings of every leg, asking for more until it is full or the leg has no more."""
        known: dict[int, Status | None] = {}
        found: dict[str, list[Sighting]] = {}
        limit, open_legs = k + SLACK, dict(legs)
        while open_legs:
            lists = self._at_once(open_legs, limit)
            new = {one.chunk_id for candidates in lists.values() for one in candidates} - known.keys()
            loaded = verified(sorted(new))
            known.update((number, loaded.get(number)) for number in new)
            for name, candidates in lists.items():
                seen = [
                    Sighting(one.chunk_id, one.score, status)
                    for one in candidates
                    if (status := known[one.chunk_id]) is not None
                ]
                if len(seen) >= k or len(candidates) < limit:
                    found[name] = seen[:k]
                    del open_legs[name]
            limit *= 4
        return {name: found[name] for name in legs}

    def _at_once(self, legs: Mapping[str, Search], limit: int) -> dict[str, list[Candidate]]:
        """Search the legs side by side: both compute without the interpreter's lock."""
        *others, last = legs.items()
        begun = {name: self._pool.submit(search, limit) for name, search in others}
        lists = {last[0]: last[1](limit)}
        return lists | {name: future.result() for name, future in begun.items()}


def _all(lists: Sighted) -> set[int]:
    """Want every chunk."""
    return {one.chunk_id for seen in lists.values() for one in seen}


def _hits(lists: Sighted, loaded: Mapping[int, Loaded]) -> dict[str, tuple[Hit, ...]]:
    """Return the loaded ones of each leg, with their rank in the whole list."""
    return {
        name: tuple(
            hit.hit(score=one.score, legs={name: Leg(rank=rank, score=one.score)})
            for rank, one in enumerate(seen, 1)
            if (hit := loaded.get(one.chunk_id)) is not None
        )
        for name, seen in lists.items()
    }
