"""A limiter keeps to what a provider allows, and shares its turns fairly."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from holdfast.calling.limiter import Limiter
from holdfast.calling.settings import LimitSettings
from holdfast.domain.calls import Deadline
from holdfast.errors import Busy, DeadlineOver, PromptTooLarge, ProviderUnavailable, RateLimited
from holdfast.testing.virtual_time import run_in_virtual_time

Clock = Callable[[], float]


def limiter(clock: Clock = time.monotonic, **declared: Any) -> Limiter:
    return Limiter("openai", LimitSettings.model_validate(declared), clock)


def test_no_more_than_allowed_are_under_way_and_the_others_follow() -> None:
    async def main(clock: Clock) -> None:
        made, most = limiter(clock, at_once=3), 0

        async def call() -> None:
            nonlocal most
            async with made.turn():
                most = max(most, made.inside)
                await asyncio.sleep(1)

        await asyncio.gather(*(call() for _ in range(10)))
        assert most == 3
        assert clock() == pytest.approx(4, abs=0.1)
        assert (made.inside, made.waiting) == (0, 0)

    run_in_virtual_time(main)


def test_requests_of_a_minute_are_counted_over_every_span_of_a_minute() -> None:
    async def main(clock: Clock) -> None:
        made, began = limiter(clock, requests_per_minute=5), []

        async def call() -> None:
            async with made.turn():
                began.append(clock())

        await asyncio.gather(*(call() for _ in range(12)))
        assert began[:5] == [0] * 5
        assert all(60 <= moment < 60.2 for moment in began[5:10])
        assert all(120 <= moment < 120.4 for moment in began[10:])

    run_in_virtual_time(main)


def test_tokens_are_weighed_and_settled_after_the_call() -> None:
    async def main(clock: Clock) -> None:
        made = limiter(clock, tokens_per_minute=1000)
        async with made.turn(tokens=900) as turn:
            turn.used(300)
        async with made.turn(tokens=700):
            assert clock() == 0
        async with made.turn(tokens=1):
            assert clock() >= 60

    run_in_virtual_time(main)


def test_a_waiter_goes_on_when_another_call_took_fewer_tokens_than_reserved() -> None:
    async def main(clock: Clock) -> None:
        made = limiter(clock, tokens_per_minute=1000)

        async def second() -> float:
            async with made.turn(tokens=500):
                return clock()

        async with made.turn(tokens=900) as turn:
            waiting = asyncio.create_task(second())
            await asyncio.sleep(2)
            turn.used(100)
        assert await waiting == pytest.approx(2)

    run_in_virtual_time(main)


def test_a_call_larger_than_a_whole_minute_is_rejected_with_both_numbers() -> None:
    async def main() -> None:
        async with limiter(tokens_per_minute=1000).turn(tokens=1200, stage="generation"):
            pass

    with pytest.raises(PromptTooLarge, match=r"1200 tokens.*\(1000\)"):
        asyncio.run(main())


def test_a_full_queue_says_busy_at_once() -> None:
    async def main() -> None:
        made = limiter(at_once=1, queue=0)
        async with made.turn():
            with pytest.raises(Busy, match="0 calls wait already"):
                async with made.turn(stage="generation"):
                    pass
        async with made.turn():
            pass

    asyncio.run(main())


def test_ten_thousand_callers_on_a_queue_of_a_thousand_end_quickly() -> None:
    async def main() -> Counter[str]:
        made, ends = limiter(at_once=10, queue=1000), Counter[str]()

        async def call() -> None:
            try:
                async with made.turn():
                    await asyncio.sleep(0)
                ends["served"] += 1
            except Busy:
                ends["busy"] += 1

        await asyncio.gather(*(call() for _ in range(10_000)))
        assert (made.inside, made.waiting) == (0, 0)
        return ends

    started = time.monotonic()
    ends = asyncio.run(main())
    assert ends["served"] + ends["busy"] == 10_000
    assert 8_900 <= ends["busy"] <= 9_000
    assert time.monotonic() - started < 5


def test_a_turn_that_cannot_come_before_the_deadline_is_refused_at_once() -> None:
    async def main(clock: Clock) -> None:
        made = limiter(clock, requests_per_minute=1)
        async with made.turn():
            pass
        with pytest.raises(Busy, match=r"can't come for 60.* s, after the deadline"):
            async with made.turn(deadline=Deadline.after(30)):
                pass
        assert clock() == 0
        async with made.turn(deadline=Deadline.after(90)):
            assert clock() >= 60

    run_in_virtual_time(main)


def test_a_turn_that_does_not_come_before_the_deadline_ends_at_the_deadline() -> None:
    async def main(clock: Clock) -> None:
        made = limiter(clock, at_once=1)
        async with made.turn():
            with pytest.raises(Busy, match="did not come before the deadline"):
                async with made.turn(deadline=Deadline.after(3)):
                    pass
            assert clock() == pytest.approx(3, abs=0.1)
            assert made.waiting == 0

    run_in_virtual_time(main)


def test_a_rate_limit_of_the_provider_pauses_everybody_for_as_long_as_it_asks() -> None:
    async def main(clock: Clock) -> None:
        made = limiter(clock)
        with pytest.raises(RateLimited):
            async with made.turn():
                raise RateLimited("429", retry_after_s=20)
        async with made.turn():
            assert clock() == pytest.approx(20, abs=0.01)
        made.pause(float("nan"))
        made.pause(-1)
        async with made.turn():
            assert clock() == pytest.approx(20, abs=0.01)
        made.pause(float("inf"))
        with pytest.raises(Busy):
            async with made.turn(deadline=Deadline.after(3500)):
                pass
        async with made.turn(deadline=Deadline.after(3700)):
            assert clock() == pytest.approx(3620, abs=0.01)

    run_in_virtual_time(main)


def test_a_cancelled_waiter_leaves_no_hole() -> None:
    async def main(clock: Clock) -> None:
        made, began = limiter(clock, at_once=1, queue=2), []

        async def call(name: str) -> None:
            async with made.turn(centre=name):
                began.append(name)
                await asyncio.sleep(1)

        first, second, third = (asyncio.create_task(call(name)) for name in "abc")
        await asyncio.sleep(0.5)
        second.cancel()
        await asyncio.sleep(0)
        assert made.waiting == 1
        fourth = asyncio.create_task(call("d"))
        await asyncio.gather(first, third, fourth)
        assert began == ["a", "c", "d"]
        assert clock() == pytest.approx(3, abs=0.01)

    run_in_virtual_time(main)


def test_a_waiter_cancelled_in_the_moment_of_its_turn_gives_it_on() -> None:
    async def main(clock: Clock) -> None:
        made = limiter(clock, at_once=1, requests_per_minute=2)
        first = made.turn()
        await first.__aenter__()

        async def call() -> float:
            async with made.turn():
                return clock()

        second, third = asyncio.create_task(call()), asyncio.create_task(call())
        await asyncio.sleep(1)
        await first.__aexit__(None, None, None)  # the turn is given to `second`, which has not run since
        second.cancel()
        assert await third == pytest.approx(1)
        assert (made.inside, made.waiting) == (0, 0)

    run_in_virtual_time(main)


def test_a_deadline_that_our_queue_used_up_is_not_the_provider_s_fault() -> None:
    async def main(clock: Clock) -> None:
        made = limiter(clock, at_once=1)

        async def call(seconds: float) -> None:
            async with made.turn():
                await asyncio.sleep(seconds)
                raise DeadlineOver("no reply")

        slow, late = asyncio.create_task(call(9)), asyncio.create_task(call(1))
        with pytest.raises(DeadlineOver):
            await slow
        with pytest.raises(Busy, match=r"waited 9\.0 s for its turn"):
            await late

    run_in_virtual_time(main)


def test_between_two_busy_centres_turns_alternate() -> None:
    async def main(clock: Clock) -> None:
        made, order = limiter(clock, at_once=1), []

        async def call(centre: str) -> None:
            async with made.turn(centre=centre):
                order.append(centre)
                await asyncio.sleep(1)

        await asyncio.gather(*(call("flood") for _ in range(50)), *(call("small") for _ in range(5)))
        assert order[:11] == ["flood", "flood", "small", *["flood", "small"] * 4]

    run_in_virtual_time(main)


def test_threads_with_loops_of_their_own_share_one_limiter() -> None:
    made, most, lock, ends = limiter(at_once=2, requests_per_minute=10_000), 0, threading.Lock(), []

    async def call() -> None:
        nonlocal most
        async with made.turn():
            with lock:
                most = max(most, made.inside)
            await asyncio.sleep(0.001)

    async def several() -> None:
        await asyncio.gather(*(call() for _ in range(10)))
        ends.append(True)

    threads = [threading.Thread(target=lambda: asyncio.run(several())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(ends) == 8
    assert most == 2
    assert (made.inside, made.waiting) == (0, 0)


def test_a_stopped_loop_s_waiter_gives_its_turn_to_the_next() -> None:
    made = limiter(at_once=1)
    first = made.turn()
    asyncio.run(first.__aenter__())
    lost = asyncio.new_event_loop()

    async def wait_for_ever() -> None:
        async with made.turn():
            raise AssertionError

    forgotten = lost.create_task(wait_for_ever())
    lost.call_later(0.01, lost.stop)
    lost.run_forever()
    lost.close()
    assert made.waiting == 1

    async def both() -> None:
        async def after() -> None:
            async with made.turn(deadline=Deadline.after(5)):
                pass

        task = asyncio.create_task(after())
        await asyncio.sleep(0)
        await first.__aexit__(None, None, None)
        await task

    asyncio.run(both())
    assert not forgotten.done()
    forgotten._log_destroy_pending = False  # the loss is the test's point


def test_a_failing_call_frees_its_place() -> None:
    async def main() -> None:
        made = limiter(at_once=1)
        for _ in range(3):
            with pytest.raises(ProviderUnavailable):
                async with made.turn():
                    raise ProviderUnavailable("down")
        assert made.inside == 0

    asyncio.run(main())


# --- laws ---

FAST_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""An example is some dozen calls on a virtual clock: short enough to read, too slow to shrink."""


@dataclass
class Seen:
    grants: list[tuple[float, str, int]] = field(default_factory=list)
    most_inside: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    waiting: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def fail_with(error: Exception | None) -> None:
    if error is not None:
        raise error


CALLS = st.lists(
    st.fixed_dictionaries(
        {
            "at": st.floats(0, 150),
            "centre": st.sampled_from("abc"),
            "tokens": st.integers(0, 100),
            "takes": st.floats(0, 40),
            "cancel_after": st.none() | st.floats(0, 100),
            "deadline": st.none() | st.floats(0.5, 200),
            "uses": st.none() | st.integers(0, 100),
            "rate_limited": st.booleans(),
        }
    ),
    max_size=40,
)
LIMITS = st.fixed_dictionaries(
    {
        "at_once": st.none() | st.integers(1, 4),
        "requests_per_minute": st.none() | st.integers(1, 8),
        "tokens_per_minute": st.none() | st.integers(100, 300),
        "queue": st.integers(0, 20),
    }
)


@settings(max_examples=150, deadline=None, phases=FAST_PHASES)
@given(calls=CALLS, declared=LIMITS)
def test_limits_hold_and_nobody_is_forgotten(calls: list[dict[str, Any]], declared: dict[str, Any]) -> None:
    seen = Seen()

    async def main(clock: Clock) -> None:
        made = limiter(clock, **declared)

        async def call(given: dict[str, Any]) -> None:
            deadline = None if given["deadline"] is None else Deadline.after(given["deadline"])
            try:
                async with made.turn(
                    tokens=given["tokens"], centre=given["centre"], deadline=deadline
                ) as turn:
                    seen.grants.append((clock(), given["centre"], given["tokens"]))
                    seen.most_inside = max(seen.most_inside, made.inside)
                    await asyncio.sleep(given["takes"])
                    if given["uses"] is not None and given["uses"] >= given["tokens"]:
                        turn.used(given["uses"])
                    fail_with(RateLimited("429", retry_after_s=5) if given["rate_limited"] else None)
            except (Busy, RateLimited) as error:
                seen.outcomes[type(error).__name__] += 1

        async def arriving(given: dict[str, Any]) -> None:
            await asyncio.sleep(given["at"])
            task = asyncio.create_task(call(given))
            if given["cancel_after"] is not None:
                asyncio.get_running_loop().call_later(given["cancel_after"], task.cancel)
            await asyncio.gather(task, return_exceptions=True)

        # No lost wake-up: without one, the virtual clock has nothing left to jump to and this would hang.
        async with asyncio.timeout(100_000):
            await asyncio.gather(*map(arriving, calls))
        assert (made.inside, made.waiting) == (0, 0)
        assert not made._timers

    run_in_virtual_time(main)
    if declared["at_once"]:
        assert seen.most_inside <= declared["at_once"]
    for moment, _, _ in seen.grants:
        minute = [one for one in seen.grants if moment - 60 + 1e-6 < one[0] <= moment]
        assert len(minute) <= (declared["requests_per_minute"] or len(minute))
        assert sum(tokens for *_, tokens in minute) <= (declared["tokens_per_minute"] or 10**9)


@settings(max_examples=60, deadline=None, phases=FAST_PHASES)
@given(
    floods=st.lists(st.integers(5, 40), min_size=2, max_size=4),
    at_once=st.integers(1, 3),
    takes=st.lists(st.floats(0.1, 3), min_size=1, max_size=7),
    gives_up=st.sets(st.integers(0, 60)),
)
def test_between_busy_centres_nobody_is_more_than_one_turn_ahead(
    floods: list[int], at_once: int, takes: list[float], gives_up: set[int]
) -> None:
    async def main(clock: Clock) -> None:
        made, started, left = limiter(clock, at_once=at_once), Counter[int](), Counter[int]()
        ready = asyncio.Event()
        hold = [made.turn() for _ in range(at_once)]
        for turn in hold:
            await turn.__aenter__()

        async def call(centre: int, place: int) -> None:
            left[centre] += 1
            try:
                async with made.turn(centre=str(centre)):
                    left[centre] -= 1
                    started[centre] += 1
                    busy = [one for one in range(len(floods)) if left[one]]
                    if ready.is_set() and len(busy) == len(floods):
                        assert max(started.values()) - min(started[one] for one in busy) <= 1
                    await asyncio.sleep(takes[place % len(takes)])
            except asyncio.CancelledError:
                left[centre] -= 1

        tasks = [
            asyncio.create_task(call(centre, place))
            for centre, count in enumerate(floods)
            for place in range(count)
        ]
        await asyncio.sleep(0.1)
        for number in gives_up:
            if number < len(tasks):
                tasks[number].cancel()
        await asyncio.sleep(0.1)
        ready.set()
        for turn in hold:
            await turn.__aexit__(None, None, None)
        await asyncio.gather(*tasks)

    run_in_virtual_time(main)
