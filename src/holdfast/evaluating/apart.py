"""Another declaration of a workflow, wired beside the live one over the same documents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from holdfast.access.trust import is_trusted
from holdfast.app import Wiring
from holdfast.declaring.git_tree import Point, write_declaration
from holdfast.domain.versions import Version, version_of
from holdfast.errors import NotAllowed
from holdfast.protocols import Embedder, Fittable, Source
from holdfast.session import Flow
from holdfast.storage.bookkeeping import Bookkeeper
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.schema import documents
from holdfast.trials import KeptVectors, fill
from holdfast.workflow import LoadedWorkflow, load_workflow

READ_ANEW = ("sources", "parsing", "enriching")
"""Sections whose change means that documents are read again."""
INDEXED_ANEW = ("chunking", "embedding", "indexing")
"""Sections whose change means that what was read is indexed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """What an index apart takes, told before it is built."""

    changed: tuple[str, ...]
    """Sections of the declaration that differ; empty: the live index serves."""
    documents: int
    is_paid: bool
    """Whether texts go to an embedding endpoint, which may cost."""

    def __str__(self) -> str:
        paid = "; their texts are sent to the embedding endpoint, which may cost" if self.is_paid else ""
        return (
            f"{', '.join(self.changed)} differ there: {self.documents} documents are indexed apart, "
            f"and that index is thrown away afterwards{paid}"
        )


@asynccontextmanager
async def at_point(live: Wiring, point: Point, *, told: Callable[[Building], None]) -> AsyncIterator[Wiring]:
    """Yield the declaration of a commit, wired over today's documents.

    The live index serves where nothing differs that it depends on, else one is built in a temporary
    folder after `told` was told; `told` may raise to stop. Raises UsageError, DeclarationError, and
    NotAllowed for hooks that are not those which were trusted.
    """
    with TemporaryDirectory(prefix="holdfast-ref-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / (live.folder.resolve().name or "workflow")
        folder.mkdir()
        await asyncio.to_thread(write_declaration, live.folder, point, folder)
        loaded = load_workflow(folder)
        _check_hooks(live, loaded, point)
        changed = index_changes(live.loaded, loaded)
        if not changed:
            wiring = _Beside(live, loaded)
        else:
            told(_building(live, loaded, changed))
            wiring = _Apart(live, loaded, Path(temporary) / "state", changed)
        try:
            if isinstance(wiring, _Apart):
                await wiring.build()
            yield wiring
        finally:
            wiring.close()


def index_changes(one: LoadedWorkflow, other: LoadedWorkflow) -> tuple[str, ...]:
    """Return the sections that an index depends on and in which two declarations differ."""
    sections = (*READ_ANEW, *INDEXED_ANEW)
    changed = [
        name for name in sections if getattr(one.settings, name) != getattr(other.settings, name)
    ]  # fmt: skip
    if one.hooks_digest != other.hooks_digest:
        hooked = {part.place[0] for part in (*one.parts, *other.parts) if part.is_hook}
        changed += [name for name in sections if name in hooked and name not in changed]
    return tuple(changed)


def _check_hooks(live: Wiring, loaded: LoadedWorkflow, point: Point) -> None:
    if loaded.hooks_digest and not is_trusted(live.folder, loaded.hooks_digest):
        raise NotAllowed(
            f"the hooks of {live.folder} at {point.ref} are not those that were trusted",
            stage="trust",
            move="Check that ref out, run `holdfast trust` and `holdfast eval` there, and compare with "
            "that experiment by its id.",
        )


def _building(live: Wiring, loaded: LoadedWorkflow, changed: tuple[str, ...]) -> Building:
    with live.database.read() as connection:
        alive = sa.select(sa.func.count()).select_from(documents).where(documents.c.died.is_(None))
        count = int(connection.execute(alive).scalar_one())
    is_paid = loaded.settings.embedding.model == "endpoint"
    return Building(changed=changed, documents=count, is_paid=is_paid)


class _Beside(Wiring):
    """Another declaration over the live index, records and ledger."""

    def __init__(
        self,
        live: Wiring,
        loaded: LoadedWorkflow,
        *,
        state: Path | None = None,
        database: Database | None = None,
    ) -> None:
        super().__init__(
            loaded,
            state=state or live.state,
            database=database or live.database,
            workspace=live.workspace,
        )
        if database is None:
            self._to_close.clear()  # the live workflow's own
        self._live = live
        self.trusted_as = live.folder  # trust is in the folder that the declaration is of

    @property
    def index_version(self) -> int:
        """Return the live version: the documents are those of today."""
        return self._live.index_version

    @cached_property
    def ledger(self) -> Bookkeeper:
        """Return the live account: budgets hold for both together."""
        return self._live.ledger


class _Apart(_Beside):
    """Another declaration over an index of its own, in a folder that is thrown away."""

    def __init__(self, live: Wiring, loaded: LoadedWorkflow, state: Path, changed: tuple[str, ...]) -> None:
        state.mkdir(parents=True)
        super().__init__(live, loaded, state=state, database=open_database(sqlite_url(state / "records.db")))
        self._changed = changed

    async def build(self) -> None:
        """Index today's documents under this declaration: read again, or as they are on record."""
        if not set(self._changed).isdisjoint(READ_ANEW) or isinstance(self.embedder, Fittable):
            await Flow(self).sync()
        else:
            await fill(self, self._live.database, _let_others_run)

    def sources(self) -> list[Source]:
        """Return the declared sources; one that had permissions in the live workflow still has them."""
        had = any(getattr(source, "had_permissions", False) for source in self._live.sources())
        own = super().sources()
        for source in own:
            if hasattr(source, "had_permissions"):
                source.had_permissions = source.had_permissions or had
        return own

    @cached_property
    def embedder(self) -> Embedder:
        """Return the live embedder, asked for new texts only, where its section is the same."""
        if "embedding" in self._changed:
            return super().embedder
        return KeptVectors(self._live.embedder, self._live.database)

    @property
    def version(self) -> Version:
        """Return the Version; its index is built of the live one's documents under these sections."""
        parts = {**self.loaded.version_parts, "embedder": self.embedder.fingerprint}
        return version_of({**parts, "index": f"{self.index_version} apart: {', '.join(self._changed)}"})


async def _let_others_run() -> None:
    await asyncio.sleep(0)
