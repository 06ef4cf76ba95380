"""Retry, breaker, limiter and hedge before a model: what a listener sees, and what is left behind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest

from holdfast.calling.breaker import Breaker
from holdfast.calling.latencies import Latencies
from holdfast.calling.limiter import Limiter
from holdfast.calling.retrying import FREE_EXTRA_CALLS, RetryBudget
from holdfast.calling.settings import BreakerSettings, HedgeSettings, LimitSettings, RetrySettings
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Message, Piece, Prompt, Reply, Restart
from holdfast.domain.usage import Usage
from holdfast.errors import (
    BreakerOpen,
    Busy,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    ReplyMalformed,
)
from holdfast.protocols import Model
from holdfast.stages.generation.breaking import BreakerModel
from holdfast.stages.generation.hedge import HedgeModel
from holdfast.stages.generation.limiting import LimitModel
from holdfast.stages.generation.retry import RetryModel
from holdfast.testing.contracts.model import ModelContract
from holdfast.testing.fakes import FakeModel
from holdfast.testing.virtual_time import run_in_virtual_time

Clock = Callable[[], float]
RETRY = RetrySettings(tries=3, first_wait_s=0.25)
BREAKER = BreakerSettings(calls_at_least=3, rest_s=5)
PROMPT = Prompt(
    question="torque?",
    messages=(Message(role="user", text="torque?"),),
    passages=(),
    tokens=90,
    output_tokens=10,
)


def call(seconds: float = 1000) -> Call:
    return Call(deadline=Deadline.after(seconds))


@dataclass(frozen=True, kw_only=True)
class Script:
    """One call of a model: waits, words, and how it ends."""

    first_after: float = 0.0
    words: Sequence[str] = ("24 ", "Nm")
    between: float = 0.0
    error: ProviderError | None = None
    has_reply: bool = True
    usage: Usage = Usage(input_tokens=30, output_tokens=10)


@dataclass(slots=True)
class ScriptedModel:
    """Plays one script a call, the last one again and again; keeps what became of each call."""

    scripts: Sequence[Script]
    name: str = "openai:m"
    calls: list[Call] = field(default_factory=list)
    ends: dict[int, str] = field(default_factory=dict)
    """By call, from 0: how it ended, as a ledger would write it."""

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        number = len(self.calls)
        script = self.scripts[min(number, len(self.scripts) - 1)]
        self.calls.append(call)
        self.ends[number] = "open"
        try:
            async for piece in self._played(script):
                yield piece
            self.ends[number] = "ok"
        except ProviderError as error:
            self.ends[number] = error.kind
            raise
        except (asyncio.CancelledError, GeneratorExit):
            await asyncio.sleep(0)  # a ledger writes its row here
            self.ends[number] = "cancelled" if self.ends[number] == "open" else self.ends[number]
            raise

    async def _played(self, script: Script) -> AsyncIterator[Piece]:
        await asyncio.sleep(script.first_after)
        for word in script.words:
            yield word
            await asyncio.sleep(script.between)
        if script.error is not None:
            raise script.error
        if script.has_reply:
            yield Reply(text="".join(script.words), model=self.name, usage=script.usage)


async def pieces_of(model: Model, given: Call | None = None) -> list[Piece]:
    return [piece async for piece in model.generate(PROMPT, given or call())]


def run(main: Callable[[Clock], Coroutine[Any, Any, Any]]) -> Any:
    """Run on the virtual clock; nothing may be left running, or complain in the end."""
    complaints: list[dict[str, Any]] = []

    async def watched(clock: Clock) -> Any:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        made = await main(clock)
        gc.collect()
        await asyncio.sleep(1)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left
        return made

    made = run_in_virtual_time(watched)
    gc.collect()
    assert complaints == []
    return made


def retrying(inner: Model, **changed: Any) -> RetryModel:
    return RetryModel(inner, RETRY.model_copy(update=changed), RetryBudget(0.2), jitter=lambda: 1.0)


# --- retry ---


def test_a_try_that_failed_midway_is_taken_back_and_begun_anew() -> None:
    down = ProviderUnavailable("the stream broke off")
    model = ScriptedModel([Script(words=("wrong ",), error=down), Script()])

    async def main(clock: Clock) -> None:
        *pieces, reply = await pieces_of(retrying(model))
        assert pieces == ["wrong ", Restart(reason="the stream broke off"), "24 ", "Nm"]
        assert isinstance(reply, Reply)
        assert reply.text == "24 Nm"
        assert clock() == pytest.approx(0.25)

    run(main)
    assert [one.number for one in model.calls] == [1, 2]
    assert model.ends == {0: "unavailable", 1: "ok"}


def test_a_try_that_failed_before_its_first_piece_needs_no_restart() -> None:
    model = ScriptedModel([Script(words=(), error=ProviderUnavailable("503")), Script()])

    async def main(clock: Clock) -> None:
        assert not any(isinstance(piece, Restart) for piece in await pieces_of(retrying(model)))

    run(main)


def test_a_stream_without_a_reply_is_tried_again() -> None:
    model = ScriptedModel([Script(has_reply=False), Script()])

    async def main(clock: Clock) -> None:
        pieces = await pieces_of(retrying(model))
        assert isinstance(pieces[2], Restart)
        assert "before its reply was complete" in pieces[2].reason

    run(main)


def test_a_restart_is_not_announced_when_no_try_follows() -> None:
    model = ScriptedModel([Script(words=("a ",), error=ProviderUnavailable("down"))])

    async def main(clock: Clock) -> None:
        stream = retrying(model, tries=2).generate(PROMPT, call())
        assert [await anext(stream) for _ in range(3)] == ["a ", Restart(reason="down"), "a "]
        with pytest.raises(ProviderUnavailable):
            await anext(stream)

    run(main)


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(ProviderRejected("400"), 1000), (RateLimited("429", retry_after_s=50), 20), (Busy("full"), 1000)],
)
def test_what_another_try_cannot_mend_goes_on_to_the_next_rung(error: ProviderError, seconds: float) -> None:
    model = ScriptedModel([Script(words=(), error=error)])

    async def main(clock: Clock) -> None:
        with pytest.raises(type(error)):
            await pieces_of(retrying(model), call(seconds))
        assert clock() == 0

    run(main)
    assert len(model.calls) == 1


# --- breaker ---


def test_an_open_breaker_lets_no_call_through_and_one_probe_closes_it() -> None:
    model = ScriptedModel([Script(words=(), error=ProviderUnavailable("503"))] * 3 + [Script(first_after=1)])

    async def main(clock: Clock) -> None:
        guarded = BreakerModel(model, Breaker("openai:m", BREAKER, clock))
        for kind in [ProviderUnavailable] * 3 + [BreakerOpen]:
            with pytest.raises(kind):
                await pieces_of(guarded)
        assert len(model.calls) == 3
        await asyncio.sleep(BREAKER.rest_s)
        ends = await asyncio.gather(*(pieces_of(guarded) for _ in range(20)), return_exceptions=True)
        assert sum(isinstance(end, BreakerOpen) for end in ends) == 19
        assert len(model.calls) == 4
        assert isinstance((await pieces_of(guarded))[-1], Reply)

    run(main)


def test_a_listener_that_leaves_in_the_middle_of_the_probe_frees_its_slot() -> None:
    model = ScriptedModel([Script(words=(), error=ProviderUnavailable("503"))] * 3 + [Script(between=1)])

    async def main(clock: Clock) -> None:
        breaker = Breaker("openai:m", BREAKER, clock)
        guarded = BreakerModel(model, breaker)
        for _ in range(3):
            with pytest.raises(ProviderUnavailable):
                await pieces_of(guarded)
        await asyncio.sleep(BREAKER.rest_s)
        stream = guarded.generate(PROMPT, call())
        assert await anext(stream) == "24 "
        assert breaker.state == "probing"
        assert isinstance(stream, AsyncGenerator)
        await stream.aclose()
        assert breaker.state == "open"
        assert model.ends[3] == "cancelled"
        await pieces_of(guarded)
        assert breaker.state == "closed"

    run(main)


def test_a_stream_without_a_reply_counts_against_the_model() -> None:
    async def main(clock: Clock) -> None:
        breaker = Breaker("openai:m", BREAKER, clock)
        guarded = BreakerModel(ScriptedModel([Script(has_reply=False)]), breaker)
        for _ in range(3):
            with pytest.raises(ReplyMalformed):
                await pieces_of(guarded)
        assert breaker.state == "open"

    run(main)


# --- limiter ---


def test_a_call_reserves_prompt_and_longest_reply_and_settles_what_it_took() -> None:
    model = ScriptedModel([Script()])

    async def main(clock: Clock) -> None:
        limited = LimitModel(
            model, Limiter("openai", LimitSettings(tokens_per_minute=180), clock), cost_centre="a"
        )
        began = []
        for _ in range(4):
            await pieces_of(limited)
            began.append(clock())
        assert began[:3] == [0, 0, 0], "100 are reserved, 40 are used: 40 and 80 leave room for 100"
        assert began[3] > 60

    run(main)


def test_a_turn_ends_with_the_call_also_when_the_listener_leaves() -> None:
    model = ScriptedModel([Script(between=1)])

    async def main(clock: Clock) -> None:
        limiter = Limiter("openai", LimitSettings(at_once=1), clock)
        limited = LimitModel(model, limiter)
        async with aclosing(limited.generate(PROMPT, call())) as stream:  # type: ignore[type-var]
            assert await anext(stream) == "24 "
            assert limiter.inside == 1
        assert limiter.inside == 0
        stream = limited.generate(PROMPT, call())
        while not isinstance(await anext(stream), Reply):
            pass
        assert limiter.inside == 0, "whoever stops at the Reply, and closes nothing, holds no turn"
        task = asyncio.create_task(pieces_of(limited))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert limiter.inside == 0

    run(main)


# --- hedge ---


def hedged(inner: Model, clock: Clock, *, budget: RetryBudget | None = None, **declared: Any) -> HedgeModel:
    settings = HedgeSettings.model_validate({"on": True, "after_s": 2, **declared})
    return HedgeModel(inner, settings, budget or RetryBudget(0.2, clock), Latencies(), clock)


def test_a_call_that_begins_in_time_is_not_hedged() -> None:
    model = ScriptedModel([Script(first_after=1, between=10)])

    async def main(clock: Clock) -> None:
        *pieces, reply = await pieces_of(hedged(model, clock))
        assert pieces == ["24 ", "Nm"]
        assert isinstance(reply, Reply)

    run(main)
    assert len(model.calls) == 1


def test_of_two_calls_the_first_to_begin_counts_and_the_other_is_given_up() -> None:
    model = ScriptedModel([Script(first_after=30, words=("late",)), Script(first_after=1)])

    async def main(clock: Clock) -> None:
        *pieces, reply = await pieces_of(hedged(model, clock))
        assert pieces == ["24 ", "Nm"]
        assert isinstance(reply, Reply)
        assert clock() == pytest.approx(3)
        assert model.ends[0] == "cancelled"

    run(main)
    assert [one.is_hedge for one in model.calls] == [False, True]


def test_a_slow_first_call_that_begins_before_its_hedge_wins() -> None:
    model = ScriptedModel([Script(first_after=3, between=5), Script(first_after=2)])

    async def main(clock: Clock) -> None:
        pieces = await pieces_of(hedged(model, clock))
        assert isinstance(pieces[-1], Reply)
        assert model.ends[1] == "cancelled"

    run(main)


def test_a_call_that_fails_goes_on_with_its_hedge_and_when_both_fail_the_first_error_is_raised() -> None:
    failing = Script(first_after=3, words=(), error=ProviderUnavailable("the first"))
    second = Script(first_after=5, words=(), error=ProviderUnavailable("the second"))

    async def main(clock: Clock) -> None:
        model = ScriptedModel([failing, Script(first_after=5)])
        assert isinstance((await pieces_of(hedged(model, clock)))[-1], Reply)
        with pytest.raises(ProviderUnavailable, match="the first"):
            await pieces_of(hedged(ScriptedModel([failing, second]), clock))
        quick = Script(words=(), error=ProviderUnavailable("at once"))
        with pytest.raises(ProviderUnavailable, match="at once"):
            await pieces_of(hedged(ScriptedModel([quick]), clock))

    run(main)


def test_a_winner_that_fails_midway_fails_the_call() -> None:
    model = ScriptedModel([Script(words=("24 ",), error=ProviderUnavailable("midway"))])

    async def main(clock: Clock) -> None:
        with pytest.raises(ProviderUnavailable, match="midway"):
            await pieces_of(hedged(model, clock))

    run(main)


def test_hedges_draw_on_the_budget_of_retries() -> None:
    model = ScriptedModel([Script(first_after=3)])

    async def main(clock: Clock) -> None:
        slow = hedged(model, clock, budget=RetryBudget(0.0, clock))
        for _ in range(15):
            await pieces_of(slow)

    run(main)
    assert sum(one.is_hedge for one in model.calls) == FREE_EXTRA_CALLS


def test_without_a_declared_wait_the_p95_of_first_pieces_decides() -> None:
    model = ScriptedModel([*[Script(first_after=1)] * 20, Script(first_after=50), Script()])

    async def main(clock: Clock) -> None:
        learning = hedged(model, clock, after_s=None)
        for _ in range(20):
            await pieces_of(learning)
        assert not any(one.is_hedge for one in model.calls), "nothing is hedged while nothing is known"
        began = clock()
        await pieces_of(learning)
        assert clock() - began == pytest.approx(1, abs=0.01)

    run(main)
    assert model.calls[-1].is_hedge


@pytest.mark.parametrize("at", [1.0, 2.5, 4.0])
def test_a_listener_that_leaves_closes_both_calls(at: float) -> None:
    model = ScriptedModel([Script(first_after=30), Script(first_after=1, between=10)])

    async def main(clock: Clock) -> None:
        task = asyncio.create_task(pieces_of(hedged(model, clock)))
        await asyncio.sleep(at)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert set(model.ends.values()) == {"cancelled"}
        stream = hedged(model, clock).generate(PROMPT, call())
        await anext(stream)
        assert isinstance(stream, AsyncGenerator)
        await stream.aclose()
        assert set(model.ends.values()) == {"cancelled"}

    run(main)


# --- the whole stack ---


@dataclass(slots=True)
class Stack:
    model: ScriptedModel
    clock: Clock
    limits: LimitSettings = LimitSettings()

    def made(self) -> HedgeModel:
        """Return hedge( retry( break( limit( model ))))."""
        budget = RetryBudget(0.2, self.clock)
        self.limiter = Limiter("openai", self.limits, self.clock)
        self.breaker = Breaker(self.model.name, BREAKER, self.clock)
        limited = LimitModel(self.model, self.limiter)
        retried = RetryModel(BreakerModel(limited, self.breaker), RETRY, budget, jitter=lambda: 1.0)
        return HedgeModel(retried, HedgeSettings(on=True, after_s=2), budget, Latencies(), self.clock)

    limiter: Any = None
    breaker: Any = None


def test_a_rate_limit_pauses_everybody_and_the_retry_keeps_to_it() -> None:
    model = ScriptedModel([Script(words=(), error=RateLimited("429", retry_after_s=1)), Script()])

    async def main(clock: Clock) -> None:
        stack = Stack(model, clock).made()
        ends = await asyncio.gather(*(pieces_of(stack) for _ in range(3)))
        assert all(isinstance(end[-1], Reply) for end in ends)

    run(main)


def test_an_outage_costs_few_calls_and_ends_with_one_probe() -> None:
    down = Script(words=(), error=ProviderUnavailable("503"))
    model = ScriptedModel([down] * 3 + [Script()])

    async def main(clock: Clock) -> None:
        stack = Stack(model, clock).made()
        with pytest.raises(ProviderUnavailable):
            await pieces_of(stack)
        for _ in range(50):
            with pytest.raises(BreakerOpen):
                await pieces_of(stack)
        assert len(model.calls) == 3
        await asyncio.sleep(5)
        assert isinstance((await pieces_of(stack))[-1], Reply)

    run(main)


def test_a_hedge_that_wins_gives_back_the_turn_of_the_other_call() -> None:
    model = ScriptedModel([Script(first_after=500), Script()])

    async def main(clock: Clock) -> None:
        made = Stack(model, clock, LimitSettings(at_once=2))
        assert isinstance((await pieces_of(made.made()))[-1], Reply)
        assert (made.limiter.inside, made.breaker.state) == (0, "closed")

    run(main)
    assert model.ends[0] == "cancelled"


class PolicyContract(ModelContract):
    """What every model keeps to, kept by the policies in front of one too."""


class TestRetryKeepsTheSocket(PolicyContract):
    @pytest.fixture
    def part(self) -> Model:
        return RetryModel(FakeModel(text="24 Nm [1]"), RETRY, RetryBudget(0.2))


class TestBreakerKeepsTheSocket(PolicyContract):
    @pytest.fixture
    def part(self) -> Model:
        return BreakerModel(FakeModel(text="24 Nm [1]"), Breaker("m", BREAKER))


class TestLimitKeepsTheSocket(PolicyContract):
    @pytest.fixture
    def part(self) -> Model:
        return LimitModel(FakeModel(text="24 Nm [1]"), Limiter("m", LimitSettings(at_once=2)))


class TestHedgeKeepsTheSocket(PolicyContract):
    @pytest.fixture
    def part(self) -> Model:
        settings = HedgeSettings(on=True, after_s=1)
        return HedgeModel(FakeModel(text="24 Nm [1]"), settings, RetryBudget(0.2), Latencies())
