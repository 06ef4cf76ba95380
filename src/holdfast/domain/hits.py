"""What retrieval finds, with each leg's rank and score kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from holdfast.domain.documents import Metadata, Status
from holdfast.domain.locators import NOWHERE, Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A hit's place in one leg's own list."""

    rank: int
    """From 1."""
    score: float


class Candidate(NamedTuple):
    """A chunk as one leg of the index found it, before the chunk itself is loaded."""

    chunk_id: int
    score: float


class Placed(NamedTuple):
    """A chunk in a fused list."""

    chunk_id: int
    score: float


class Sighting(NamedTuple):
    """A candidate that the records let the principal see, its text not loaded yet."""

    chunk_id: int
    score: float
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk that was found, as the reader may see it."""

    chunk_id: int
    document: str
    """Path relative to the source's root."""
    ordinal: int
    text: str
    start: int
    end: int
    context: str = ""
    locator: Locator = NOWHERE
    metadata: Metadata = field(default_factory=Metadata)
    score: float = 0.0
    """Fused (later: reranked) score; comparable only within one list."""
    legs: Mapping[str, Leg] = field(default_factory=dict)


class Found(NamedTuple):
    """The hits that a fusion chose, with what was searched for them."""

    hits: tuple[Hit, ...]
    """Best first, each with its place in every leg that found it."""
    legs: tuple[frozenset[str], ...]
    """Names of the legs that were searched, by query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """Something that was considered and left out, and why."""

    thing: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """The hits of one item, best first, with the queries that found them and what was left out."""

    hits: tuple[Hit, ...]
    queries: tuple[str, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    degraded: str = ""
    """Why a leg is missing (`embedding provider is down: sparse only`), or empty."""
