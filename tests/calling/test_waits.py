"""Waits for pieces end in time, whoever else cancels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from holdfast.calling.waits import Waits
from holdfast.testing.virtual_time import run_in_virtual_time

Clock = Callable[[], float]


def test_each_wait_has_its_own_time() -> None:
    async def story(clock: Clock) -> float:
        waits = Waits()
        for seconds in (4, 0, 4, 4.9):
            assert await waits.next(asyncio.sleep(seconds, "piece"), 5) == "piece"
        await asyncio.sleep(60)  # what is done between two pieces counts for none
        assert await waits.next(asyncio.sleep(1, "piece"), 2) == "piece"
        with pytest.raises(TimeoutError):
            await waits.next(asyncio.sleep(9), 3)
        waits.close()
        return clock()

    assert run_in_virtual_time(story) == pytest.approx(4 + 4 + 4.9 + 60 + 1 + 3)


def test_a_shorter_wait_after_a_long_one_rings_early() -> None:
    async def story(clock: Clock) -> float:
        waits = Waits()
        await waits.next(asyncio.sleep(0), 1000)
        with pytest.raises(TimeoutError):
            await waits.next(asyncio.sleep(9), 2)
        return clock()

    assert run_in_virtual_time(story) == pytest.approx(2)


def test_a_task_that_is_cancelled_from_outside_is_cancelled() -> None:
    async def story(clock: Clock) -> None:
        async def waiting() -> None:
            await Waits().next(asyncio.sleep(50), 100)

        task = asyncio.create_task(waiting())
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(200)  # a timer that was left rings for nobody

    run_in_virtual_time(story)


def test_after_a_time_out_the_task_goes_on_uncancelled() -> None:
    async def story(clock: Clock) -> int:
        waits = Waits()
        with pytest.raises(TimeoutError):
            await waits.next(asyncio.sleep(9), 1)
        await asyncio.sleep(5)
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert run_in_virtual_time(story) == 0
