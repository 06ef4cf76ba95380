"""Wait for async work from code that is not async."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def wait_for(runner: asyncio.Runner, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, run by this runner.

    The runner's task returns nothing: giving its handler of interrupts back, Python's `signal` writes out
    the handler, in it the task, in it all that the task returned. For a Run that took as long as its search.
    """
    made: list[T] = []

    async def keep() -> None:
        made.append(await work)

    runner.run(keep())
    return made[0]
