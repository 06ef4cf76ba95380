"""Write the ledger for many calls at a time: those that wait together share one transaction."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa

from holdfast.domain.attempts import Attempt
from holdfast.errors import BudgetExhausted, StorageError
from holdfast.storage import counters
from holdfast.storage.database import Database
from holdfast.storage.ledger import begin, end, scopes_of, settle_lost

LOST_AFTER = timedelta(minutes=30)
"""An attempt that is open for longer has lost its process: no deadline is longer than ten minutes."""
SWEEP_EVERY_S = 1800.0
"""How often such attempts are looked for."""
RETURNED = "returned_model:"
"""Fact: the model id that a provider's replies name, by `provider:model`."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One attempt that waits to be written."""

    kind: Literal["begin", "end"]
    attempt: Attempt
    written: Future[None] = field(default_factory=Future)


class Bookkeeper:
    """The Ledger of one records database; safe to share between threads and event loops.

    A thread writes for all. An attempt that no day's budget can stop is not waited for at its beginning:
    its row is written while the call is under way, and its end waits for both.
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
        self._has_work = threading.Condition()
        self._writer: threading.Thread | None = None
        self._is_closed = False
        self._returned: dict[str, str] = {}
        self._begun: dict[str, Future[None]] = {}

    async def begin(self, attempt: Attempt) -> None:
        """Put an open attempt on record; raise BudgetExhausted when a budget has too little left."""
        entry = self._put("begin", attempt)
        if self._caps.keys().isdisjoint(scopes_of(attempt)):
            self._begun[attempt.id] = entry.written
            return
        await asyncio.wrap_future(entry.written)

    async def end(self, attempt: Attempt) -> None:
        """Put down how it ended; raise StorageError when the records cannot be written."""
        begun = self._begun.pop(attempt.id, None)
        entry = self._put("end", attempt)
        if begun is not None:
            await asyncio.wrap_future(begun)
        await asyncio.wrap_future(entry.written)

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._has_work:
            self._is_closed = True
            self._has_work.notify()
        if self._writer is not None:
            self._writer.join()

    def _put(self, kind: Literal["begin", "end"], attempt: Attempt) -> _Entry:
        entry = _Entry(kind, attempt)
        entry.written.set_running_or_notify_cancel()  # who stops waiting does not stop the writing
        with self._has_work:
            if self._is_closed:
                raise StorageError(
                    "the ledger is closed", stage="storage", move="Open the workflow anew before asking"
                )
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name="holdfast-ledger", daemon=True)
                self._writer.start()
            self._waiting.append(entry)
            self._has_work.notify()
        return entry

    def _write_all(self) -> None:
        swept = float("-inf")
        while True:
            with self._has_work:
                while not self._waiting and not self._is_closed:
                    self._has_work.wait()
                entries, self._waiting = self._waiting, []
                if not entries:
                    return
            is_due = time.monotonic() - swept >= SWEEP_EVERY_S
            self._write(entries, sweep=is_due)
            swept = time.monotonic() if is_due else swept

    def _write(self, entries: Sequence[_Entry], *, sweep: bool) -> None:
        """Commit the entries together, then tell each who waits for it; never raise.

        The thread goes on after an error: a later call must not wait for one that is gone.
        """
        try:
            refused, renamed = self._commit(entries, sweep=sweep)
        except BaseException as error:  # noqa: BLE001 whoever waits gets it
            for entry in entries:
                entry.written.set_exception(error)
            return
        for entry in entries:
            if refusal := refused.get(id(entry)):
                entry.written.set_exception(refusal)
            else:
                entry.written.set_result(None)
        for change in renamed:
            with suppress(Exception):
                self._told(*change)

    def _commit(
        self, entries: Sequence[_Entry], *, sweep: bool
    ) -> tuple[dict[int, BudgetExhausted], list[tuple[str, str, str]]]:
        beginnings = [entry for entry in entries if entry.kind == "begin"]
        endings = [entry.attempt for entry in entries if entry.kind == "end"]
        with self._database.write() as connection:
            if sweep:
                settle_lost(connection, datetime.now(UTC) - LOST_AFTER)
            answers = begin(connection, [entry.attempt for entry in beginnings], self._caps)
            end(connection, endings)
            renamed = self._renamed(connection, endings)
        refused = {
            id(entry): error for entry, error in zip(beginnings, answers, strict=True) if error is not None
        }
        return refused, renamed

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
