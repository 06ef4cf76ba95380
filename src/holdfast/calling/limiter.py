"""Let no more calls go to a provider than it allows, and share its turns fairly.

Who has to wait stands in the queue of its cost centre; the centres take turns, one call each. Counts are
exact for every span of a minute, not per calendar minute. State is shared by all threads; a waiter waits
in its own event loop, and every loop that has one keeps a timer, so that none depends on another's.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from holdfast.calling.settings import LimitSettings
from holdfast.calling.windows import RollingSum, Slice
from holdfast.domain.calls import Deadline
from holdfast.errors import Busy, DeadlineOver, PromptTooLarge, RateLimited

MINUTE_S = 60.0
_SLICES = 600
_LONGEST_PAUSE_S = 3600.0
_SHORTEST_TIMER_S = 0.001


@dataclass(slots=True, eq=False)
class _Grant:
    """What one call takes of the minute, still to be settled."""

    requests: Slice
    tokens: Slice
    reserved: int


@dataclass(slots=True, eq=False)
class _Waiter:
    tokens: int
    centre: str
    loop: asyncio.AbstractEventLoop
    woken: asyncio.Future[None]
    grant: _Grant | None = None


@dataclass(slots=True, eq=False)
class _Timer:
    """The timer of one event loop, and how many wait there."""

    waiters: int = 0
    due: float | None = None
    handle: asyncio.TimerHandle | None = None


class Limiter:
    """The limiter of one provider or model, for all threads and event loops of a process."""

    def __init__(
        self, name: str, settings: LimitSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.clock = clock
        self._settings = settings
        # Re-entrant: collecting a forgotten coroutine may end its call in the middle of another's.
        self._lock = threading.RLock()
        self._requests = RollingSum(MINUTE_S, slices=_SLICES)
        self._tokens = RollingSum(MINUTE_S, slices=_SLICES)
        self._inside = 0
        self._paused_until = -math.inf
        self._queues: OrderedDict[str, OrderedDict[_Waiter, None]] = OrderedDict()
        """By cost centre, the next one first; no queue is empty."""
        self._waiting = 0
        self._timers: dict[asyncio.AbstractEventLoop, _Timer] = {}

    def turn(
        self, *, tokens: int = 0, centre: str = "", deadline: Deadline | None = None, stage: str = ""
    ) -> Turn:
        """Return the context in which to make one call of so many tokens (prompt and longest reply).

        Entering it waits for the turn. Raises Busy at once when the queue is full or when the turn can't
        come before the deadline, and Busy at the deadline; PromptTooLarge for more tokens than a minute
        has. Leaving it with RateLimited pauses everybody for as long as the provider asks.
        """
        return Turn(self, tokens=tokens, centre=centre, deadline=deadline, stage=stage)

    def pause(self, seconds: float) -> None:
        """Let no call begin for so long (an hour at most); a longer pause that is on stays."""
        if not seconds > 0:  # also NaN
            return
        with self._lock:
            self._paused_until = max(self._paused_until, self.clock() + min(seconds, _LONGEST_PAUSE_S))

    @property
    def waiting(self) -> int:
        """Return how many calls wait for their turn."""
        return self._waiting

    @property
    def inside(self) -> int:
        """Return how many calls are under way."""
        return self._inside

    # --- what a turn asks of it ---

    async def enter(self, turn: Turn) -> _Grant:
        """Wait for the turn and return what it takes."""
        waiter = None
        with self._lock:
            now = self.clock()
            self._check_size(turn)
            if not self._waiting and self._has_room(turn.tokens, now):
                return self._granted(turn.tokens, now)
            self._check_queue(turn, now)
            loop = asyncio.get_running_loop()
            waiter = _Waiter(turn.tokens, turn.centre, loop, loop.create_future())
            self._queues.setdefault(turn.centre, OrderedDict())[waiter] = None
            self._waiting += 1
            self._timers.setdefault(loop, _Timer()).waiters += 1
            self._plan(now)
        return await self._waited(waiter, turn)

    def leave(self) -> None:
        """End a call."""
        with self._lock:
            self._inside -= 1
            self._go_on()

    def settle(self, grant: _Grant, used: int) -> None:
        """Count the tokens that a call really took in place of those that were reserved."""
        with self._lock:
            if used < grant.reserved:
                self._tokens.correct(grant.tokens, used - grant.reserved)
            else:
                self._tokens.add(used - grant.reserved, self.clock())
            grant.reserved = used
            self._go_on()

    # --- the queue ---

    async def _waited(self, waiter: _Waiter, turn: Turn) -> _Grant:
        try:
            async with asyncio.timeout(turn.deadline.left_s if turn.deadline else None):
                await waiter.woken
        except BaseException as error:
            with self._lock:
                self._withdraw(waiter)
                self._go_on()
            if isinstance(error, TimeoutError):
                raise self._busy(turn, "its turn did not come before the deadline") from None
            raise
        finally:
            with self._lock:
                self._leave_loop(waiter.loop)
        assert waiter.grant is not None
        return waiter.grant

    def _go_on(self) -> None:
        """Give turns to those at the front as long as there is room; see to the moment when there is more."""
        now = self.clock()
        while self._waiting:
            queue = self._queues[next(iter(self._queues))]
            waiter = next(iter(queue))
            if not self._has_room(waiter.tokens, now):
                self._plan(now)
                return
            self._remove(waiter)
            if waiter.centre in self._queues:
                self._queues.move_to_end(waiter.centre)
            waiter.grant = self._granted(waiter.tokens, now)
            try:
                waiter.loop.call_soon_threadsafe(_wake, waiter.woken)
            except RuntimeError:  # its loop is closed: nobody is there to take the turn
                self._give_back(waiter.grant)
                self._timers.pop(waiter.loop, None)

    def _remove(self, waiter: _Waiter) -> None:
        queue = self._queues[waiter.centre]
        del queue[waiter]
        self._waiting -= 1
        if not queue:
            del self._queues[waiter.centre]

    def _withdraw(self, waiter: _Waiter) -> None:
        """Take back a waiter that gave up, with the turn if it just got one."""
        if waiter.grant is not None:
            self._give_back(waiter.grant)
        elif waiter in self._queues.get(waiter.centre, ()):
            self._remove(waiter)

    def _granted(self, tokens: int, now: float) -> _Grant:
        self._inside += 1
        return _Grant(self._requests.add(1, now), self._tokens.add(tokens, now), tokens)

    def _give_back(self, grant: _Grant) -> None:
        self._inside -= 1
        self._requests.correct(grant.requests, -1)
        self._tokens.correct(grant.tokens, -grant.reserved)

    # --- room, and when there is some ---

    def _has_room(self, tokens: int, now: float) -> bool:
        at_once = self._settings.at_once
        return (at_once is None or self._inside < at_once) and self._earliest(tokens, now) <= now

    def _earliest(self, tokens: int, now: float) -> float:
        """Return the moment before which such a call can't begin, whatever the others do."""
        earliest = max(now, self._paused_until)
        if (requests := self._settings.requests_per_minute) is not None:
            earliest = max(earliest, self._requests.falls_to(requests - 1, now))
        if (most := self._settings.tokens_per_minute) is not None:
            earliest = max(earliest, self._tokens.falls_to(most - tokens, now))
        return earliest

    def _check_size(self, turn: Turn) -> None:
        most = self._settings.tokens_per_minute
        if most is not None and turn.tokens > most:
            raise PromptTooLarge(
                f"a call of {turn.tokens} tokens (prompt and longest reply) is more than {self.name} may be "
                f"asked for in a whole minute ({most})",
                stage=turn.stage,
                move="Raise tokens_per_minute in its limits, or lower output_tokens or the prompt's size",
            )

    def _check_queue(self, turn: Turn, now: float) -> None:
        if self._waiting >= self._settings.queue:
            raise self._busy(turn, f"{self._waiting} calls wait already")
        wait_s = self._earliest(turn.tokens, now) - now
        if turn.deadline is not None and wait_s > turn.deadline.left_s:
            raise self._busy(turn, f"its turn can't come for {wait_s:.1f} s, after the deadline", wait_s)

    def _busy(self, turn: Turn, why: str, wait_s: float | None = None) -> Busy:
        return Busy(
            f"a call of {self.name} was not made: {why}",
            stage=turn.stage,
            move="Raise its limits if the provider allows more, or add another route",
            retry_after_s=wait_s,
        )

    # --- timers ---

    def _plan(self, now: float) -> None:
        """See to it that every loop with a waiter looks again when the first of the queue can begin."""
        at_once = self._settings.at_once
        if at_once is not None and self._inside >= at_once:
            return  # the end of a call goes on
        queue = self._queues[next(iter(self._queues))]
        due = self._earliest(next(iter(queue)).tokens, now)
        for loop, timer in list(self._timers.items()):
            if timer.due is None or due < timer.due:
                timer.due = due
                try:
                    loop.call_soon_threadsafe(self._set_timer, loop, due)
                except RuntimeError:  # closed, with its waiters
                    self._timers.pop(loop, None)

    def _set_timer(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        with self._lock:
            timer = self._timers.get(loop)
            if timer is None or timer.due != due:
                return
            if timer.handle is not None:
                timer.handle.cancel()
            wait_s = max(_SHORTEST_TIMER_S, due - self.clock())
            timer.handle = loop.call_later(wait_s, self._on_timer, loop)

    def _on_timer(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            if (timer := self._timers.get(loop)) is not None:
                timer.due = timer.handle = None
            self._go_on()

    def _leave_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        if (timer := self._timers.get(loop)) is None:
            return
        timer.waiters -= 1
        if timer.waiters <= 0:
            del self._timers[loop]
            if timer.handle is not None:
                timer.handle.cancel()


class Turn:
    """One call's turn at a limiter."""

    def __init__(
        self, limiter: Limiter, *, tokens: int, centre: str, deadline: Deadline | None, stage: str
    ) -> None:
        self.tokens = tokens
        self.centre = centre
        self.deadline = deadline
        self.stage = stage
        self.waited_s = 0.0
        """Seconds that the call stood in the queue."""
        self._limiter = limiter
        self._grant: _Grant | None = None
        self._began = 0.0

    def used(self, tokens: int) -> None:
        """Say how many tokens the call really took; what was reserved above that is free again."""
        assert self._grant is not None
        self._limiter.settle(self._grant, tokens)

    async def __aenter__(self) -> Self:
        asked = self._limiter.clock()
        self._grant = await self._limiter.enter(self)
        self._began = self._limiter.clock()
        self.waited_s = self._began - asked
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._grant is not None
        if isinstance(error, RateLimited) and error.retry_after_s is not None:
            self._limiter.pause(error.retry_after_s)
        self._limiter.leave()
        if isinstance(error, DeadlineOver):
            self._blame_the_queue(error)

    def _blame_the_queue(self, error: DeadlineOver) -> None:
        """Raise Busy where our own queue, not the provider, used up most of the time."""
        had_s = self._limiter.clock() - self._began
        if self.waited_s > had_s:
            raise Busy(
                f"{error.what}: of its time the call waited {self.waited_s:.1f} s for its turn",
                stage=self.stage,
                move="Raise the limits if the provider allows more, or add another route",
            ) from error


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
