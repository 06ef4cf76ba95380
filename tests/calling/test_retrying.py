"""Failed calls are tried again where it can help, and no more often than an outage bears."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.calling.latencies import Latencies
from holdfast.calling.retrying import FREE_EXTRA_CALLS, RetryBudget, Tries, retried
from holdfast.calling.settings import BreakerSettings, LimitSettings, RetrySettings
from holdfast.calling.shared import SharedCalls, process_wide
from holdfast.calling.windows import RollingSum
from holdfast.domain.calls import Deadline
from holdfast.errors import (
    BreakerOpen,
    Busy,
    DeadlineOver,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
)

RETRY = RetrySettings(tries=4, first_wait_s=0.25, longest_wait_s=2)
DOWN = ProviderUnavailable("down")


class Script:
    """Raises or returns what it was given, one a call, and keeps the waits."""

    def __init__(self, *ends: ProviderError | str) -> None:
        self.ends = list(ends)
        self.numbers: list[int] = []
        self.waits: list[float] = []

    async def call(self, number: int) -> str:
        self.numbers.append(number)
        end = self.ends.pop(0)
        if isinstance(end, ProviderError):
            raise end
        return end

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def run(self, *, seconds: float = 60, budget: RetryBudget | None = None, **further: Any) -> str:
        given = {"settings": RETRY, "sleep": self.sleep, "jitter": lambda: 1.0, **further}
        return asyncio.run(
            retried(self.call, budget=budget or RetryBudget(0.2), deadline=Deadline.after(seconds), **given)
        )


def test_waits_double_up_to_the_longest_and_tries_are_numbered() -> None:
    script = Script(*[DOWN] * 6, "answer")
    assert script.run(settings=RetrySettings(tries=7, first_wait_s=0.25, longest_wait_s=2)) == "answer"
    assert script.waits == [0.25, 0.5, 1, 2, 2, 2]
    assert script.numbers == [1, 2, 3, 4, 5, 6, 7]


@given(jitter=st.floats(0, 1), failures=st.integers(1, 9))
def test_a_wait_is_anywhere_between_nothing_and_the_doubled_wait(jitter: float, failures: int) -> None:
    settings = RetrySettings(tries=10, first_wait_s=0.25, longest_wait_s=8)
    tries = Tries(settings, RetryBudget(1), Deadline.after(1000), jitter=lambda: jitter)
    for number in range(1, failures + 1):
        wait = tries.wait_after(DOWN)
        assert wait is not None
        assert wait == pytest.approx(jitter * min(8, 0.25 * 2 ** (number - 1)))


def test_what_the_provider_asks_for_is_waited_for() -> None:
    script = Script(RateLimited("429", retry_after_s=7), "answer")
    assert script.run() == "answer"
    assert script.waits == [7]


@pytest.mark.parametrize("asked", [30.0, float("inf"), 5.0])
def test_a_wait_beyond_the_deadline_is_not_waited_for(asked: float) -> None:
    script = Script(RateLimited("429", retry_after_s=asked), "answer")
    with pytest.raises(RateLimited):
        script.run(seconds=4)
    assert script.waits == []


@pytest.mark.parametrize(
    "error", [ProviderRejected("400"), DeadlineOver("late"), BreakerOpen("open"), Busy("full")]
)
def test_what_another_try_cannot_mend_is_raised_at_once(error: ProviderError) -> None:
    script = Script(error, "answer")
    with pytest.raises(type(error)):
        script.run()
    assert script.numbers == [1]


def test_the_last_error_is_raised_when_the_tries_are_used_up() -> None:
    script = Script(DOWN, DOWN, DOWN, ProviderUnavailable("still down"))
    with pytest.raises(ProviderUnavailable, match="still down"):
        script.run()
    assert script.numbers == [1, 2, 3, 4]


def test_without_a_deadline_left_there_is_no_other_try() -> None:
    script = Script(DOWN, "answer")
    with pytest.raises(ProviderUnavailable):
        script.run(seconds=0)


def test_an_open_breaker_is_waited_for_where_nobody_waits_for_the_reply() -> None:
    opened = BreakerOpen("open", retry_after_s=5)
    script = Script(DOWN, opened, opened, "answer")
    assert script.run(is_patient=True, settings=RetrySettings(tries=2, first_wait_s=0.25)) == "answer"
    assert script.numbers == [1, 2, 2, 2], "no call was made, so it was no try"
    assert script.waits == [0.25, 5.25, 5.25]
    with pytest.raises(BreakerOpen):
        Script(opened, "answer").run(is_patient=True, seconds=1)


def test_extra_calls_are_a_share_of_the_calls_of_ten_minutes_and_ten_are_free(clock: Any) -> None:
    budget = RetryBudget(0.2, clock)
    assert [budget.take() for _ in range(FREE_EXTRA_CALLS + 1)] == [True] * FREE_EXTRA_CALLS + [False]
    for _ in range(10):
        budget.called()
    assert [budget.take() for _ in range(3)] == [True, True, False]
    clock.now += 620
    assert [budget.take() for _ in range(FREE_EXTRA_CALLS + 1)].count(True) == FREE_EXTRA_CALLS


def test_in_an_outage_a_thousand_calls_are_not_multiplied(clock: Any) -> None:
    budget, calls = RetryBudget(0.2, clock), 0
    for _ in range(1000):
        script = Script(*[DOWN] * 4)
        with pytest.raises(ProviderUnavailable):
            script.run(budget=budget)
        calls += len(script.numbers)
    assert 1200 <= calls <= 1210


@given(steps=st.lists(st.tuples(st.sampled_from(["call", "take", "wait"]), st.floats(0, 300)), max_size=200))
def test_the_budget_is_never_exceeded(steps: list[tuple[str, float]]) -> None:
    now, calls, extra = 0.0, list[float](), list[float]()
    budget = RetryBudget(0.5, lambda: now)
    for what, seconds in steps:
        if what == "wait":
            now += seconds
        elif what == "call":
            budget.called()
            calls.append(now)
        elif budget.take():
            extra.append(now)
            in_span = sum(moment > now - 600 for moment in extra)
            assert in_span <= FREE_EXTRA_CALLS + 0.5 * sum(moment > now - 611 for moment in calls)


@given(
    steps=st.lists(st.tuples(st.sampled_from(["add", "wait", "correct"]), st.integers(0, 50)), max_size=120),
    most=st.integers(0, 60),
)
def test_a_sum_is_never_smaller_than_what_its_span_holds(steps: list[tuple[str, int]], most: int) -> None:
    now, total, kept = 0.0, RollingSum(10, slices=20), []
    for what, amount in steps:
        if what == "wait":
            now += amount / 10
        elif what == "add":
            kept.append([now, amount, total.add(amount, now)])
        elif kept:
            total.correct(kept[-1][2], amount - kept[-1][1])
            kept[-1][1] = amount
        exact = sum(one[1] for one in kept if one[0] > now - 10)
        late = sum(one[1] for one in kept if one[0] > now - 10.51)
        assert exact <= total.total(now) <= late
    falls = total.falls_to(most, now)
    assert total.total(falls + 1e-6) <= most


def test_the_p95_is_of_the_last_two_hundred_calls() -> None:
    latencies = Latencies()
    for _ in range(19):
        latencies.add(1)
    assert latencies.p95 is None
    for seconds in range(1, 101):
        latencies.add(seconds)
    assert latencies.p95 == pytest.approx(94, abs=2)
    for _ in range(200):
        latencies.add(3)
    assert latencies.p95 == 3


def test_workflows_share_what_belongs_to_a_model_and_tests_do_not_share() -> None:
    retry, breaker = RetrySettings(), BreakerSettings()
    shared = SharedCalls()
    limits = LimitSettings(requests_per_minute=5)
    one = shared.of("openai:a", retry=retry, breaker=breaker, limits=limits, limited_as="openai")
    same = shared.of("openai:a", retry=retry, breaker=breaker, limits=limits, limited_as="openai")
    other = shared.of("openai:b", retry=retry, breaker=breaker, limits=limits, limited_as="openai")
    assert (one.breaker, one.budget, one.first_pieces) == (same.breaker, same.budget, same.first_pieces)
    assert one.limiter is same.limiter is other.limiter
    assert one.breaker is not other.breaker
    assert one.budget is not other.budget
    assert SharedCalls().of("openai:a", retry=retry, breaker=breaker).breaker is not one.breaker
    assert process_wide() is process_wide()


def test_threads_that_come_at_once_get_the_same() -> None:
    shared, together, got = SharedCalls(), threading.Barrier(8), []

    def ask() -> None:
        together.wait()
        got.append(shared.of("m", retry=RetrySettings(), breaker=BreakerSettings()).breaker)

    threads = [threading.Thread(target=ask) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(one) for one in got}) == 1
