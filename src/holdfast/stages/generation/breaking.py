"""Make a call only when the model's breaker lets it through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from holdfast.calling.breaker import Breaker
from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.protocols import Model
from holdfast.stages.generation.whole import whole


class BreakerModel:
    """Tells a breaker how each call ended."""

    def __init__(self, inner: Model, breaker: Breaker) -> None:
        self.name = inner.name
        self._inner = inner
        self._breaker = breaker

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield the model's pieces; raise BreakerOpen, without a call, while it is left alone."""
        with self._breaker.watch(deadline=call.deadline, stage=call.stage):
            async with aclosing(whole(self._inner, prompt, call)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Reply):
                        break
                    yield piece
        yield piece
