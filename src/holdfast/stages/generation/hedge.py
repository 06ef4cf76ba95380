"""Make a second call beside one that is slow to begin, and go on with the one that begins first.

The race is for the first piece, not for the whole reply: that is where providers are slow by chance (a
queue, a cold replica), the listener sees text as early, and the other call is given up before it has
written, and cost, a reply. What happens after the first piece is the retry's business.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from holdfast.calling.latencies import Latencies
from holdfast.calling.retrying import RetryBudget
from holdfast.calling.settings import HedgeSettings
from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.protocols import Model
from holdfast.stages.generation.whole import whole


class HedgeModel:
    """Hedges a slow call once, on the retry budget; without a usual time yet it hedges nothing."""

    def __init__(
        self,
        inner: Model,
        settings: HedgeSettings,
        budget: RetryBudget,
        first_pieces: Latencies,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the latencies of first pieces that all calls of the model share; they are added to here."""
        self.name = inner.name
        self._inner = inner
        self._settings = settings
        self._budget = budget
        self._first_pieces = first_pieces
        self._clock = clock

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield the pieces of the call that began first; raise the first call's error when both fail.

        The other call is cancelled, and its end awaited before the Reply is yielded.
        """
        if not self._settings.on:
            async with aclosing(whole(self._inner, prompt, call)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        legs = [_Leg(self._inner, prompt, call, self._clock)]
        reply: Reply | None = None
        try:
            leg = await self._first_to_begin(legs, prompt, call)
            for one in legs:
                if one is not leg:
                    one.give_up()
            async for piece in leg.pieces():
                if isinstance(piece, Reply):
                    reply = piece
                else:
                    yield piece
        finally:
            await _ended(legs)
        assert reply is not None  # `whole` ends with one, or raises
        yield reply

    async def _first_to_begin(self, legs: list[_Leg], prompt: Prompt, call: Call) -> _Leg:
        """Return the call whose first piece is there; a second one is added to `legs` when that is late."""
        first = legs[0]
        await asyncio.wait([first.begun], timeout=self._after_s(call))
        if not first.begun.done() and self._budget.take():
            legs.append(_Leg(self._inner, prompt, replace(call, is_hedge=True), self._clock))
        waiting = {leg.begun: leg for leg in legs}
        while waiting:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for leg in [waiting.pop(begun) for begun in list(waiting) if begun in done]:
                if leg.begun.result():
                    self._learn(leg, first)
                    return leg
        raise first.failed()

    def _after_s(self, call: Call) -> float | None:
        """Return the seconds after which a call is slow; None: wait for it, there is no usual time."""
        after_s = self._settings.after_s or self._first_pieces.p95
        return after_s if after_s is not None and after_s < call.deadline.left_s else None

    def _learn(self, winner: _Leg, first: _Leg) -> None:
        """Keep how long the winner took, and of a first call that lost what it had taken by then.

        Without the latter the p95 would sink with every hedge, and hedges would grow.
        """
        now = self._clock()
        for leg in {winner: None, first: None}:
            self._first_pieces.add(now - leg.started)


class _Leg:
    """One call, driven by a task of its own from its first step to its close.

    A stream that several tasks take turns at would break the timeouts inside it.
    """

    def __init__(self, model: Model, prompt: Prompt, call: Call, clock: Callable[[], float]) -> None:
        self.started = clock()
        self.begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Whether a piece came; False: it failed before."""
        self._queue: asyncio.Queue[Piece | None] = asyncio.Queue()
        self._error: Exception | None = None
        self.task = asyncio.create_task(self._run(model, prompt, call))

    def give_up(self) -> None:
        """End the call; its stream is closed on the way."""
        if not self.task.cancelling():  # a second cancellation would break off the closing
            self.task.cancel()

    def failed(self) -> Exception:
        """Return the error that ended it."""
        assert self._error is not None
        return self._error

    async def pieces(self) -> AsyncIterator[Piece]:
        """Yield its pieces; raise its error."""
        while (piece := await self._queue.get()) is not None:
            yield piece
        if self._error is not None:
            raise self._error

    async def _run(self, model: Model, prompt: Prompt, call: Call) -> None:
        try:
            async with aclosing(whole(model, prompt, call)) as pieces:
                async for piece in pieces:
                    if not self.begun.done():
                        self.begun.set_result(True)
                    self._queue.put_nowait(piece)
        except Exception as error:  # noqa: BLE001 raised again by who listens
            self._error = error
        finally:
            if not self.begun.done():
                self.begun.set_result(False)
            self._queue.put_nowait(None)


async def _ended(legs: Sequence[_Leg]) -> None:
    """Cancel what still runs and wait until its streams are closed."""
    for leg in legs:
        leg.give_up()
    await asyncio.gather(*(leg.task for leg in legs), return_exceptions=True)
