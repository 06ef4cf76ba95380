"""Search the index: both legs propose, the records decide."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.documents import Status
from holdfast.domain.hits import Candidate, Found, Hit, Leg, Placed, Sighting
from holdfast.domain.queries import Filter, IndexQuery
from holdfast.errors import IndexUnavailable
from holdfast.stages.indexing.projections import Projections
from holdfast.stages.indexing.sums import Look
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
MENDED_AT = 2
"""Tries left at which files that cannot be read are compared with their sums; at 1 all are built anew."""
CATCH_UP_WAIT_S = 5.0
"""How long a query waits for another process that is writing the projections."""

SIDE_BY_SIDE = 4
"""Queries whose first leg is searched beside their second."""
BESIDE_FROM = 5_000
"""Chunks from which that is worth waking a thread: fewer are compared sooner than it wakes."""

Search = Callable[[int], list[Candidate]]
"""One leg's search, given how many candidates are wanted."""

Sighted = Mapping[str, Sequence[Sighting]]
"""Lists of sightings by leg, best first."""
Choose = Callable[[Sequence[Sighted]], Sequence[Placed]]
"""Says which chunks of the queries' lists are wanted, best first; the others are not loaded."""
Wanted = Callable[[Sequence[Sighted]], Collection[int]]

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
        (lists,), loaded = self._whole([query], principal, _all)
        return {name: _hits(name, seen, loaded) for name, seen in lists.items()}

    def search_chosen(self, queries: Sequence[IndexQuery], *, principal: Principal, choose: Choose) -> Found:
        """Return the hits that `choose` takes from all lists of all queries, searched as of one moment.

        To load two hundred hits takes longer than to find them, and a fusion keeps a tenth. It may be
        asked several times, for a search that is begun anew: the last time counts. Raises
        IndexUnavailable before the first sync, ValueError for queries of several filters.
        """
        chosen: list[Placed] = []

        def wanted(lists: Sequence[Sighted]) -> set[int]:
            chosen[:] = choose(lists)
            return {one.chunk_id for one in chosen}

        lists, loaded = self._whole(queries, principal, wanted)
        return Found(_chosen(chosen, lists, loaded), tuple(frozenset(legs) for legs in lists))

    def _whole(
        self, queries: Sequence[IndexQuery], principal: Principal, wanted: Wanted
    ) -> tuple[Sequence[Sighted], Mapping[int, Loaded]]:
        """Return all lists with the wanted chunks, of one published version; begin anew until they are."""
        tries = TRIES
        while True:
            tries -= 1
            try:
                state, lists, loaded = self._search(queries, principal, wanted)
            except (FileNotFoundError, IndexUnavailable):
                # A rebuild in another process took the files that were in use here, or they are damaged.
                if tries == 0 or self.version == 0:
                    raise
                self._projections.reload()
                if tries == MENDED_AT:
                    self._projections.catch_up(look=Look.EVERYTHING)
                if tries == 1:
                    self._projections.catch_up(rebuild=True)
                continue
            # The legs follow a publication at once, the records were read before it: then neither
            # version is whole, and the search begins anew.
            if tries == 0 or self._state() == state:
                return lists, loaded

    def _state(self) -> feed.State:
        with self._database.read() as connection:
            return self._projections.state(connection)

    def _search(
        self, queries: Sequence[IndexQuery], principal: Principal, wanted: Wanted
    ) -> tuple[feed.State, Sequence[Sighted], Mapping[int, Loaded]]:
        with self._database.read() as connection:
            state = self._projections.state(connection)
            self._follow(state)
            visible = self._visible(connection, state, principal)
            filter_ = _shared(queries)
            carrying = documents_carrying(connection, filter_) if filter_.keys else None
            version = state.published

            def verified(numbers: Sequence[int]) -> dict[int, Status]:
                return statuses_of(connection, numbers, version=version, principal=principal, filter_=filter_)

            known: dict[int, Status | None] = {}
            lists = [
                self._filled(self._legs(query, state, visible, carrying), verified, known, query.k)
                for query in queries
            ]
            loaded = load_hits(
                connection, sorted(wanted(lists)), version=version, principal=principal, filter_=filter_
            )
            return state, lists, loaded

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
        self,
        legs: Mapping[str, Search],
        verified: Callable[[Sequence[int]], dict[int, Status]],
        known: dict[int, Status | None],
        k: int,
    ) -> dict[str, list[Sighting]]:
        """Return `k` sightings of every leg, asking for more until it is full or the leg has no more.

        `known` is what the records said so far of chunks, and is added to.
        """
        found: dict[str, list[Sighting]] = {}
        limit, open_legs = k + SLACK, dict(legs)
        while open_legs:
            lists = self._at_once(open_legs, limit)
            new = {one[0] for candidates in lists.values() for one in candidates} - known.keys()
            known |= dict.fromkeys(new)
            known |= verified(sorted(new))
            for name, candidates in lists.items():
                seen = [
                    Sighting(number, score, status)
                    for number, score in candidates
                    if (status := known[number]) is not None
                ]
                if len(seen) >= k or len(candidates) < limit:
                    found[name] = seen[:k]
                    del open_legs[name]
            limit *= 4
        return {name: found[name] for name in legs}

    def _at_once(self, legs: Mapping[str, Search], limit: int) -> dict[str, list[Candidate]]:
        """Search the legs, side by side where there is much to compute without the interpreter's lock."""
        if len(legs) == 1 or self._projections.dense.entries < BESIDE_FROM:
            return {name: search(limit) for name, search in legs.items()}
        *others, last = legs.items()
        begun = {name: self._pool.submit(search, limit) for name, search in others}
        lists = {last[0]: last[1](limit)}
        return lists | {name: future.result() for name, future in begun.items()}


def _shared(queries: Sequence[IndexQuery]) -> Filter:
    filter_ = queries[0].filter if queries else Filter()
    if any(query.filter != filter_ for query in queries):
        raise ValueError("queries that are searched together have one filter")
    return filter_


def _all(lists: Sequence[Sighted]) -> set[int]:
    """Want every chunk."""
    return {one.chunk_id for legs in lists for seen in legs.values() for one in seen}


def _hits(name: str, seen: Sequence[Sighting], loaded: Mapping[int, Loaded]) -> tuple[Hit, ...]:
    """Return the loaded ones of a leg's list, with their rank in the whole of it."""
    return tuple(
        chunk.hit(score=score, legs={name: Leg(rank=rank, score=score)})
        for rank, (number, score, _) in enumerate(seen, 1)
        if (chunk := loaded.get(number)) is not None
    )


def _chosen(
    chosen: Sequence[Placed], lists: Sequence[Sighted], loaded: Mapping[int, Loaded]
) -> tuple[Hit, ...]:
    """Return the chosen chunks as hits in their order, each with its place on the legs that found it.

    Of several queries' lists the last one that holds a chunk tells its place.
    """
    places: dict[int, dict[str, Leg]] = {number: {} for number in loaded}
    for legs in lists:
        for name, seen in legs.items():
            for rank, one in enumerate(seen, 1):
                if one[0] in places:
                    places[one[0]][name] = Leg(rank=rank, score=one.score)
    return tuple(
        chunk.hit(score=score, legs=places[number])
        for number, score in chosen
        if (chunk := loaded.get(number)) is not None
    )
