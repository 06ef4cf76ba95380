from __future__ import annotations

import asyncio
import contextvars
import os
import threading
import time

import pytest

from holdfast.stages.retrieval.threads import on_search_thread

WHO = contextvars.ContextVar("who", default="nobody")


class Gauge:
    """Counts how many of its calls are under way at most."""

    def __init__(self) -> None:
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()

    def __call__(self, number: int) -> int:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.002)
        with self._lock:
            self._now -= 1
        return number


def test_searches_take_turns_on_as_many_threads_as_cores_and_one() -> None:
    gauge = Gauge()

    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(on_search_thread(gauge, number) for number in range(40)))

    assert asyncio.run(all_at_once()) == list(range(40))
    assert 1 <= gauge.most <= (os.cpu_count() or 1) + 1


def test_a_search_sees_its_caller_s_context_and_its_error_reaches_the_caller() -> None:
    async def asked() -> str:
        WHO.set("ana")
        with pytest.raises(ZeroDivisionError):
            await on_search_thread(lambda: 1 // 0)
        return await on_search_thread(WHO.get)

    assert asyncio.run(asked()) == "ana"
