"""Listen to a model that a policy stands before: to its end, or closed when nobody listens any more."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.domain.streams import closing
from holdfast.errors import ReplyMalformed
from holdfast.protocols import Model


async def whole(model: Model, prompt: Prompt, call: Call) -> AsyncGenerator[Piece, None]:
    """Yield the model's pieces; raise ReplyMalformed when they end without a Reply.

    The model's own stream is run to its end before the Reply is yielded, and closed when nobody listens
    any more, so that what it holds (a turn, a probe, an open ledger row) is given back at once.
    """
    reply = None
    async with closing(model.generate(prompt, call)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Reply):
                reply = piece
            elif reply is None:
                yield piece
    if reply is None:
        raise ReplyMalformed(
            f"the stream of {model.name} ended before its reply was complete",
            stage=call.stage,
            move="Try again, or add a rung",
        )
    yield reply
