"""Wait for a model's turn before it is called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from holdfast.calling.limiter import Limiter
from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.protocols import Model
from holdfast.stages.generation.whole import whole


class LimitModel:
    """Reserves the prompt's tokens and those of the longest reply, and settles what the reply took."""

    def __init__(self, inner: Model, limiter: Limiter, *, cost_centre: str = "") -> None:
        """Take the limiter of the model or its provider; cost centres take turns at it."""
        self.name = inner.name
        self._inner = inner
        self._limiter = limiter
        self._cost_centre = cost_centre

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield the model's pieces; raise Busy or PromptTooLarge, without a call, when there is no turn."""
        tokens = prompt.tokens + prompt.output_tokens
        async with (
            self._limiter.turn(
                tokens=tokens, centre=self._cost_centre, deadline=call.deadline, stage=call.stage
            ) as turn,
            aclosing(whole(self._inner, prompt, call)) as pieces,
        ):
            async for piece in pieces:
                if isinstance(piece, Reply):
                    if used := piece.usage.input_tokens + piece.usage.output_tokens:
                        turn.used(used)
                    break
                yield piece
        yield piece
