"""Write what many tasks hand in, all that waits in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Scribe(Generic[T]):
    """Writes one batch after another off the event loop; entries that come meanwhile make the next.

    One transaction for fifty rows takes a tenth of the time of fifty transactions, and no entry waits for
    more than the batch before its own.
    """

    def __init__(self, write: Callable[[Sequence[T]], None]) -> None:
        """Take what writes a batch: all of it, or none and raises."""
        self._write = write
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def put(self, entry: T) -> None:
        """Return when the entry is on record; raise what writing its batch raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                try:
                    await asyncio.to_thread(self._write, [entry for entry, _ in batch])
                except Exception as error:  # noqa: BLE001 -- handed to every task whose entry was in the batch
                    _end(batch, error)
                else:
                    _end(batch, None)
        finally:
            self._writing = None


def _end(batch: Sequence[tuple[T, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in batch:
        if done.done():  # whoever waited was cancelled
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
