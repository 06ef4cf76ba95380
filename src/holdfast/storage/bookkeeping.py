"""Write the ledger for many calls at a time: those that wait together share one transaction."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from holdfast.domain.attempts import Attempt
from holdfast.errors import StorageError
from holdfast.storage import counters
from holdfast.storage.database import Database
from holdfast.storage.ledger import scopes_of, settle_lost, write

LOST_AFTER = timedelta(minutes=30)
"""An attempt that is open for longer has lost its process: no deadline is longer than ten minutes."""
SWEEP_EVERY_S = 1800.0
"""How often such attempts are looked for."""
RETURNED = "returned_model:"
"""Fact: the model id that a provider's replies name, by `provider:model`."""


GATHER_S = 0.01
"""How long a beginning that nobody waits for may wait to be written with others."""


@dataclass(slots=True, eq=False)
class _Entry:
    """One attempt that waits to be written."""

    kind: Literal["begin", "end"]
    attempt: Attempt
    is_written: bool = False
    error: BaseException | None = None
    waiter: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None


class Bookkeeper:
    """The Ledger of one records database; safe to share between threads and event loops.

    A thread writes for all. An attempt that no day's budget can stop is not waited for at its beginning:
    its row is written while the call is under way, ten milliseconds after its beginning at the latest.
    """

    def __init__(
        self,
        database: Database,
        *,
        caps: Mapping[str, float] | None = None,
        told: Callable[[str, str, str], None] = lambda _model, _before, _now: None,
    ) -> None:
        self._database = database
        self._caps = dict(caps or {})
        self._told = told
        self._waiting: list[_Entry] = []
        self._is_urgent = False
        self._has_work = threading.Condition()
        self._writer: threading.Thread | None = None
        self._is_closed = False
        self._returned: dict[str, str] = {}
        self._begun: dict[str, _Entry] = {}

    async def begin(self, attempt: Attempt) -> None:
        """Put an open attempt on record; raise BudgetExhausted when a budget has too little left."""
        is_free = self._caps.keys().isdisjoint(scopes_of(attempt))
        entry = self._put("begin", attempt, is_urgent=not is_free)
        if is_free:
            self._begun[attempt.id] = entry
            return
        await self._written(entry)

    async def end(self, attempt: Attempt) -> None:
        """Put down how it ended; raise StorageError when the records cannot be written."""
        begun = self._begun.pop(attempt.id, None)
        await self._written(self._put("end", attempt, is_urgent=True))
        if begun is not None:
            await self._written(begun)

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._has_work:
            self._is_closed = True
            self._has_work.notify()
        if self._writer is not None:
            self._writer.join()

    def _put(self, kind: Literal["begin", "end"], attempt: Attempt, *, is_urgent: bool) -> _Entry:
        entry = _Entry(kind, attempt)
        with self._has_work:
            if self._is_closed:
                raise StorageError(
                    "the ledger is closed", stage="storage", move="Open the workflow anew before asking"
                )
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name="holdfast-ledger", daemon=True)
                self._writer.start()
            if (is_urgent and not self._is_urgent) or not self._waiting:
                self._has_work.notify()
            self._waiting.append(entry)
            self._is_urgent = self._is_urgent or is_urgent
        return entry

    async def _written(self, entry: _Entry) -> None:
        """Wait until an entry is on record; who stops waiting does not stop the writing."""
        loop = asyncio.get_running_loop()
        with self._has_work:
            if not entry.is_written:
                entry.waiter = (loop, loop.create_future())
        if entry.waiter is not None:
            await entry.waiter[1]
        if entry.error is not None:
            raise entry.error

    def _write_all(self) -> None:
        swept = float("-inf")
        while True:
            with self._has_work:
                while not self._is_urgent and not self._is_closed:
                    is_notified = self._has_work.wait(GATHER_S if self._waiting else None)
                    if self._waiting and not is_notified:
                        break
                entries, self._waiting, self._is_urgent = self._waiting, [], False
                if not entries:
                    return
            is_due = time.monotonic() - swept >= SWEEP_EVERY_S
            self._write(entries, sweep=is_due)
            swept = time.monotonic() if is_due else swept

    def _write(self, entries: Sequence[_Entry], *, sweep: bool) -> None:
        """Commit the entries together, then tell each who waits for it; never raise.

        The thread goes on after an error: a later call must not wait for one that is gone.
        """
        renamed: list[tuple[str, str, str]] = []
        try:
            renamed = self._commit(entries, sweep=sweep)
        except BaseException as error:  # noqa: BLE001 whoever waits gets it
            for entry in entries:
                entry.error = error
        by_loop: dict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = {}
        with self._has_work:
            for entry in entries:
                entry.is_written = True
                if entry.waiter is not None:
                    by_loop.setdefault(entry.waiter[0], []).append(entry.waiter[1])
        for loop, futures in by_loop.items():
            with suppress(RuntimeError):  # a loop that was closed waits for nothing
                loop.call_soon_threadsafe(_release, futures)
        for change in renamed:
            with suppress(Exception):
                self._told(*change)

    def _commit(self, entries: Sequence[_Entry], *, sweep: bool) -> list[tuple[str, str, str]]:
        """Write all; return the models that answer under another id, and leave refusals at their entries."""
        beginnings = [entry for entry in entries if entry.kind == "begin"]
        endings = [entry.attempt for entry in entries if entry.kind == "end"]
        with self._database.write() as connection:
            if sweep:
                settle_lost(connection, datetime.now(UTC) - LOST_AFTER)
            answers = write(connection, [entry.attempt for entry in beginnings], endings, self._caps)
            renamed = self._renamed(connection, endings)
        for entry, error in zip(beginnings, answers, strict=True):
            entry.error = error
        return renamed

    def _renamed(self, connection: sa.Connection, attempts: Sequence[Attempt]) -> list[tuple[str, str, str]]:
        """Return models whose replies name another id than before, and keep the new one."""
        changed = []
        for one in attempts:
            now = one.returned_model
            if not now or self._returned.get(one.model) == now:
                continue
            before = counters.remembered(connection, f"{RETURNED}{one.model}")
            if before != now:
                counters.remember(connection, f"{RETURNED}{one.model}", now)
                if before:
                    changed.append((one.model, before, now))
            self._returned[one.model] = now
        return changed


def _release(futures: Sequence[asyncio.Future[None]]) -> None:
    """Wake up who waits."""
    for future in futures:
        if not future.done():
            future.set_result(None)
