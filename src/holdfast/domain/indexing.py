"""What a writer of the index knows of a document, and what one sync did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.domain.attempts import Spending
from holdfast.domain.documents import Metadata, Problem
from holdfast.domain.hidden import HiddenText


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the index holds of a document, enough to tell whether it must be read again."""

    source: str
    path: str
    parent: str
    """Path of the outer document for an attachment, else empty."""
    stamp: str
    skip_key: str
    """Digest of content and versions of the parts that made its chunks."""
    entries: frozenset[str]
    """Access-list entries."""
    is_indexed: bool
    """False when only a problem is recorded."""
    has_failed: bool = False
    """The file as it is now could not be taken in; what is indexed, if anything, is older."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A document that could not be taken in, as it is recorded."""

    source: str
    path: str
    parent: str
    stage: str
    status: str
    reason: str
    stamp: str
    skip_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one document says of itself and others, for working out which supersedes which."""

    source: str
    path: str
    title: str
    metadata: Metadata
    entries: frozenset[str] = frozenset()
    """Its access list: who may read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A claim to supersede, or to be superseded, that counts for nothing."""

    document: str
    claim: str
    """`supersedes` or `superseded by`."""
    words: str
    """What the document names, in its words."""
    why: str
    nearest: str = ""
    """Path of the document that is meant, or whose name is most like the words."""
    nearest_title: str = ""

    def __str__(self) -> str:
        told = f"{self.document} says: {self.claim} {self.words!r}; {self.why}"
        if not self.nearest_title:
            return told
        return f"{told} (the nearest is {self.nearest_title!r}, {self.nearest})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Which documents are superseded, and which claims count for nothing."""

    superseded: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """By source and path: the path of the document that supersedes it directly."""
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakTest:
    """What the standing leak test of one sync did; it passed, or the sync would have failed."""

    canaries: int
    """Access lists that had one."""
    askers: int
    """Principals that asked for all of them, on every leg."""
    last: int = 0
    """Number of the last access list that had one: the next test begins behind it."""
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """What one sync did; counts are documents."""

    added: int = 0
    updated: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: int = 0
    access_changed: int = 0
    chunks: int = 0
    """Chunks alive after the sync."""
    index_version: int = 0
    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    """What a person should be told once (`everyone may read this folder`)."""
    took_s: float = 0.0
    embedding_s: float = 0.0
    run: str = ""
    """The name by which the ledger knows this sync."""
    spending: Spending = Spending()
    """What calls of an embedding endpoint took; nothing where vectors are made on this machine."""
    leak_test: LeakTest | None = None
    """None where the index is not Holdfast's own."""
    hidden: tuple[HiddenText, ...] = ()
    """Documents that hold text which their readers do not see, the most important first."""
    doubts: tuple[Doubt, ...] = ()
    """Claims to supersede another document that count for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """How far the folder has moved on since the last sync."""

    added: int
    changed: int
    removed: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        return f"{self.added} new, {self.changed} changed, {self.removed} removed"
