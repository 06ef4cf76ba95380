"""A breaker leaves a failing provider alone and finds out with one call when it is back."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from holdfast.calling.breaker import Breaker, Watch
from holdfast.calling.settings import BreakerSettings
from holdfast.domain.calls import Deadline
from holdfast.errors import (
    BreakerOpen,
    BudgetExhausted,
    Busy,
    DeadlineOver,
    PriceUnknown,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
    ReplyMalformed,
)

SETTINGS = BreakerSettings(failing_share=0.5, calls_at_least=4, window_s=30, rest_s=5, longest_rest_s=18)
DOWN = ProviderUnavailable("down")


def ended(breaker: Breaker, error: BaseException | None = None, **watched: Any) -> None:
    """Make one call that ends so."""
    watch = breaker.watch(**watched)
    watch.__enter__()
    watch.__exit__(type(error) if error else None, error, None)


def opened(clock: Any) -> Breaker:
    breaker = Breaker("openai:m", SETTINGS, clock)
    for _ in range(SETTINGS.calls_at_least):
        ended(breaker, DOWN)
    assert breaker.state == "open"
    return breaker


def test_it_opens_at_the_failing_share_and_says_when_the_next_call_may_go(clock: Any) -> None:
    breaker = Breaker("openai:m", SETTINGS, clock)
    for error in (None, DOWN, None):
        ended(breaker, error)
    assert breaker.state == "closed"
    ended(breaker, ReplyMalformed("half a reply"))
    with pytest.raises(BreakerOpen, match="openai:m is left alone") as caught:
        ended(breaker, stage="generation")
    assert caught.value.retry_after_s == pytest.approx(5)
    assert caught.value.stage == "generation"
    assert not caught.value.is_worth_a_retry


def test_too_few_calls_say_nothing(clock: Any) -> None:
    breaker = Breaker("m", SETTINGS, clock)
    for _ in range(SETTINGS.calls_at_least - 1):
        ended(breaker, DOWN)
    assert breaker.state == "closed"


def test_what_is_older_than_the_window_does_not_count(clock: Any) -> None:
    breaker = Breaker("m", SETTINGS, clock)
    for _ in range(3):
        ended(breaker, DOWN)
    clock.now += SETTINGS.window_s + 1
    for _ in range(3):
        ended(breaker, DOWN)
    assert breaker.state == "closed"


def test_of_twenty_calls_at_once_one_probes_and_nineteen_are_told_at_once(clock: Any) -> None:
    breaker = opened(clock)
    clock.now += SETTINGS.rest_s
    through = 0

    async def call(provider_answers: asyncio.Event) -> str:
        nonlocal through
        with breaker.watch():
            through += 1
            await provider_answers.wait()
            return "answer"

    async def all_at_once() -> list[Any]:
        answers = asyncio.Event()
        calls = [asyncio.create_task(call(answers)) for _ in range(20)]
        await asyncio.sleep(0)
        assert sum(one.done() for one in calls) == 19
        assert breaker.state == "probing"
        answers.set()
        return await asyncio.gather(*calls, return_exceptions=True)

    results = asyncio.run(all_at_once())
    assert through == 1
    assert results.count("answer") == 1
    assert sum(isinstance(one, BreakerOpen) for one in results) == 19
    assert breaker.state == "closed"


def test_of_twenty_threads_one_probes(clock: Any) -> None:
    breaker = opened(clock)
    clock.now += SETTINGS.rest_s
    together, done, results = threading.Barrier(20), threading.Event(), []

    def call() -> None:
        together.wait()
        try:
            with breaker.watch():
                done.wait(5)
            results.append("answer")
        except BreakerOpen:
            results.append("open")
            if results.count("open") == 19:
                done.set()

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["answer"] + ["open"] * 19


def test_the_rest_doubles_while_probes_fail_and_begins_anew_after_a_recovery(clock: Any) -> None:
    breaker, rests = opened(clock), []
    for _ in range(4):
        with pytest.raises(BreakerOpen) as caught:
            ended(breaker)
        rests.append(round(caught.value.retry_after_s or 0))
        clock.now += caught.value.retry_after_s
        ended(breaker, DOWN)
    assert rests == [5, 10, 18, 18]
    clock.now += SETTINGS.longest_rest_s
    ended(breaker)
    assert breaker.state == "closed"
    for _ in range(SETTINGS.calls_at_least):
        ended(breaker, DOWN)
    with pytest.raises(BreakerOpen) as caught:
        ended(breaker)
    assert caught.value.retry_after_s == pytest.approx(5)


@pytest.mark.parametrize("left", [asyncio.CancelledError(), GeneratorExit(), KeyboardInterrupt()])
def test_a_cancelled_probe_frees_its_slot(clock: Any, left: BaseException) -> None:
    breaker = opened(clock)
    clock.now += SETTINGS.rest_s
    ended(breaker, left)
    assert breaker.state == "open"
    ended(breaker)
    assert breaker.state == "closed"


def test_a_probe_that_never_reports_blocks_no_longer_than_its_deadline(clock: Any) -> None:
    breaker = opened(clock)
    clock.now += SETTINGS.rest_s
    lost = breaker.watch(deadline=Deadline.after(7))
    lost.__enter__()
    with pytest.raises(BreakerOpen, match="probing") as caught:
        ended(breaker)
    assert caught.value.retry_after_s == pytest.approx(7, abs=0.1)
    clock.now += 7
    ended(breaker)
    assert breaker.state == "closed"
    lost.__exit__(ProviderUnavailable, DOWN, None)
    assert breaker.state == "closed"


def test_a_probe_whose_coroutine_is_collected_frees_its_slot(clock: Any) -> None:
    breaker = opened(clock)
    clock.now += SETTINGS.rest_s

    async def call() -> None:
        with breaker.watch():
            await asyncio.Future()

    loop = asyncio.new_event_loop()
    task = loop.create_task(call())
    loop.call_later(0.01, loop.stop)
    loop.run_forever()
    assert breaker.state == "probing"
    loop.close()
    task._log_destroy_pending = False  # the loss is the test's point
    del task
    gc.collect()
    assert breaker.state == "open"
    ended(breaker)


@pytest.mark.parametrize(
    "error",
    [
        RateLimited("429", retry_after_s=1),
        Busy("full"),
        BudgetExhausted("no money"),
        PriceUnknown("no price"),
        asyncio.CancelledError(),
        GeneratorExit(),
        ValueError("a bug of ours"),
        DeadlineOver("made too late"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_says_nothing_of_the_provider_counts_as_nothing(clock: Any, error: BaseException) -> None:
    breaker = Breaker("m", SETTINGS, clock)
    for _ in range(3):
        ended(breaker, DOWN)
    for _ in range(20):
        ended(breaker, error)
    assert breaker.state == "closed"
    ended(breaker, DOWN)
    assert breaker.state == "open"


def test_a_rejection_is_a_healthy_answer(clock: Any) -> None:
    breaker = opened(clock)
    clock.now += SETTINGS.rest_s
    ended(breaker, ProviderRejected("no such model"))
    assert breaker.state == "closed"


def test_a_deadline_counts_against_the_provider_when_it_had_the_usual_time(clock: Any) -> None:
    breaker = Breaker("m", SETTINGS, clock)

    def took(seconds: float, error: BaseException | None) -> None:
        with breaker.watch():
            clock.now += seconds
            if error is not None:
                raise error

    for _ in range(20):
        took(3, None)
    clock.now += 2 * SETTINGS.window_s
    for seconds, state in ((2, "closed"), (3.5, "open")):
        for _ in range(SETTINGS.calls_at_least):
            with pytest.raises(DeadlineOver):
                took(seconds, DeadlineOver("late"))
        assert breaker.state == state


def test_calls_begun_before_a_recovery_do_not_open_it_again(clock: Any) -> None:
    breaker = Breaker("m", SETTINGS, clock)
    slow = [breaker.watch() for _ in range(10)]
    for watch in slow:
        watch.__enter__()
    for _ in range(SETTINGS.calls_at_least):
        ended(breaker, DOWN)
    clock.now += SETTINGS.rest_s
    ended(breaker)
    for watch in slow:
        watch.__exit__(ProviderUnavailable, DOWN, None)
    assert breaker.state == "closed"


class BreakerLaws(RuleBasedStateMachine):
    """Whatever calls do: one probe at most, none before the rest is over, closed only by an answer."""

    @initialize()
    def begin(self) -> None:
        self.now = 0.0
        self.breaker = Breaker("m", SETTINGS, lambda: self.now)
        self.under_way: list[tuple[Watch, bool]] = []
        self.not_before = 0.0

    @rule()
    def call(self) -> None:
        state, watch = self.breaker.state, self.breaker.watch()
        try:
            watch.__enter__()
        except BreakerOpen as error:
            wait_s = error.retry_after_s
        else:
            assert state == "closed" or (state == "open" and self.now >= self.not_before)
            self.under_way.append((watch, state == "open"))
            return
        assert state != "closed"
        assert wait_s is not None
        assert wait_s > 0

    @precondition(lambda self: self.under_way)
    @rule(
        data=st.data(),
        error=st.sampled_from([None, DOWN, RateLimited("429"), asyncio.CancelledError(), DeadlineOver("x")]),
    )
    def end(self, data: st.DataObject, error: BaseException | None) -> None:
        watch, is_probe = self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))
        before = self.breaker.state
        watch.__exit__(type(error) if error else None, error, None)
        after = self.breaker.state
        if before == "closed" and after == "open":
            assert error is not None
            self.not_before = self.now + SETTINGS.rest_s
        if before != "closed" and after == "closed":
            assert is_probe
            assert error is None
        if before == "probing" and after == "open" and isinstance(error, ProviderUnavailable):
            self.not_before = self.now  # at least; the doubling has a test of its own

    @rule(seconds=st.floats(0.1, 12))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def one_probe_at_most(self) -> None:
        if hasattr(self, "breaker") and self.breaker.state == "probing":
            assert sum(is_probe for _, is_probe in self.under_way) >= 1


BreakerLaws.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=40, deadline=None)
TestBreakerLaws = BreakerLaws.TestCase
