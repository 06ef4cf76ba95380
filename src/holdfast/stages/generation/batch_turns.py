"""Hand a batch in again, in parts and one after the other, while the provider's queue is full."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from holdfast.calling.settings import BatchSettings
from holdfast.stages.generation.batch_interfaces import QueueFull
from holdfast.telemetry.logs import log

T = TypeVar("T")
R = TypeVar("R")

_LONGEST_WAIT_S = 600.0


class Turns:
    """What the batches of one model share while its provider takes no more tokens than are queued."""

    def __init__(self, settings: BatchSettings, noted: Callable[[str], None]) -> None:
        self._settings = settings
        self._noted = noted
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def through(
        self, lane: str, requests: Sequence[T], hand_in: Callable[[Sequence[T]], Awaitable[R]]
    ) -> list[tuple[Sequence[T], R]]:
        """Return what handing in brings, with the requests of each part; one part where there is room.

        A part that finds the queue full is halved and waits, twice as long each time, for its turn: nobody
        says how much room there is, or whose batches fill it. Raises QueueFull when `deadline_s` is over.
        """
        until = time.monotonic() + self._settings.deadline_s
        try:
            return [(requests, await hand_in(requests))]
        except QueueFull as full:
            halved = self._halved(lane, requests, full, self._settings.poll_s)
        async with self._turns[lane]:
            return await self._one_by_one(lane, deque(halved), hand_in, until)

    async def _one_by_one(
        self,
        lane: str,
        waiting: deque[Sequence[T]],
        hand_in: Callable[[Sequence[T]], Awaitable[R]],
        until: float,
    ) -> list[tuple[Sequence[T], R]]:
        done: list[tuple[Sequence[T], R]] = []
        wait_s = self._settings.poll_s
        while waiting:
            await asyncio.sleep(wait_s)
            part = waiting.popleft()
            try:
                done.append((part, await hand_in(part)))
                wait_s = 0.0
            except QueueFull as full:
                if time.monotonic() >= until:
                    raise
                wait_s = min(max(2 * wait_s, self._settings.poll_s), _LONGEST_WAIT_S)
                waiting.extendleft(reversed(self._halved(lane, part, full, wait_s)))
        return done

    def _halved(self, lane: str, part: Sequence[T], full: QueueFull, wait_s: float) -> list[Sequence[T]]:
        middle = (len(part) + 1) // 2
        halves = [half for half in (part[:middle], part[middle:]) if half]
        parts = f"in {len(halves)} parts " if len(halves) > 1 else ""
        self._noted(
            f"{lane}: the provider's queue is full ({full}); {len(part)} requests go in again {parts}"
            f"after {wait_s:g} s"
        )
        log("batch.queue_full", "warning", model=lane, requests=len(part), wait_s=wait_s)
        return halves
