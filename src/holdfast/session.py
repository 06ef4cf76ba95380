"""One opened workflow: sync, ask, search, and what was recorded."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import asdict, replace
from types import TracebackType
from typing import Self

from holdfast.app import Wiring
from holdfast.asking import ask
from holdfast.asking_many import ask_in_batches
from holdfast.calling.working import working_on
from holdfast.diagnosis.why import Why
from holdfast.domain.access import Principal
from holdfast.domain.attempts import Attempt, spending_of
from holdfast.domain.hits import Retrieved
from holdfast.domain.indexing import Staleness, SyncReport
from holdfast.domain.items import WorkItem
from holdfast.domain.prompts import Partial, Restart
from holdfast.domain.runs import Run
from holdfast.earlier import search_at
from holdfast.erasing import Erasable, Erased, erasable, prove, reckoned, take_document, take_person
from holdfast.errors import HoldfastError, StorageError
from holdfast.explaining import explain
from holdfast.flows.sync import Progress, sync
from holdfast.freshness import Follower, refresh_access, remember
from holdfast.noticing import with_notices
from holdfast.reviewing.notifying import tell
from holdfast.reviewing.review import Review
from holdfast.storage import audit
from holdfast.storage.audit import AuditEntry
from holdfast.storage.leases import entered, lease
from holdfast.storage.runs import RunSummary, StoredRun, find_run, list_runs
from holdfast.telemetry.logs import log
from holdfast.telemetry.trail import Listener, StageClock
from holdfast.tidying import tidy

SYNC_WAIT_S = 600.0
"""How long a sync waits for another one to end."""
SYNC_POLL_S = 0.2


class Flow:
    """An opened workflow; made by `holdfast.open`, to be closed after use."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._follower = Follower(wiring)
        self._untrusted = ""
        """What was last said against the permission files: a fault that stays is told once."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close connections and worker processes."""
        self._wiring.close()

    @property
    def wiring(self) -> Wiring:
        """Return the parts of this workflow."""
        return self._wiring

    # --- sync ---

    async def sync(
        self,
        *,
        progress: Progress = lambda _what, _done, _total: None,
        waiting: Callable[[str], None] = lambda _holder: None,
        rebuild: bool = False,
        may_vanish: bool = False,
    ) -> SyncReport:
        """Bring the index level with the sources.

        Raises DeclarationError when permissions cannot be trusted and StorageError when a source or
        the database cannot be used; what was published before stays as it was.
        """
        self._wiring.may_fetch = True
        async with self._lease(waiting):
            return await self._sync(progress, rebuild=rebuild, may_vanish=may_vanish)

    @asynccontextmanager
    async def _lease(self, waiting: Callable[[str], None]) -> AsyncIterator[None]:
        """Hold the sync lease; a wait for another sync's ends at once when it is cancelled."""
        held_by: list[str] = []
        give_up = time.monotonic() + SYNC_WAIT_S
        while True:
            tries = len(held_by)
            held = lease(self._wiring.database, "sync", wait_s=0, waiting=held_by.append)
            try:
                await entered(held)
                break
            except StorageError:
                if len(held_by) == tries or time.monotonic() > give_up:
                    raise
            if tries == 0:
                waiting(held_by[0])
            await asyncio.sleep(SYNC_POLL_S)
        try:
            yield
        finally:
            await asyncio.to_thread(held.__exit__, None, None, None)

    async def _sync(self, progress: Progress, *, rebuild: bool, may_vanish: bool) -> SyncReport:
        sources = self._wiring.sources()
        progress("listing", 0, 0)
        listings = {source.name: await asyncio.to_thread(source.survey) for source in sources}
        remember(self._wiring, listings, follows=False)
        clock, writer = StageClock(), self._wiring.index_writer()
        run, journal = f"sync-{uuid.uuid4().hex}", list[Attempt]()
        with working_on(run=run, journal=journal):
            report = await sync(
                sources,
                self._wiring.ingest_parts(),
                writer,
                clock,
                listings=listings,
                progress=progress,
                refiled=lambda: remember(self._wiring, listings),
                rebuild=rebuild,
                may_vanish=may_vanish,
            )
        report = replace(report, run=run, spending=spending_of(journal))
        await asyncio.to_thread(tidy, self._wiring)
        log(
            "sync.ended", added=report.added, updated=report.updated, removed=report.removed,
            failed=report.failed, chunks=report.chunks, took_s=report.took_s, run=run,
            cost_usd=report.spending.cost_usd,
        )  # fmt: skip
        if writer.leak_test is not None:
            log("leaks.tested", **asdict(writer.leak_test))
        report = replace(report, leak_test=writer.leak_test)
        return with_notices(self._wiring, report, clock.seconds, mended=writer.mended)

    @property
    def is_synced(self) -> bool:
        """Return whether there is a published index."""
        return self._wiring.index_version > 0

    async def refresh_access(self) -> Staleness:
        """Follow today's permissions without reading any document; return how stale the index is.

        Raises what `sync` raises when permissions cannot be trusted: then nothing may be asked.
        """
        return await asyncio.to_thread(refresh_access, self._wiring)

    async def follow(self) -> str:
        """Let permission files that changed count; return why they cannot be trusted, else nothing.

        Every question, search and look at runs or at the queue does so by itself. Where they cannot be
        trusted, those of the last sync stay in force, and the log says so once.
        """
        return await asyncio.to_thread(self._follow)

    def _follow(self) -> str:
        untrusted = self._follower.follow() if self.is_synced else ""
        if untrusted and untrusted != self._untrusted:
            log("permissions.untrusted", "warning", error=untrusted)
        self._untrusted = untrusted
        return untrusted

    # --- ask, search ---

    async def ask(
        self,
        item: WorkItem | str,
        *,
        principal: Principal | None = None,
        model: str = "",
        listen: Listener | None = None,
        run_id: str = "",
        thread: str | None = None,
    ) -> Run:
        """Return the run that answers, asks back, refuses or hands over; it is on record then.

        A plain question needs its principal; a WorkItem brings its own. `model` (`provider:name`)
        takes the place of the declared ladder's first rungs. `listen` gets the text sentence by
        sentence, each after its checks; only the run's outcome is final. `run_id` is
        the id it goes on record by, 32 hexadecimal digits; left out: one of its own. Raises ProviderError
        when no rung could answer; a run that failed or was cancelled is on record too. `thread` is the run
        that this one's thread began with (empty: it begins one): the draft is kept while it is written.
        """
        asked = item if isinstance(item, WorkItem) else self._item(item, principal)
        await self.follow()
        return await ask(self._wiring, asked, model=model, listen=listen, run_id=run_id, thread=thread)

    async def ask_in_batches(
        self,
        items: Iterable[WorkItem],
        *,
        model: str = "",
        progress: Progress = lambda _what, _done, _total: None,
        noted: Callable[[str], None] = lambda _text: None,
    ) -> AsyncIterator[tuple[WorkItem, Run | HoldfastError]]:
        """Yield each item with its run, or what it failed with, in order; model calls go out as batches.

        That takes up to a day and costs half (`generation.batch`). What a process leaves behind, the same
        items asked by a later one take up. `noted` is told of every batch.
        """
        await self.follow()
        async with aclosing(
            ask_in_batches(self._wiring, items, model=model, progress=progress, noted=noted)
        ) as ended:
            async for one in ended:
                yield one

    async def stream(
        self,
        item: WorkItem | str,
        *,
        principal: Principal | None = None,
        model: str = "",
        run_id: str = "",
        thread: str | None = None,
    ) -> AsyncIterator[str | Partial | Restart | Run]:
        """Yield the answer sentence by sentence, each after its checks, and last the Run.

        A Restart says that the text before it does not count. Whoever stops iterating cancels the run.
        Raises ProviderError when no rung could answer.
        """
        pieces: asyncio.Queue[str | Partial | Restart | None] = asyncio.Queue()
        asking = asyncio.create_task(
            self.ask(
                item, principal=principal, model=model, listen=pieces.put_nowait, run_id=run_id,
                thread=thread,
            )
        )  # fmt: skip
        asking.add_done_callback(lambda _task: pieces.put_nowait(None))
        try:
            while (piece := await pieces.get()) is not None:
                yield piece
            yield await asking
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def _item(self, question: str, principal: Principal | None) -> WorkItem:
        if principal is None:
            raise TypeError("a question needs its principal: ask(question, principal=Principal(user=...))")
        return WorkItem(id=uuid.uuid4().hex[:12], question=question, principal=principal)

    async def search(self, query: str, *, principal: Principal, k: int = 10, at: int = 0) -> Retrieved:
        """Return the `k` best hits that the principal may see, legs and their ranks kept.

        `at` is an earlier index version to search, by today's access lists (0: the published one). Its index
        is built for that and kept while there is room. Raises UsageError when there is no such version and
        StorageError when it is past its time (`retention.versions_days`).
        """
        await self.follow()
        item = WorkItem(id=uuid.uuid4().hex[:12], question=query, principal=principal, origin="search")
        return await search_at(self._wiring, at, item, k=k)

    async def why(
        self,
        document: str,
        question: str,
        *,
        principal: Principal,
        who: str = "",
        source: str = "",
        model: str = "",
    ) -> Why:
        """Return what became of a document on its way to the answer, and the one reason that stopped it.

        Asks the question anew for it; that run is not kept. `who` is the operator who wants to know (the
        principal, if left out): they are told names, rules and ranks of any document, and audited.
        """
        await self.follow()
        groups = ", ".join(sorted(principal.groups)) or "no group"
        self.audit(
            "document.why",
            who=who or principal.user,
            thing=document,
            detail=f"as {principal.user} in {groups}",
        )
        item = self._item(question, principal)
        return await explain(self._wiring, document, item, source=source, model=model)

    # --- forgetting ---

    def erasable(self, document: str, *, source: str = "", may_be_present: bool = False) -> Erasable:
        """Return what `forget` would take out, counted; raise UsageError or NotAllowed where it would.

        With `may_be_present` it is counted also while the file is still in its source.
        """
        plan = erasable(self._wiring, document, source=source, may_be_present=may_be_present)
        return reckoned(self._wiring, plan)

    async def forget(
        self,
        document: str,
        *,
        who: str,
        source: str = "",
        waiting: Callable[[str], None] = lambda _holder: None,
    ) -> Erased:
        """Take a document and its attachments out of everything that was kept, and search what is left.

        Raises UsageError when there is no such document and NotAllowed while its file is still there.
        """
        async with self._lease(waiting):
            plan = await asyncio.to_thread(erasable, self._wiring, document, source=source)
            taken = await asyncio.to_thread(take_document, self._wiring, plan, who=who)
            if taken.has_unlearned and self.is_synced:
                await self._sync(_quietly, rebuild=False, may_vanish=False)
            return await asyncio.to_thread(prove, self._wiring, taken, copies=plan.copies)

    async def forget_person(
        self, user: str, *, who: str, waiting: Callable[[str], None] = lambda _holder: None
    ) -> Erased:
        """Delete every run a person asked for, and put a pseudonym into the audit record."""
        async with self._lease(waiting):
            taken = await asyncio.to_thread(take_person, self._wiring, user, who=who)
            return await asyncio.to_thread(prove, self._wiring, taken, user=user)

    # --- people ---

    @property
    def review(self) -> Review:
        """Return the queue of cases that people look at; its calls block on the database.

        Permission files that changed count from here on.
        """
        self._follow()
        return self._wiring.review

    async def tell(self, *, limit: int = 50) -> int:
        """Send notices that are due, by the declared channels; return how many were tried.

        One that is not taken is tried again later, by whichever process calls this next.
        """
        return await tell(self.review, limit=limit)

    # --- records ---

    def audit(self, action: str, *, who: str, thing: str, detail: str = "") -> None:
        """Write down who did what to which thing; such an entry is never changed, only forgotten."""
        with self._wiring.database.write() as connection:
            audit.append(connection, who=who, action=action, thing=thing, detail=detail)

    def audit_entries(self, *, thing: str) -> tuple[AuditEntry, ...]:
        """Return what was done to a thing, oldest first."""
        with self._wiring.database.read() as connection:
            return audit.entries(connection, thing=thing)[::-1]

    def runs(
        self, *, principal: Principal, limit: int = 20, asked_by: str = "", origin: str | None = None
    ) -> tuple[tuple[RunSummary, ...], int]:
        """Return the newest runs (of one user) the principal may see today, and how many were left out.

        `origin` is `work`, `golden` (of golden cases) or `replay`; None takes all.
        """
        self._follow()
        lookups = self._wiring.review.seen_lookups(principal)
        with self._wiring.database.read() as connection:
            return list_runs(
                connection, principal, limit=limit, asked_by=asked_by, origin=origin, lookups=lookups
            )

    def run(self, run_id: str, *, principal: Principal, asked_by: str = "") -> StoredRun:
        """Return one run, stage by stage; raise StorageError when there is none the principal may see."""
        self._follow()
        lookups = self._wiring.review.seen_lookups(principal)
        with self._wiring.database.read() as connection:
            found = find_run(connection, run_id, principal, asked_by=asked_by, lookups=lookups)
        if found is None:
            raise StorageError(
                f"there is no run {run_id!r} that {principal.user} may see",
                stage="storage",
                move="`holdfast runs` lists them.",
            )
        return found


def _quietly(_what: str, _done: int, _total: int) -> None:
    """Tell nobody of the progress."""
