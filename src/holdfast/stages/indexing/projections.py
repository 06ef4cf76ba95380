"""Keep both projections level with the records: catch up by change number, rebuild when they cannot."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import sqlalchemy as sa

from holdfast.domain.queries import FloatArray
from holdfast.errors import StorageError
from holdfast.stages.indexing.dense import DenseLeg
from holdfast.stages.indexing.marks import Mark
from holdfast.stages.indexing.sparse import SparseLeg
from holdfast.storage import feed
from holdfast.storage.database import Database


class Projections:
    """The sparse and the dense leg in one folder, behind one writers' lock."""

    def __init__(
        self, folder: Path, database: Database, *, sparse: SparseLeg, dense: DenseLeg, fingerprint: str,
        dimension: int,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._database = database
        self.sparse = sparse
        self.dense = dense
        self._fingerprint = fingerprint
        self._dimension = dimension

    def level_with(self, state: feed.State) -> bool:
        """Return whether both legs hold everything the published version holds, and nothing later."""
        return all(_is_level(mark, state) for mark in (self.sparse.mark(), self.dense.mark()))

    def catch_up(self, *, rebuild: bool = False, wait: bool = True) -> bool:
        """Bring both legs level; return False when another process is doing so and `wait` is off.

        Every chunk written goes in, also those of a version that is not published yet; only those
        that are dead for readers go out. A leg that belongs to another database, comes from the
        future, was truncated or made by another version of the code is rebuilt from the records.
        """
        with self._locked(wait=wait) as mine:
            if mine:
                self._bring_sparse(rebuild=rebuild)
                self._bring_dense(rebuild=rebuild)
        return mine

    def _bring_sparse(self, *, rebuild: bool) -> None:
        with self._database.read() as connection:
            now, goal = self.sparse.mark(), _goal(connection)
            if rebuild or _must_rebuild(now, goal):
                self.sparse.apply(feed.added_since(connection, 0), [], goal, rebuild=True)
            elif _has_news(now, goal):
                changed = chain(
                    feed.added_since(connection, now.added),
                    feed.refiled_since(connection, now.filed, goal.filed),
                )
                self.sparse.apply(changed, feed.died_since(connection, now.died, goal.died), goal)

    def _bring_dense(self, *, rebuild: bool) -> None:
        with self._database.read() as connection:
            now, goal = self.dense.mark(), _goal(connection)

            def vectors(text_keys: Sequence[str]) -> dict[str, FloatArray]:
                return feed.vectors_of(connection, self._fingerprint, text_keys, self._dimension)

            if rebuild or _must_rebuild(now, goal):
                self.dense.apply(feed.added_since(connection, 0), [], [], vectors, goal, rebuild=True)
            elif _has_news(now, goal) or now.missing:
                self.dense.apply(
                    feed.added_since(connection, 0 if now.missing else now.added),
                    feed.refiled_since(connection, now.filed, goal.filed),
                    feed.died_since(connection, now.died, goal.died),
                    vectors,
                    goal,
                )

    def compact(self) -> None:
        """Rebuild the dense leg when most of its entries are dead."""
        if self.dense.wants_compaction:
            with self._locked(wait=True):
                self._bring_dense(rebuild=True)

    @contextmanager
    def _locked(self, *, wait: bool) -> Iterator[bool]:
        """Hold the writers' lock of this folder; the kernel frees it when its holder dies."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StorageError(
                f"the index folder cannot be written ({error.strerror})",
                stage="indexing",
                move="Check its rights and the free space, or set HOLDFAST_HOME to another folder.",
            ) from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
        finally:
            os.close(handle)


def _is_level(mark: Mark, state: feed.State) -> bool:
    is_whole = mark.database_id == state.database_id and mark.added >= state.chunks
    return is_whole and mark.died == state.published and mark.filed == state.filed


def _goal(connection: sa.Connection) -> Mark:
    state = feed.state(connection)
    return Mark(
        database_id=state.database_id,
        added=feed.last_chunk(connection),
        died=state.published,
        filed=state.filed,
    )


def _must_rebuild(now: Mark, goal: Mark) -> bool:
    is_from_the_future = now.added > goal.added or now.died > goal.died or now.filed > goal.filed
    return now.database_id != goal.database_id or is_from_the_future


def _has_news(now: Mark, goal: Mark) -> bool:
    return (now.added, now.died, now.filed) != (goal.added, goal.died, goal.filed)
