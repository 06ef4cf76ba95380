"""Documents on their paths: quick ones share a thread's turn, slow ones go side by side, none is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from holdfast.domain.stages import Stage
from holdfast.errors import DocumentError, StorageError
from holdfast.flows.crew import InThread, walk_all
from holdfast.telemetry.trail import StageClock

Step = Callable[[int], Any]


def walked(count: int, *parts: Step, at_once: int = 8) -> dict[int, list[Any]]:
    """Return what each document's parts made of it; each document arrives once."""
    made: dict[int, list[Any]] = {}

    async def walk() -> None:
        steps = InThread(StageClock())

        async def path(number: int) -> list[Any]:
            return [await steps.step(Stage.PARSING, part, number) for part in parts]

        def arrived(number: int, became: list[Any]) -> None:
            assert number not in made
            made[number] = became

        await walk_all(range(count), path, steps=steps, at_once=at_once, arrived=arrived)

    asyncio.run(walk())
    return made


async def waited(number: int) -> int:
    await asyncio.sleep(0)
    return number + 1


def thread_of(_: int) -> int:
    return threading.get_ident()


@pytest.mark.parametrize("count", [0, 1, 7, 500])
def test_every_document_arrives_once_with_what_its_parts_made(count: int) -> None:
    made = walked(count, lambda number: -number, waited, str)
    assert made == {number: [-number, number + 1, str(number)] for number in range(count)}


def test_plain_parts_run_off_the_event_loop_and_others_on_it() -> None:
    here = threading.get_ident()

    async def on_the_loop(_: int) -> int:
        return threading.get_ident()

    made = walked(100, thread_of, on_the_loop, thread_of)
    assert {loop for _, loop, _ in made.values()} == {here}
    assert here not in {thread for before, _, after in made.values() for thread in (before, after)}


def test_quick_documents_share_the_turn_of_a_thread() -> None:
    turns = 0
    real = asyncio.to_thread

    async def counted(function: Callable[..., Any], *args: Any) -> Any:
        nonlocal turns
        turns += 1
        return await real(function, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "to_thread", counted)
        assert len(walked(1_000, str)) == 1_000
    assert turns < 500


def test_slow_documents_go_side_by_side() -> None:
    together = threading.Barrier(3, timeout=30)
    made = walked(6, lambda _: together.wait())
    assert len(made) == 6


def test_who_waits_on_the_loop_holds_nobody_up() -> None:
    everybody, waiting = asyncio.Event(), 0

    async def meet(_: int) -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 8:
            everybody.set()
        await everybody.wait()

    assert len(walked(8, meet)) == 8


@pytest.mark.parametrize("error", [StorageError("full", stage="indexing"), IndexError("a part's own")])
def test_the_first_path_that_raises_ends_all(error: Exception) -> None:
    begun: list[int] = []

    async def walk() -> None:
        steps = InThread(StageClock())

        async def path(number: int) -> None:
            begun.append(number)
            await steps.step(Stage.PARSING, str, number)
            if number == 3:
                raise error

        await walk_all(range(10_000), path, steps=steps, at_once=2, arrived=lambda *_: None)

    with pytest.raises(type(error)):
        asyncio.run(walk())
    assert len(begun) < 10_000


def test_what_a_part_raises_on_the_loop_reaches_its_own_path_alone() -> None:
    async def fails(number: int) -> int:
        if number == 5:
            raise ValueError("5 is not to be had")
        return number

    async def walk() -> dict[int, object]:
        steps, made = InThread(StageClock()), {}

        async def path(number: int) -> object:
            try:
                return await steps.step(Stage.EMBEDDING, fails, number)
            except DocumentError as error:
                return str(error)

        await walk_all(range(50), path, steps=steps, at_once=4, arrived=made.__setitem__)
        return made

    made = asyncio.run(walk())
    assert "5 is not to be had" in str(made.pop(5))
    assert made == {number: number for number in range(50) if number != 5}


def test_after_an_interrupt_no_path_takes_another_step() -> None:
    first, go_on, took = threading.Event(), threading.Event(), list[str]()

    def begin(_: int) -> None:
        first.set()
        assert go_on.wait(30)

    async def walk() -> None:
        steps = InThread(StageClock())

        async def path(number: int) -> None:
            await steps.step(Stage.PARSING, begin, number)
            await steps.step(Stage.INDEXING, took.append, "a write")

        task = asyncio.create_task(walk_all(range(1), path, steps=steps, at_once=1, arrived=lambda *_: None))
        assert await asyncio.to_thread(first.wait, 30)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()

    asyncio.run(walk())  # waits for its threads to end
    assert took == []
