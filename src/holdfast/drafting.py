"""Keep a draft in the database while it is written, so that a reload or another replica shows it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime

from holdfast.domain.items import WorkItem
from holdfast.domain.outputs import text_of_output
from holdfast.domain.prompts import Partial, Restart
from holdfast.errors import StorageError
from holdfast.storage import drafts
from holdfast.storage.database import Database
from holdfast.storage.lost_drafts import EVER, lost_drafts, record_interrupted
from holdfast.telemetry.logs import log
from holdfast.telemetry.trail import Listener

EVERY_S = 0.5
"""Between two writes: a sentence is shown at once, and kept a little later."""
BEAT_S = 5.0
"""Between two signs of life while nothing is shown."""


class Drafting:
    """One draft: a listener that also keeps what it hears."""

    def __init__(
        self, database: Database, *, run: str, thread: str, item: WorkItem, listen: Listener | None
    ) -> None:
        self._database = database
        self._run = run
        self._thread = thread
        self._item = item
        self._listen = listen
        self._text = ""
        self._kept_at = 0.0
        self._evidence: Callable[[], Collection[str]] = tuple
        self._writing: asyncio.Task[None] | None = None

    async def begin(self, evidence: Callable[[], Collection[str]]) -> None:
        """Put the draft on record; `evidence` names the documents behind it so far."""
        self._evidence = evidence
        await asyncio.to_thread(self._begin)
        self._writing = asyncio.create_task(self._beat())

    def __call__(self, piece: str | Partial | Restart) -> None:
        """Hear one piece of the answer."""
        match piece:
            case str():
                self._text += piece
            case Partial(output=output):
                self._text = text_of_output(output, {})
            case Restart():
                self._text = ""
        if self._listen is not None:
            self._listen(piece)

    async def end(self, *, has_outcome: bool) -> None:
        """Keep the last of it; a draft that cannot be kept ends no run."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await asyncio.to_thread(self._end, has_outcome)

    def _begin(self) -> None:
        with self._database.write() as connection:
            drafts.begin_draft(connection, self._run, self._thread, self._item)

    def _end(self, has_outcome: bool) -> None:  # noqa: FBT001 -- to_thread takes it so
        with suppress(StorageError), self._database.write() as connection:
            if not has_outcome:
                drafts.write_draft(connection, self._run, self._text, self._evidence())
            drafts.end_draft(connection, self._run, has_outcome=has_outcome)

    async def _beat(self) -> None:
        """Write what is new now and then; without anything new, say seldom that somebody is at it."""
        kept = ""
        while True:
            await asyncio.sleep(EVERY_S)
            if self._text != kept or time.monotonic() - self._kept_at > BEAT_S:
                kept, self._kept_at = self._text, time.monotonic()
                await asyncio.to_thread(self._write, kept)

    def _write(self, text: str) -> None:
        with suppress(StorageError), self._database.write() as connection:
            drafts.write_draft(connection, self._run, text, self._evidence())


def end_lost(database: Database, *, begun_after: datetime = EVER) -> int:
    """Put the runs on record as interrupted whose process is gone; return how many.

    A draft of a process that was killed on this machine is lost at once, one of another machine when it
    gave no sign of life for two minutes.
    """
    with database.read() as connection:
        lost = lost_drafts(connection, begun_after=begun_after)
    if not lost:
        return 0
    with database.write() as connection:
        recorded = record_interrupted(connection, lost)
    for run in recorded:
        log("run.interrupted", "warning", run=run)
    return len(recorded)
