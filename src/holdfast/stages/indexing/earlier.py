"""Both legs at an index version that is no longer the published one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from holdfast.errors import StorageError
from holdfast.protocols import Embedder
from holdfast.stages.indexing.dense import DenseLeg
from holdfast.stages.indexing.marks import Mark
from holdfast.stages.indexing.projections import Projections
from holdfast.stages.indexing.sparse import SparseLeg
from holdfast.storage import feed
from holdfast.storage.database import Database


class EarlierProjections(Projections):
    """Projections that stand still at one version, built whole when it is searched first.

    A change of access or standing since, or a document that was forgotten, has them built anew: what may be
    seen is decided by today's access lists. Searching raises StorageError once revisions that the version
    held are deleted.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        *,
        sparse: SparseLeg,
        dense: DenseLeg,
        embedder: Embedder,
        version: int,
    ) -> None:
        super().__init__(folder, database, sparse=sparse, dense=dense, embedder=embedder)
        self._version = version

    def state(self, connection: sa.Connection) -> feed.State:
        """Return where the records stand, with this version in the place of the published one."""
        now = feed.state(connection)
        if self._version < now.purged:
            raise past_its_time(self._version, now)
        return replace(now, published=self._version, chunks=0)

    @property
    def missing(self) -> int:
        """Return how many chunks of the version have no vector of today's embedder."""
        return self.dense.mark().missing

    def _bring_sparse(self, *, rebuild: bool) -> None:
        with self._database.read() as connection:
            goal = self._goal(connection)
            if rebuild or not _is_same(self.sparse.mark(), goal):
                self.sparse.apply(feed.alive_at(connection, self._version), [], goal, rebuild=True)

    def _bring_dense(self, *, rebuild: bool, publishing: bool) -> None:
        with self._database.read() as connection:
            if not publishing and not self.has_embedder_of(self.state(connection)):
                return
            goal = self._goal(connection)
            if rebuild or not _is_same(self.dense.mark(), goal):
                alive, vectors = feed.alive_at(connection, self._version), self._vectors(connection)
                self.dense.apply(alive, [], [], vectors, goal, rebuild=True)

    def _goal(self, connection: sa.Connection) -> Mark:
        state = self.state(connection)
        return Mark(
            database_id=state.database_id, died=state.published, filed=state.filed, forgotten=state.forgotten
        )


def past_its_time(version: int, state: feed.State) -> StorageError:
    """Return the error for a version that held revisions which retention has deleted."""
    return StorageError(
        f"index version {version} is past its time: revisions that it held were deleted",
        stage="indexing",
        move=f"Search version {max(1, state.purged)} or a later one ({state.published} is published); "
        "`retention.versions_days` in holdfast.yaml keeps later ones for longer",
    )


def _is_same(mark: Mark, goal: Mark) -> bool:
    return (mark.database_id, mark.died, mark.filed, mark.forgotten) == (
        goal.database_id, goal.died, goal.filed, goal.forgotten,
    )  # fmt: skip
