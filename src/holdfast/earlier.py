"""Search an index version that a run or a case names and that is no longer the published one."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from holdfast.app import Wiring
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.errors import StorageError, UsageError
from holdfast.indexes import EARLIER, LIVE, projections_in
from holdfast.protocols import Embedder
from holdfast.stages.indexing.earlier import EarlierProjections, past_its_time
from holdfast.stages.indexing.projections import Projections
from holdfast.storage import feed
from holdfast.storage.bookkeeping import Bookkeeper

MB = 1_000_000


@asynccontextmanager
async def at_version(live: Wiring, version: int) -> AsyncIterator[Wiring]:
    """Yield a workflow wired to search an index version's documents: the live one for 0 and the published.

    Who may see what is decided by today's access lists, a document's standing is that of its revision, or
    today's where it still is the current one. Raises UsageError when there is no such version, or an index of
    the user's own is declared, and StorageError when the version is past its time or its index would take
    more room than `retention.earlier_index_mb`.
    """
    with live.database.read() as connection:
        state = feed.state(connection)
    if version in (0, state.published):
        yield live
        return
    await asyncio.to_thread(_make_room, live, version, state)
    yield _Earlier(live, version)


async def search_at(live: Wiring, version: int, item: WorkItem, *, k: int) -> Retrieved:
    """Return the hits of an item at an index version; raise what `at_version` raises."""
    async with at_version(live, version) as wiring:
        retrieved = await wiring.retriever(k=k).retrieve(item)
        legs = wiring.projections if wiring is not live else None
    if not isinstance(legs, EarlierProjections) or not legs.missing:
        return retrieved
    why = f"{legs.missing} passages of index version {version} have no vector of today's embedder: words only"
    return replace(retrieved, degraded="; ".join(filter(None, (retrieved.degraded, why))))


def drop_old(wiring: Wiring) -> None:
    """Delete indexes of versions that are past their time, and the least lately used beyond the room."""
    with wiring.database.read() as connection:
        purged = feed.state(connection).purged
    kept = []
    for folder in _folders(wiring):
        if int(folder.name) < purged:
            _delete(folder)
        else:
            kept.append(folder)
    _delete_beyond(kept, wiring.workspace.retention.earlier_index_mb * MB)


def drop_all(wiring: Wiring) -> None:
    """Delete every earlier version's index, for one may hold what is to be forgotten."""
    for folder in _folders(wiring):
        _delete(folder)


class _Earlier(Wiring):
    """A workflow over its own records and parts, with the index of an earlier version."""

    def __init__(self, live: Wiring, version: int) -> None:
        super().__init__(live.loaded, state=live.state, database=live.database, workspace=live.workspace)
        self._to_close.clear()  # the live workflow's own
        self._live = live
        self._at = version
        self.trusted_as = live.trusted_as

    @property
    def index_version(self) -> int:
        """Return the version that is searched."""
        return self._at

    @cached_property
    def embedder(self) -> Embedder:
        """Return the live embedder."""
        return self._live.embedder

    @cached_property
    def ledger(self) -> Bookkeeper:
        """Return the live account."""
        return self._live.ledger

    @cached_property
    def projections(self) -> Projections:
        """Return both legs as they stand at the version."""
        folder = self.state / EARLIER / str(self._at)
        return projections_in(folder, self.settings.indexing, self.database, self.embedder, at=self._at)


def _make_room(live: Wiring, version: int, state: feed.State) -> None:
    """Check that the version can be searched, and make room for its index where it has none yet."""
    if live.settings.indexing.use:
        raise UsageError(
            f"{live.settings.indexing.use} searches the published index version only",
            stage="indexing",
            move="Leave the version out, or take `indexing.use` out to search it with Holdfast's own index.",
        )
    if not 0 < version < state.published:
        raise UsageError(
            f"there is no index version {version}; the published one is {state.published}",
            stage="indexing",
            move="`holdfast runs RUN --json` tells which one a run saw.",
        )
    if version < state.purged:
        raise past_its_time(version, state)
    folder, limit = live.state / EARLIER / str(version), live.workspace.retention.earlier_index_mb * MB
    with suppress(FileNotFoundError):
        os.utime(folder)  # when it was used last
        return
    needed = _needed(live, version, state)
    if needed > limit:
        raise StorageError(
            f"the index of version {version} would take about {needed / MB:.0f} MB, more than the "
            f"{limit / MB:.0f} MB that earlier versions may take",
            stage="indexing",
            move="Raise `retention.earlier_index_mb` in holdfast.yaml",
        )
    _delete_beyond(_folders(live), limit - needed)


def _needed(live: Wiring, version: int, state: feed.State) -> int:
    """Return about how many bytes the index of a version takes: as many by the chunk as the live one."""
    with live.database.read() as connection:
        then, now = (feed.alive_count(connection, one) for one in (version, state.published))
    return _size(live.state / LIVE) * then // max(1, now)


def _delete_beyond(folders: list[Path], limit: int) -> None:
    """Delete the least lately used folders until the others fit."""
    taken = {folder: _size(folder) for folder in folders}
    for folder in sorted(folders, key=_used_at):
        if sum(taken.values()) <= limit:
            return
        _delete(folder)
        del taken[folder]


def _used_at(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:  # another process has just deleted it
        return 0


def _folders(wiring: Wiring) -> list[Path]:
    folder = wiring.state / EARLIER
    return [one for one in folder.iterdir() if one.name.isdecimal()] if folder.is_dir() else []


def _delete(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # whoever searches it at this moment builds it anew


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # another process has just replaced it
            continue
    return total
