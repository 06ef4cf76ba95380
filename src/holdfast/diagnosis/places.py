"""Find the exact place of a document's chunks on each leg, however far down it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.domain.access import Principal
from holdfast.domain.hits import Hit, Leg
from holdfast.domain.queries import Filter, FloatArray, IndexQuery
from holdfast.protocols import Index

FIRST = 100
FURTHER = 10
"""Each search that did not find it asks for so many times as many hits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a document's chunks stand on the legs: a chunk that is missing has no place on that leg."""

    hits: Mapping[int, Hit] = field(default_factory=dict)
    """The chunks that were found, by number."""
    legs: Mapping[str, Mapping[int, Leg]] = field(default_factory=dict)
    """Per leg the places by chunk; rank is from 1, among all that may be found."""
    searched: Mapping[str, int] = field(default_factory=dict)
    """Per leg how many hits it has at least: all of them where the document has no place."""

    def best(self, leg: str) -> tuple[int, Leg] | None:
        """Return the document's best chunk on a leg, with its place."""
        places = self.legs.get(leg, {})
        return min(places.items(), key=lambda place: place[1].rank) if places else None


def places_of(
    index: Index,
    chunks: Sequence[int],
    queries: Sequence[tuple[str, FloatArray | None]],
    *,
    principal: Principal,
    filter_: Filter,
    most: int,
) -> Places:
    """Return the best place of each chunk over all queries; `most` is how many chunks there are.

    A search asks for more until each leg has shown one of the chunks or has no more to show.
    """
    wanted = frozenset(chunks)
    hits: dict[int, Hit] = {}
    legs: dict[str, dict[int, Leg]] = {}
    searched: dict[str, int] = {}
    for text, vector in queries:
        found = _searched(
            index, wanted, IndexQuery(text=text, vector=vector, filter=filter_), principal, most
        )
        for name, listed in found.items():
            places = legs.setdefault(name, {})
            searched[name] = max(searched.get(name, 0), len(listed))
            for hit in listed:
                if hit.chunk_id in wanted:
                    hits[hit.chunk_id] = hit
                    place, before = hit.legs[name], places.get(hit.chunk_id)
                    if before is None or place.rank < before.rank:
                        places[hit.chunk_id] = place
    return Places(hits=hits, legs=legs, searched=searched)


def _searched(
    index: Index, wanted: frozenset[int], query: IndexQuery, principal: Principal, most: int
) -> Mapping[str, tuple[Hit, ...]]:
    k = FIRST
    while True:
        asked = IndexQuery(text=query.text, vector=query.vector, filter=query.filter, k=k)
        found = index.search(asked, principal=principal)
        is_enough = all(
            len(listed) < k or any(hit.chunk_id in wanted for hit in listed) for listed in found.values()
        )
        if is_enough or k > most:
            return found
        k *= FURTHER
