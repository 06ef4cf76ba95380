"""A silent provider is given up while there is time for another route."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.domain.usage import Price, Usage
from holdfast.errors import ProviderSlow, ProviderUnavailable
from holdfast.stages.generation.patience import PatientModel
from holdfast.testing.virtual_time import run_in_virtual_time

PROMPT = Prompt(question="", messages=(), passages=(), tokens=10, output_tokens=10)
REPLY = Reply(text="24 Nm", model="openai:m")


class Waiting:
    """Yields pieces, waiting before each so many seconds."""

    name = "openai:m"

    def __init__(self, *waits_s: float) -> None:
        self._waits_s = waits_s
        self.is_closed = False

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield a word after each wait but the last, which the Reply comes after."""
        try:
            for wait_s in self._waits_s[:-1]:
                await asyncio.sleep(wait_s)
                yield "word "
            await asyncio.sleep(self._waits_s[-1])
            yield REPLY
        finally:
            self.is_closed = True

    async def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return a price that shows it was asked."""
        return Price(usd=7.0)


def pieces_of(
    model: Waiting, *, behind: int, patience_s: float | None = None
) -> tuple[Sequence[Piece], float]:
    """Return what came of a call with 1,000 seconds, and the virtual seconds that it took."""

    async def collected(clock: object) -> tuple[Sequence[Piece], float]:
        patient = PatientModel(model, patience_s=patience_s, rungs_behind=behind)
        call = Call(deadline=Deadline.after(1000))
        pieces = [piece async for piece in patient.generate(PROMPT, call)]
        return pieces, asyncio.get_running_loop().time()

    return run_in_virtual_time(collected)


def test_without_a_rung_behind_only_the_deadline_ends_a_wait() -> None:
    pieces, took_s = pieces_of(Waiting(400, 990), behind=0)
    assert pieces[-1] == REPLY
    assert took_s == pytest.approx(1390)


@pytest.mark.parametrize(("behind", "waits_s"), [(1, 490.0), (3, 240.0)])
def test_a_rung_with_others_behind_may_be_silent_for_its_share_of_the_time(
    behind: int, waits_s: float
) -> None:
    assert pieces_of(Waiting(waits_s, waits_s), behind=behind)[0][-1] == REPLY
    model = Waiting(waits_s, waits_s + 20)
    with pytest.raises(ProviderSlow, match=r"openai:m was silent for .* patience_s"):
        pieces_of(model, behind=behind)
    assert model.is_closed
    assert not ProviderSlow.is_worth_a_retry


def test_a_declared_patience_counts_from_piece_to_piece() -> None:
    assert pieces_of(Waiting(4, 4, 4), behind=1, patience_s=5)[0][-1] == REPLY
    with pytest.raises(ProviderSlow):
        pieces_of(Waiting(4, 6), behind=1, patience_s=5)


def test_with_nowhere_else_to_go_a_silent_call_is_worth_another_try() -> None:
    with pytest.raises(ProviderUnavailable) as caught:
        pieces_of(Waiting(6), behind=0, patience_s=5)
    assert caught.value.is_worth_a_retry
    assert caught.value.may_be_paid
