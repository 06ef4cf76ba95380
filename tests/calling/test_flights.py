"""One call for all who ask the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.calling.flights import Flights


class Desk:
    """Asks through flights, and counts how often it had to work."""

    def __init__(self) -> None:
        self.flights = Flights[str]()
        self.gate = asyncio.Event()
        self.asked = 0
        self.error: Exception | None = None

    async def ask(self, key: str = "k") -> str:
        flight = self.flights.under_way(key)
        if flight is None:
            flight = self.flights.start(key)
        elif (landed := await flight.landing()) is not None:
            return landed[0]
        with flight.led(own=(LookupError,)):
            self.asked += 1
            said = f"{key}{self.asked}"
            await self.gate.wait()
            if self.error is not None:
                raise self.error
            flight.land(said)
            return said


async def asking(desk: Desk, count: int) -> list[asyncio.Task[str]]:
    tasks = [asyncio.create_task(desk.ask()) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_a_thousand_calls_make_one() -> None:
    async def scene() -> None:
        desk = Desk()
        tasks = await asking(desk, 1000)
        desk.gate.set()
        assert set(await asyncio.gather(*tasks)) == {"k1"}
        assert (desk.asked, len(desk.flights)) == (1, 0)
        assert await desk.ask() == "k2", "what is over is over"

    run(scene())


def test_other_keys_do_not_wait() -> None:
    async def scene() -> None:
        desk = Desk()
        desk.gate.set()
        assert await asyncio.gather(desk.ask("a"), desk.ask("b")) == ["a1", "b2"]

    run(scene())


def test_what_failed_for_one_is_not_tried_by_each() -> None:
    async def scene() -> None:
        desk = Desk()
        desk.error = ValueError("down")
        tasks = await asking(desk, 50)
        desk.gate.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert {str(one) for one in ended} == {"down"}
        assert (desk.asked, len(desk.flights)) == (1, 0)

    run(scene())


def test_an_error_that_is_the_leaders_own_lets_the_next_one_lead() -> None:
    async def scene() -> None:
        desk = Desk()
        desk.error = LookupError("mine")
        tasks = await asking(desk, 3)
        desk.gate.set()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert [str(one) for one in ended] == ["mine"] * 3
        assert (desk.asked, len(desk.flights)) == (3, 0)

    run(scene())


@given(leavers=st.lists(st.integers(min_value=0, max_value=7), max_size=20), twice=st.booleans())
def test_whoever_leaves_nobody_is_left_waiting(leavers: list[int], *, twice: bool) -> None:
    """Cancelled leaders hand over, cancelled followers are forgotten, also at the moment of handing over."""

    async def scene() -> None:
        desk = Desk()
        tasks = await asking(desk, 8)
        for n in leavers:
            tasks[n].cancel()
            if twice:
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        desk.gate.set()
        ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
        stayed = [one for one in ended if not isinstance(one, BaseException)]
        assert len(stayed) == 8 - len(set(leavers))
        assert len(set(stayed)) <= 1
        assert len(desk.flights) == 0

    run(scene())


def test_a_follower_that_leaves_as_the_error_comes_leaves_no_unheard_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        desk = Desk()
        desk.error = ValueError("down")
        leader, follower = await asking(desk, 2)
        desk.gate.set()
        await asyncio.wait([leader])
        follower.cancel()
        await asyncio.gather(leader, follower, return_exceptions=True)

    run(scene())
    assert not caplog.records


def test_each_event_loop_has_its_own_flights() -> None:
    flights = Flights[str]()

    async def begun() -> bool:
        is_first = flights.under_way("k") is None
        with flights.start("k").led():
            return is_first

    assert asyncio.run(begun())
    assert asyncio.run(begun())
