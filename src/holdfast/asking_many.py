"""Work on many items whose model calls go to their providers as batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

from holdfast.app import Wiring
from holdfast.asking import ask
from holdfast.domain.items import WorkItem
from holdfast.domain.runs import Run
from holdfast.errors import HoldfastError
from holdfast.storage.leases import entered, lease

if TYPE_CHECKING:
    from holdfast.stages.generation.batching import BatchRoom

Ended = tuple[WorkItem, Run | HoldfastError]
PREPARING = "preparing"


async def ask_in_batches(
    wiring: Wiring,
    items: Iterable[WorkItem],
    *,
    model: str = "",
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    noted: Callable[[str], None] = lambda _text: None,
) -> AsyncGenerator[Ended, None]:
    """Yield each item with its run, or what it failed with, in order.

    Items are read and worked up to their model call, then wait; whoever stops iterating leaves the
    batches to the provider, and the same items asked later take them up. Raises StorageError while
    another process does so for the same workflow: each would take up what the other one waits for.
    """
    async with (
        batch_room(wiring, progress=progress, noted=noted) as room,
        aclosing(_worked(wiring, room, items, model, progress)) as ended,
    ):
        async for one in ended:
            yield one


@asynccontextmanager
async def batch_room(
    wiring: Wiring,
    *,
    progress: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    noted: Callable[[str], None] = lambda _text: None,
) -> AsyncGenerator[BatchRoom, None]:
    """Yield where model calls are gathered; batches whose work did not come to its end stay on record.

    Raises StorageError while another process works by way of batches for the same workflow: each would
    take up what the other one waits for.
    """
    held = lease(wiring.database, f"work by batches of {wiring.loaded.name}", wait_s=0)
    await entered(held)
    room, is_done = wiring.batch_room(progress=progress, noted=noted), False
    try:
        yield room
        is_done = True
    finally:
        await room.close(is_done=is_done)
        await asyncio.to_thread(held.__exit__, None, None, None)


async def _worked(
    wiring: Wiring,
    room: BatchRoom,
    items: Iterable[WorkItem],
    model: str,
    progress: Callable[[str, int, int], None],
) -> AsyncGenerator[Ended, None]:
    """Yield each item with its run; what is under way is left in good order when nobody iterates any more."""
    most = wiring.settings.generation.batch.items_at_once
    under_way: deque[tuple[WorkItem, asyncio.Task[Run | HoldfastError]]] = deque()

    async def worked(item: WorkItem) -> Run | HoldfastError:
        try:
            return await ask(wiring, item, model=model, listen=None, batch=room)
        except HoldfastError as error:
            return error
        finally:
            room.leave()

    try:
        for count, item in enumerate(items, 1):
            while under_way and (len(under_way) >= most or under_way[0][1].done()):
                room.further_items(may_begin=len(under_way) < most)
                yield under_way[0][0], await under_way[0][1]
                under_way.popleft()
            room.further_items(may_begin=True)
            await room.enter()
            under_way.append((item, asyncio.create_task(worked(item))))
            progress(PREPARING, count, 0)
        room.further_items(may_begin=False)
        while under_way:
            yield under_way[0][0], await under_way[0][1]
            under_way.popleft()
    finally:
        tasks = [task for _, task in under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
