"""On the virtual clock waits end in order, at their moments, and take no time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from holdfast.testing.virtual_time import run_in_virtual_time


def test_waits_end_in_their_order_and_take_no_time() -> None:
    async def main(clock: Callable[[], float]) -> list[tuple[str, float]]:
        ended: list[tuple[str, float]] = []

        async def wait(name: str, seconds: float) -> None:
            await asyncio.sleep(seconds)
            ended.append((name, round(clock(), 6)))

        await asyncio.gather(wait("an hour", 3600), wait("a second", 1), wait("a day", 86_400))
        return ended

    started = time.monotonic()
    assert run_in_virtual_time(main) == [("a second", 1.0), ("an hour", 3600.0), ("a day", 86_400.0)]
    assert time.monotonic() - started < 2
