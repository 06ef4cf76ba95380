"""Write the index: buffered into few transactions, visible to readers only when published."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.domain.access import AccessList
from holdfast.domain.chunks import Chunk
from holdfast.domain.documents import Document, Problem
from holdfast.domain.indexing import Known, LeakTest, Standing, Trouble
from holdfast.domain.queries import FloatArray
from holdfast.errors import StorageError
from holdfast.protocols import Embedder
from holdfast.stages.indexing.canaries import Canaries, LeakFound
from holdfast.stages.indexing.projections import Projections
from holdfast.stages.indexing.sums import Look
from holdfast.storage import alive, counters, feed, knowledge, standings
from holdfast.storage.database import Database
from holdfast.storage.entries import Entry
from holdfast.storage.known import KnownDocuments
from holdfast.storage.standings import Naming

FLUSH_CHUNKS = 500
FLUSH_S = 2.0
"""A kill loses at most this much work; everything flushed is found again by the next sync."""
MOST_REMEMBERED = 200_000
"""Texts of a first sync that are remembered to have a vector; beyond them the records are asked each time."""

Name = tuple[str, str]
"""Source and path of a document."""


@dataclass(slots=True)
class _Buffer:
    entries: list[Entry] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    gone: list[Name] = field(default_factory=list)
    stamps: dict[Name, str] = field(default_factory=dict)
    chunks: int = 0
    since: float = field(default_factory=time.monotonic)

    @property
    def names(self) -> set[Name]:
        """Return every document that something is kept of."""
        written = {(one.document.source, one.document.path) for one in self.entries}
        return written | {(one.source, one.path) for one in self.troubles} | {*self.gone, *self.stamps}

    @property
    def is_due(self) -> bool:
        return self.chunks >= FLUSH_CHUNKS or time.monotonic() - self.since > FLUSH_S


class LocalIndexWriter:
    """Writes the version after the published one; the caller holds the sync lease.

    Access lists are the exception: a change of access is seen by the next query, not by the next
    version.
    """

    def __init__(
        self,
        database: Database,
        projections: Projections,
        embedder: Embedder,
        *,
        known: KnownDocuments | None = None,
    ) -> None:
        """Take the parts, and what is known already where a writer before this one shares it."""
        self._database = database
        self._known = known or KnownDocuments(database)
        self._projections = projections
        self._embedder = embedder
        self._lock = threading.Lock()
        self._buffer = _Buffer()
        self._superseded: Mapping[Name, str] | None = None
        self._rules = ""
        self._naming: Naming | None = None
        """How the documents that standings are resolved from name each other."""
        self._came_since = False
        self._wrote_without_vectors = False
        self._with_vectors: set[str] = set()
        """Text keys whose vectors this writer brought, as long as there were none before it."""
        self.leak_test: LeakTest | None = None
        """What the test of the last publication did."""
        self.mended: tuple[str, ...] = ()
        """Files of the index found damaged since the publication before; their legs were built anew."""
        self.unaltered = 0
        """Documents that were read again and found as they are on record."""
        with database.read() as connection:
            state = feed.state(connection)
            self._chunks_before = feed.last_chunk(connection)
            self._held_vectors = feed.has_vectors(connection, embedder.fingerprint)
        if not state.database_id:
            with database.write() as connection:
                counters.ensure_database_id(connection)
        self.version = state.published + 1

    def known(self) -> Mapping[Name, Known]:
        """Return what is indexed or recorded as a problem, by source and path."""
        return self._known.now()

    def kept_vectors(self, texts: Sequence[str]) -> Mapping[str, FloatArray]:
        """Return those of these indexed texts that have a vector of this embedder, shape (dimension,)."""
        keys = {key: text for text in texts if self._may_have_vector(key := text_key(text))}
        if not keys:
            return {}
        with self._database.read() as connection:
            found = feed.vectors_of(
                connection, self._embedder.fingerprint, list(keys), self._embedder.dimension
            )
        return {keys[key]: vector for key, vector in found.items()}

    def _may_have_vector(self, key: str) -> bool:
        """Return False only where no vector can be: a first sync would ask the records for each document."""
        return self._held_vectors or key in self._with_vectors

    def write(
        self,
        document: Document,
        chunks: tuple[Chunk, ...],
        vectors: FloatArray | None,
        *,
        parent: str = "",
        skip_key: str,
    ) -> None:
        """Put a document's new revision in the place of the one before.

        `vectors` has shape (chunks, dimension), or is None when they are to come later.
        """
        self._keep(
            Entry(
                document=document, parent=parent, skip_key=skip_key, chunks=chunks,
                text_keys=tuple(text_key(chunk.indexed) for chunk in chunks), vectors=vectors,
                fingerprint=self._embedder.fingerprint,
            )
        )  # fmt: skip

    def _keep(self, entry: Entry) -> None:
        with self._lock:
            self._wrote_without_vectors |= bool(entry.chunks) and entry.vectors is None
            self._buffer.entries.append(entry)
            self._buffer.chunks += max(1, len(entry.chunks))
            if self._buffer.is_due:
                self._flush()

    def trouble(self, one: Trouble, *, keep_last_good: bool) -> None:
        """Record a document that could not be taken in; its last good revision stays or ends."""
        with self._lock:
            if not keep_last_good:
                self._end([(one.source, one.path)])
            self._buffer.troubles.append(one)

    def remove(self, names: Sequence[Name]) -> None:
        """End documents that are no longer there."""
        with self._lock:
            self._end(names)

    def _end(self, names: Sequence[Name]) -> None:
        # What is buffered ends before what is buffered begins, so an entry that ends never begins.
        ended = set(names)
        buffer = self._buffer
        buffer.entries = [
            one for one in buffer.entries if (one.document.source, one.document.path) not in ended
        ]
        buffer.gone.extend(names)

    def restamp(self, name: Name, stamp: str) -> None:
        """Note a new stamp for a document whose content is the same."""
        with self._lock:
            self._buffer.stamps[name] = stamp

    def flush(self) -> None:
        """Commit what was buffered."""
        with self._lock:
            self._flush()

    def _flush(self) -> None:
        buffer, self._buffer = self._buffer, _Buffer()
        if not buffer.names:
            return
        if buffer.entries or buffer.gone:
            self._came_since = self._naming is not None  # what was resolved was resolved without them
        with self._known.changing(buffer.names) as connection:
            knowledge.assert_next(connection, self.version)
            if buffer.gone:
                knowledge.remove(connection, buffer.gone, version=self.version)
            if buffer.entries:
                self.unaltered += knowledge.write(connection, buffer.entries, version=self.version)
            knowledge.trouble(connection, buffer.troubles)
            knowledge.restamp(connection, buffer.stamps)
        for one in buffer.entries:
            self._remember_vectors(() if one.vectors is None else one.text_keys)

    def _remember_vectors(self, keys: Iterable[str]) -> None:
        if not self._held_vectors:
            self._with_vectors.update(keys)
            if len(self._with_vectors) > MOST_REMEMBERED:
                self._held_vectors, self._with_vectors = True, set()

    def refile_access(self, changes: Mapping[Name, AccessList]) -> None:
        """Give documents other access lists, at once and for every revision."""
        if not changes:
            return
        with self._known.changing(changes.keys()) as connection:
            knowledge.refile_access(
                connection, {name: (access.entries, access.rule) for name, access in changes.items()}
            )

    def has_new_standings(self, rules: str) -> bool:
        """Return whether standings have to be resolved: something changed since these rules last did."""
        self.flush()
        self._rules = rules
        with self._database.read() as connection:
            return not standings.is_resolved(connection, rules)

    def standings(self) -> tuple[Standing, ...]:
        """Return what every document says of its standing."""
        self.flush()
        with self._database.read() as connection:
            told = standings.standings(connection)
        self._naming, self._came_since = standings.naming_of(told), False
        return told

    def refile_standing(self, superseded: Mapping[Name, str]) -> int:
        """Mark documents as superseded by the named ones with the next publication; return how many change.

        Not before it: the one that supersedes may not be published yet, and readers would have neither.
        """
        self._superseded = dict(superseded)
        if self._naming is None or (superseded and self._naming is Naming.NONE):
            self._naming = Naming.BOTH
        with self._database.read() as connection:
            return len(standings.standing_changes(connection, superseded))

    def without_vectors(self, limit: int) -> list[tuple[str, str]]:
        """Return up to `limit` (text key, text) of chunks that have no vector of this embedder yet."""
        if self._has_all_vectors():
            return []
        with self._database.read() as connection:
            return feed.without_vectors(connection, self._embedder.fingerprint, limit=limit)

    def _has_all_vectors(self) -> bool:
        """Return whether nothing can lack a vector: to look through all chunks takes a second at 300,000."""
        with self._database.read() as connection:
            state = feed.state(connection)
        mark = self._projections.dense.mark()
        is_level = mark.database_id == state.database_id and mark.added >= self._chunks_before
        is_same = state.fingerprint == self._embedder.fingerprint
        return is_level and is_same and mark.missing == 0 and not self._wrote_without_vectors

    def write_vectors(self, text_keys: Sequence[str], vectors: FloatArray) -> None:
        """Keep vectors that came later than their chunks."""
        with self._database.write() as connection:
            knowledge.write_vectors(connection, self._embedder.fingerprint, text_keys, vectors)
        with self._lock:
            self._remember_vectors(text_keys)

    def publish(self, *, rebuild: bool = False) -> int:
        """Make everything written visible to all readers at once; return the published version.

        New chunks enter the projections before the switch and dead ones leave them after it, so a
        reader of either version misses nothing. Between the two the projections are tested for leaks:
        raises StorageError, and publishes nothing, when they show what they must not or hide what they
        must show. Such a version is in quarantine: the next call builds both projections anew first.
        """
        self.flush()
        with self._database.read() as connection:
            rebuild = rebuild or bool(counters.remembered(connection, counters.QUARANTINE))
            is_new = knowledge.pending(connection, self.version) or (
                counters.remembered(connection, "fingerprint") != self._embedder.fingerprint
            )
        self._projections.catch_up(rebuild=rebuild, publishing=True, look=Look.SYNC)
        self.leak_test = tested = self._tested_for_leaks()
        with self._known.changing() as connection:
            knowledge.assert_next(connection, self.version)
            counters.remember(connection, counters.CANARIES, str(tested.last))
            counters.remember(connection, counters.QUARANTINE, "")
            self.mended = tuple(counters.remembered(connection, counters.DAMAGED).split())
            if self.mended:
                counters.remember(connection, counters.DAMAGED, "")
            counters.remember(connection, "fingerprint", self._embedder.fingerprint)
            if self._superseded is not None:
                standings.refile_standing(connection, self._superseded)
                if self._naming is not None and not self._came_since:
                    standings.keep_resolved(connection, self._rules, self._naming)
            if is_new:
                knowledge.publish(connection, self.version)
        self._projections.catch_up()
        self._projections.compact()
        with self._database.read() as connection:
            published = feed.state(connection).published
        self.version = published + 1
        return published

    def _tested_for_leaks(self) -> LeakTest:
        with self._database.read() as connection:
            after = int(counters.remembered(connection, counters.CANARIES) or 0)
        canaries = Canaries(self._database, self._projections, dimension=self._embedder.dimension)
        try:
            return canaries.test(version=self.version, after=after)
        except LeakFound as leak:
            why = f"version {self.version} is in quarantine: {leak}"
            with self._database.write() as connection:
                counters.remember(connection, counters.QUARANTINE, why)
            raise StorageError(
                f"{why}; readers stay on version {self.version - 1}",
                stage="indexing",
                move="Run `holdfast sync` again: it builds both legs anew from the records and tests them "
                "again. If it fails again, the code is at fault: go back to the last release, and report it",
            ) from leak

    def problems(self) -> tuple[Problem, ...]:
        """Return every recorded problem, by path."""
        with self._database.read() as connection:
            return knowledge.problems_now(connection)

    def chunk_count(self) -> int:
        """Return how many chunks are alive for readers."""
        with self._database.read() as connection:
            return alive.readers_count(connection)


def text_key(text: str) -> str:
    """Return the key under which a text's vector is kept."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
