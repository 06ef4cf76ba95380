"""The laws of a Model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.errors import ProviderError
from holdfast.protocols import Model
from holdfast.testing.contracts.samples import TORQUES, a_call, a_prompt

AT_ONCE = 4


class ModelContract:
    """Override `part` with a model that is available."""

    @pytest.fixture
    def part(self) -> Model:
        """Return the model under test."""
        raise NotImplementedError("override the fixture `part`: return a Model")

    def test_it_has_a_name(self, part: Model) -> None:
        """`provider:model`, or one word for what stands in for a model."""
        assert part.name

    def test_pieces_come_first_and_one_reply_last(self, part: Model) -> None:
        """Each piece is text; the Reply ends the stream."""
        *pieces, reply = _generated(part, a_prompt(*TORQUES))
        assert all(isinstance(piece, str) for piece in pieces)
        assert isinstance(reply, Reply)
        assert reply.model

    def test_the_pieces_are_the_reply(self, part: Model) -> None:
        """What a listener saw is what is checked and cited, up to whitespace."""
        *pieces, reply = _generated(part, a_prompt(*TORQUES))
        assert isinstance(reply, Reply)
        if reply.finish == "stop":
            assert reply.text.strip()
            assert "".join(map(str, pieces)).split() == reply.text.split()

    def test_use_and_cost_are_told(self, part: Model) -> None:
        """Never below 0; an answerability is a probability."""
        reply = _generated(part, a_prompt(*TORQUES))[-1]
        assert isinstance(reply, Reply)
        assert min(reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cached_tokens) >= 0
        assert reply.cost_usd >= 0
        assert reply.answerability is None or 0 <= reply.answerability <= 1

    def test_a_prompt_without_passages_is_answered_too(self, part: Model) -> None:
        """Whether that counts as an answer is the decider's business."""
        assert isinstance(_generated(part, a_prompt())[-1], Reply)

    def test_calls_at_the_same_time_do_not_mix(self, part: Model) -> None:
        """Each stream ends with the reply to its own prompt."""

        async def all_at_once() -> list[list[Piece]]:
            calls = (_collected(part, a_prompt(*TORQUES), a_call()) for _ in range(AT_ONCE))
            return await asyncio.gather(*calls)

        for *pieces, reply in asyncio.run(all_at_once()):
            assert isinstance(reply, Reply)
            assert reply.finish == "nothing" or "".join(map(str, pieces)).split() == reply.text.split()

    def test_whoever_stops_listening_may(self, part: Model) -> None:
        """A stream that is closed after its first piece ends without an error."""

        async def first_piece() -> None:
            stream = part.generate(a_prompt(*TORQUES), a_call())
            await anext(stream)
            if isinstance(stream, AsyncGenerator):
                await stream.aclose()

        asyncio.run(first_piece())

    def test_after_the_deadline_there_is_a_whole_reply_or_a_provider_error(self, part: Model) -> None:
        """Another rung may be tried then; half a reply would be taken for a whole one."""
        try:
            pieces = asyncio.run(_collected(part, a_prompt(*TORQUES), a_call(seconds=0)))
        except ProviderError:
            return
        assert isinstance(pieces[-1], Reply)


async def _collected(part: Model, prompt: Prompt, call: Call) -> list[Piece]:
    return [piece async for piece in part.generate(prompt, call)]


def _generated(part: Model, prompt: Prompt) -> list[Piece]:
    pieces = asyncio.run(_collected(part, prompt, a_call()))
    assert sum(isinstance(piece, Reply) for piece in pieces) == 1
    return pieces
