"""Take many documents along their path at a time, each in a thread for as long as it waits for nobody."""

from __future__ import annotations

import asyncio
import inspect
import threading
import time
import types
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from holdfast.domain.stages import Stage
from holdfast.flows.ingest import Steps

SLICE_S = 0.02
"""After so long a thread begins no further document: slow ones go one at a time, side by side."""
MOST_AT_ONCE = 32
"""Documents that one turn of a thread begins at most; a turn costs as much as reading a tiny file."""

PATIENCE_S = 0.05
"""A thread that had to wait for so long knows that documents are slow just now."""
SLOW_TURNS = 64
"""Turns for which then none waits for another."""

D = TypeVar("D")
R = TypeVar("R")

Wish = Callable[[], Awaitable[Any]]
"""What a path waits for: begun on the event loop, never in a thread."""
Path = Coroutine[Wish, Any, R]


class InThread:
    """Steps of a path that a thread walks: plain functions run there and then, others on the event loop."""

    def __init__(self, trail: Steps) -> None:
        self._trail = trail
        self.is_over = threading.Event()
        """Set when nobody waits for any path any more: none takes another step."""

    async def step(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one stage."""
        if self.is_over.is_set():
            raise asyncio.CancelledError
        if inspect.iscoroutinefunction(part):
            return await _on_the_loop(lambda: self._trail.step(stage, part, *args, **kwargs))
        return self._trail.run(stage, part, *args, **kwargs)

    def run(self, stage: Stage, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run one stage that is a plain function."""
        return self._trail.run(stage, part, *args, **kwargs)


@types.coroutine
def _on_the_loop(wish: Wish) -> Generator[Wish, Any, Any]:
    return (yield wish)


@dataclass(slots=True)
class _Walk(Generic[D, R]):
    """One document on its path."""

    document: D
    path: Path[R]
    wish: Wish | None = None
    given: Any = None
    failed: BaseException | None = None
    became: R = field(init=False)

    def go_on(self) -> None:
        """Walk to the next wish, or to the end."""
        failed, given = self.failed, self.given
        self.wish = self.failed = self.given = None
        try:
            self.wish = self.path.send(given) if failed is None else self.path.throw(failed)
        except StopIteration as end:
            self.became = end.value

    async def have_wish(self) -> None:
        """Wait for what the path waits for; what it raises is the path's to deal with."""
        if self.wish is not None:
            try:
                self.given = await self.wish()
            except Exception as error:  # noqa: BLE001 -- raised again where the path waits
                self.failed = error


class _Turns:
    """Quick documents go one thread at a time, slow ones side by side.

    Where several threads want the interpreter, each waits 5 ms for it whenever it opened or read a file:
    10,000 tiny files took 10 s in six threads and 3 s one thread at a time.
    """

    def __init__(self) -> None:
        self._one = threading.Lock()
        self._slow = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn unless others are slow."""
        if self._slow > 0:
            self._slow -= 1  # two threads may count down at once: it decides nothing but who waits
            yield
        elif self._one.acquire(timeout=PATIENCE_S):
            try:
                yield
            finally:
                self._one.release()
        else:
            self._slow = SLOW_TURNS
            yield


async def walk_all(
    documents: Iterable[D],
    path: Callable[[D], Path[R]],
    *,
    steps: InThread,
    at_once: int,
    arrived: Callable[[D, R], None],
) -> None:
    """Walk the path of every document, `at_once` turns at the same time; the first that raises ends all.

    `arrived` is called on the event loop, once for each document.
    """
    crew = _Crew(documents, path)

    async def take_turns() -> None:
        while begun := await asyncio.to_thread(crew.begin):
            while waiting := [walk for walk in begun if walk.wish is not None]:
                await asyncio.gather(*(walk.have_wish() for walk in waiting))
                await asyncio.to_thread(crew.go_on, waiting)
            for walk in begun:
                arrived(walk.document, walk.became)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(take_turns())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    finally:
        steps.is_over.set()


class _Crew(Generic[D, R]):
    """What the threads share: the documents that are left, and whose turn it is."""

    def __init__(self, documents: Iterable[D], path: Callable[[D], Path[R]]) -> None:
        self._left = deque(documents)
        self._path = path
        self._turns = _Turns()

    def begin(self) -> list[_Walk[D, R]]:
        """Walk several documents as far as they go; return them, none when none is left."""
        begun: list[_Walk[D, R]] = []
        with self._turns.turn():
            until = time.monotonic() + SLICE_S
            while not begun or (len(begun) < MOST_AT_ONCE and time.monotonic() < until):
                try:
                    document = self._left.popleft()
                except IndexError:  # another thread took the last
                    break
                begun.append(walk := _Walk(document, self._path(document)))
                walk.go_on()
        return begun

    def go_on(self, walks: Iterable[_Walk[D, R]]) -> None:
        """Walk on with what was waited for."""
        with self._turns.turn():
            for walk in walks:
                walk.go_on()
