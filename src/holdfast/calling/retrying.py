"""Try a failed call again, as long as it can help and does not make an outage worse."""

from __future__ import annotations

import asyncio
import math
import random
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from holdfast.calling.settings import RetrySettings
from holdfast.calling.windows import RollingSum
from holdfast.domain.calls import Deadline
from holdfast.errors import BreakerOpen, ProviderUnavailable

T = TypeVar("T")

Sleep = Callable[[float], Awaitable[None]]
"""Waits for so many seconds."""

FREE_EXTRA_CALLS = 10
_SPAN_S = 600.0
_SLICES = 60
_DOUBLINGS_AT_MOST = 30
_SHORTEST_PATIENCE_S = 0.05


class RetryBudget:
    """Limits the extra calls (retries and hedges) of one model to a share of its calls; thread-safe.

    When most calls fail, retries would multiply what a struggling provider is sent; a share of the calls
    of the last ten minutes bounds that, and ten free ones let a quiet process retry too.
    """

    def __init__(self, extra_share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._extra_share = extra_share
        self._clock = clock
        self._lock = threading.RLock()
        self._calls = RollingSum(_SPAN_S, slices=_SLICES)
        self._extra = RollingSum(_SPAN_S, slices=_SLICES)

    def called(self) -> None:
        """Count a call that was asked for; extra calls are not counted here."""
        with self._lock:
            self._calls.add(1, self._clock())

    def take(self) -> bool:
        """Take one extra call from the budget; return False, and take none, when it is used up."""
        with self._lock:
            now = self._clock()
            allowed = FREE_EXTRA_CALLS + self._extra_share * self._calls.total(now)
            if self._extra.total(now) + 1 > allowed:
                return False
            self._extra.add(1, now)
            return True


class Tries:
    """Decides, for one request, whether and when a failed call of it is made again."""

    def __init__(
        self,
        settings: RetrySettings,
        budget: RetryBudget,
        deadline: Deadline,
        *,
        is_patient: bool = False,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """With `is_patient` an open breaker is waited for: nobody waits for the reply but the deadline.

        `jitter` returns a number from 0 to 1.
        """
        self._settings = settings
        self._budget = budget
        self._deadline = deadline
        self._is_patient = is_patient
        self._jitter = jitter
        self._failed = 0

    def wait_after(self, error: ProviderUnavailable) -> float | None:
        """Return the seconds to wait before the next call, or None when there is to be none.

        An exponential wait with full jitter, or what the provider asked for where that is longer; never
        one that ends after the deadline.
        """
        if self._is_patient and isinstance(error, BreakerOpen):
            return self._patience(error)
        self._failed += 1
        if not error.is_worth_a_retry or self._failed >= self._settings.tries:
            return None
        wait_s = max(self._own_wait(), error.retry_after_s or 0.0)
        if not math.isfinite(wait_s) or wait_s >= self._deadline.left_s or not self._budget.take():
            return None
        return wait_s

    def _own_wait(self) -> float:
        """Return a wait as in "Exponential Backoff And Jitter" (Brooker 2015), full jitter."""
        doubled = self._settings.first_wait_s * 2.0 ** min(self._failed - 1, _DOUBLINGS_AT_MOST)
        return self._jitter() * min(doubled, self._settings.longest_wait_s)

    def _patience(self, error: BreakerOpen) -> float | None:
        """Return the wait for an open breaker: not a call, so it is no try and costs no budget."""
        asked_s = min(error.retry_after_s or 0.0, self._settings.longest_wait_s)
        wait_s = max(asked_s, _SHORTEST_PATIENCE_S) + self._jitter() * self._settings.first_wait_s
        return wait_s if wait_s < self._deadline.left_s else None


async def retried(
    call: Callable[[int], Awaitable[T]],
    *,
    settings: RetrySettings,
    budget: RetryBudget,
    deadline: Deadline,
    is_patient: bool = False,
    sleep: Sleep = asyncio.sleep,
    jitter: Callable[[], float] = random.random,
) -> T:
    """Return what `call` returns, which is given the number of the try, from 1; raise its last error.

    Only errors that say that they are worth a retry are tried again.
    """
    budget.called()
    tries = Tries(settings, budget, deadline, is_patient=is_patient, jitter=jitter)
    number = 1
    while True:
        try:
            return await call(number)
        except ProviderUnavailable as error:
            wait_s = tries.wait_after(error)
            if wait_s is None:
                raise
            number += not isinstance(error, BreakerOpen)
        await sleep(wait_s)
