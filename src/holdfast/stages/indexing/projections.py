"""Keep both projections level with the records: catch up by change number, rebuild when they cannot."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import sqlalchemy as sa

from holdfast.domain.queries import FloatArray
from holdfast.errors import IndexUnavailable, StorageError
from holdfast.protocols import Embedder
from holdfast.stages.indexing.dense import DenseLeg, Vectors
from holdfast.stages.indexing.marks import Mark, Stamp
from holdfast.stages.indexing.sparse import SparseLeg
from holdfast.stages.indexing.sums import Look
from holdfast.storage import counters, feed
from holdfast.storage.database import Database
from holdfast.telemetry.logs import Level, log

FOR_EVER = float("inf")
POLL_S = 0.005
WAIT_S = 5.0
TOLD_FROM = 10_000
"""Chunks from which a question that waits for a leg to be built anew is worth a warning (two seconds)."""


class Projections:
    """The sparse and the dense leg in one folder, behind one writers' lock."""

    def __init__(
        self, folder: Path, database: Database, *, sparse: SparseLeg, dense: DenseLeg, embedder: Embedder
    ) -> None:
        self._folder = folder
        self._database = database
        self.sparse = sparse
        self.dense = dense
        self._embedder = embedder

    def state(self, connection: sa.Connection) -> feed.State:
        """Return where the records stand for readers of these projections."""
        return feed.state(connection)

    @property
    def stamps(self) -> tuple[Stamp | None, Stamp | None]:
        """Return what changes whenever a process writes one of the legs; cheap enough for every query."""
        return self.sparse.stamp, self.dense.stamp

    def level_with(self, state: feed.State) -> bool:
        """Return whether both legs hold everything the published version holds, and nothing later."""
        legs = [self.sparse.mark()]
        if self.has_embedder_of(state):
            legs.append(self.dense.mark())
        return all(_is_level(mark, state) for mark in legs)

    def has_embedder_of(self, state: feed.State) -> bool:
        """Return whether the published vectors are of this process's embedder."""
        return state.fingerprint == self._embedder.fingerprint

    def reload(self) -> None:
        """See what other processes have written."""
        self.sparse.reload()
        self.dense.reload()

    def catch_up(
        self,
        *,
        rebuild: bool = False,
        wait_s: float = FOR_EVER,
        publishing: bool = False,
        look: Look = Look.OPENING,
    ) -> bool:
        """Bring both legs level; return False when another process is doing so for longer than `wait_s`.

        Every chunk written goes in, also those of a version that is not published yet; only those
        that are dead for readers go out. A leg that belongs to another database, comes from the
        future, was truncated, holds other bytes than were written (as far as `look` goes) or was made by
        another version of the code is rebuilt from the records. Damage is remembered for the next sync.
        Only who is about to publish may build the dense leg for another embedder than the published
        one: a reader with other settings would take it from those who use it. Raises StorageError
        when the files cannot be written; what readers use stays as it was.
        """
        with self._locked(wait_s) as mine, _told():
            if mine:
                broken = self._broken(look)
                self._remember(broken)
                legs = {name.partition("/")[0] for name in broken}
                if not publishing:
                    self._tell_of_rebuilds({"sparse", "dense"} if rebuild else legs)
                self._bring_sparse(rebuild=rebuild or "sparse" in legs)
                self._bring_dense(rebuild=rebuild or "dense" in legs, publishing=publishing)
                if look is not Look.OPENING:
                    self.dense.note_sums()
        return mine

    def _remember(self, broken: Sequence[str]) -> None:
        if broken:
            log("index.damaged", "warning", files=list(broken), now="built anew from the records")
            with self._database.write() as connection:
                told = counters.remembered(connection, counters.DAMAGED).split()
                counters.remember(connection, counters.DAMAGED, " ".join(dict.fromkeys([*told, *broken])))

    def _tell_of_rebuilds(self, legs: Collection[str]) -> None:
        """Say which legs a question waits for: those that are named, and those that cannot be caught up."""
        with self._database.read() as connection:
            state = self.state(connection)
            goal = _goal(connection, state)
        level: Level = "warning" if state.chunks >= TOLD_FROM else "info"
        for name, mark in (("sparse", self.sparse.mark()), ("dense", self.dense.mark())):
            is_used = name == "sparse" or self.has_embedder_of(state)
            if state.chunks and is_used and (name in legs or _must_rebuild(mark, goal, state)):
                log("index.rebuilding", level, leg=name, chunks=state.chunks, now="questions wait for it")

    def broken(self, look: Look) -> tuple[str, ...]:
        """Return the files of both legs that hold other bytes than were written, of those that are due.

        Nothing where another process is writing them for longer than a moment.
        """
        with self._locked(WAIT_S) as mine:
            return self._broken(look) if mine else ()

    def _broken(self, look: Look) -> tuple[str, ...]:
        found = {"sparse": self.sparse.broken(look), "dense": self.dense.broken(look)}
        return tuple(f"{leg}/{name}" for leg, names in found.items() for name in names)

    def _bring_sparse(self, *, rebuild: bool) -> None:
        with self._database.read() as connection:
            state = self.state(connection)
            now, goal = self.sparse.mark(), _goal(connection, state)
            if rebuild or _must_rebuild(now, goal, state):
                self.sparse.apply(feed.added_since(connection, 0), [], goal, rebuild=True)
            elif _has_news(now, goal):
                self._change_sparse(connection, now, goal)

    def _change_sparse(self, connection: sa.Connection, now: Mark, goal: Mark) -> None:
        changed = chain(
            feed.added_since(connection, now.added),
            feed.refiled_since(connection, now.filed, goal.filed),
        )
        try:
            self.sparse.apply(changed, feed.died_since(connection, now.died, goal.died), goal)
        except (ValueError, IndexUnavailable):
            # Files that a killed writer left, or damage: what cannot be changed is built anew beside it.
            self.sparse.apply(feed.added_since(connection, 0), [], goal, rebuild=True)

    def _bring_dense(self, *, rebuild: bool, publishing: bool) -> None:
        with self._database.read() as connection:
            state = self.state(connection)
            if not publishing and not self.has_embedder_of(state):
                return
            now, goal = self.dense.mark(), _goal(connection, state)

            vectors = self._vectors(connection)
            if rebuild or _must_rebuild(now, goal, state):
                self.dense.apply(feed.added_since(connection, 0), [], [], vectors, goal, rebuild=True)
            elif _has_news(now, goal) or now.missing:
                self._change_dense(connection, now, goal, vectors)

    def _change_dense(self, connection: sa.Connection, now: Mark, goal: Mark, vectors: Vectors) -> None:
        try:
            self.dense.apply(
                feed.added_since(connection, 0 if now.missing else now.added),
                feed.refiled_since(connection, now.filed, goal.filed),
                feed.died_since(connection, now.died, goal.died),
                vectors,
                goal,
            )
        except IndexUnavailable:
            self.dense.apply(feed.added_since(connection, 0), [], [], vectors, goal, rebuild=True)

    def _vectors(self, connection: sa.Connection) -> Callable[[Sequence[str]], dict[str, FloatArray]]:
        """Return what fetches this embedder's vectors by text key."""
        fingerprint, dimension = self._embedder.fingerprint, self._embedder.dimension
        return lambda text_keys: feed.vectors_of(connection, fingerprint, text_keys, dimension)

    def holding(self, chunks: frozenset[int]) -> tuple[str, ...]:
        """Return the legs in which any of these chunks is left."""
        if not chunks:
            return ()
        self.reload()
        legs = {"the sparse leg": self.sparse.holds(chunks), "the dense leg": self.dense.holds(chunks)}
        return tuple(name for name, holds in legs.items() if holds)

    def compact(self) -> None:
        """Rebuild the dense leg when most of its entries are dead."""
        with _told():
            if self.dense.wants_compaction:
                with self._locked(FOR_EVER):
                    self._bring_dense(rebuild=True, publishing=False)

    @contextmanager
    def with_canaries(
        self, canaries: Sequence[feed.Indexable], vector: FloatArray
    ) -> Iterator[tuple[SparseLeg, DenseLeg | None]]:
        """Yield both legs with entries more that no reader sees; the legs stand still meanwhile."""
        with self._locked(FOR_EVER), ExitStack() as stack:
            with _told():
                sparse = stack.enter_context(self.sparse.with_canaries(canaries))
                dense = stack.enter_context(self.dense.with_canaries(canaries, vector))
            yield sparse, dense

    def follows(self, filed: int) -> bool:
        """Return whether both legs hold every change of access up to this one, and no later one."""
        dense = self.dense.mark()
        return self.sparse.mark().filed == filed and (not dense.size or dense.filed == filed)

    @contextmanager
    def _locked(self, wait_s: float) -> Iterator[bool]:
        """Hold the writers' lock of this folder; the kernel frees it when its holder dies."""
        with _told():
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            yield _lock(handle, wait_s)
        finally:
            os.close(handle)


def _lock(handle: int, wait_s: float) -> bool:
    if wait_s == FOR_EVER:
        fcntl.flock(handle, fcntl.LOCK_EX)
        return True
    give_up = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= give_up:
                return False
            time.sleep(POLL_S)
        else:
            return True


@contextmanager
def _told() -> Iterator[None]:
    """Turn the errors of files and of the engines beneath into ours, with the next move."""
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:  # tantivy raises ValueError, usearch RuntimeError
        words = (getattr(error, "strerror", None) or str(error) or type(error).__name__).splitlines()[0]
        raise StorageError(
            f"the index folder cannot be written ({words})",
            stage="indexing",
            move="Check its rights and the free space, then run `holdfast sync` again; "
            "nothing published was lost.",
        ) from error


def _is_level(mark: Mark, state: feed.State) -> bool:
    is_whole = mark.database_id == state.database_id and mark.added >= state.chunks
    is_current = mark.died == state.published and mark.filed == state.filed
    return is_whole and is_current and mark.forgotten == state.forgotten


def _goal(connection: sa.Connection, state: feed.State) -> Mark:
    return Mark(
        database_id=state.database_id,
        added=feed.last_chunk(connection),
        died=state.published,
        filed=state.filed,
        forgotten=state.forgotten,
    )


def _must_rebuild(now: Mark, goal: Mark, state: feed.State) -> bool:
    is_from_the_future = now.added > goal.added or now.died > goal.died or now.filed > goal.filed
    # What was deleted from the records since can no longer be told to a projection chunk by chunk.
    missed_deletions = now.died < state.purged or now.forgotten != goal.forgotten
    return now.database_id != goal.database_id or is_from_the_future or missed_deletions


def _has_news(now: Mark, goal: Mark) -> bool:
    return (now.added, now.died, now.filed) != (goal.added, goal.died, goal.filed)
