"""What all calls of a process to one model share, whichever workflow makes them."""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

from holdfast.calling.breaker import Breaker
from holdfast.calling.latencies import Latencies
from holdfast.calling.limiter import Limiter
from holdfast.calling.retrying import RetryBudget
from holdfast.calling.settings import BreakerSettings, LimitSettings, RetrySettings

T = TypeVar("T")

NO_LIMITS = LimitSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The state of one model at one address."""

    breaker: Breaker
    limiter: Limiter
    budget: RetryBudget
    first_pieces: Latencies = field(default_factory=Latencies)
    """Seconds until a reply began, for hedging."""


class SharedCalls:
    """Hands out the same breaker, limiter, retry budget and latencies for the same model; thread-safe.

    Two declarations that want different settings for the same model have one each: nothing could keep to
    both. A limiter is that of the provider's entry where limits are declared there, so that its models
    share it. An object of its own for each test; a process has one (`process_wide`).
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._made: dict[Hashable, object] = {}

    def of(
        self,
        endpoint: str,
        *,
        retry: RetrySettings,
        breaker: BreakerSettings,
        limits: LimitSettings | None = None,
        limited_as: str = "",
    ) -> Shared:
        """Return what calls of `endpoint` (address and model) share.

        `limited_as` names who limits: a provider's entry that several models have in common; empty takes
        the endpoint itself.
        """
        limited_as, limits = limited_as or endpoint, limits or NO_LIMITS
        return Shared(
            breaker=self._one(
                ("breaker", endpoint, breaker), lambda: Breaker(endpoint, breaker, self._clock)
            ),
            limiter=self._one(
                ("limiter", limited_as, limits), lambda: Limiter(limited_as, limits, self._clock)
            ),
            budget=self._one(
                ("budget", endpoint, retry.extra_share),
                lambda: RetryBudget(retry.extra_share, self._clock),
            ),
            first_pieces=self._one(("first pieces", endpoint), Latencies),
        )

    def _one(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            made = self._made.get(key)
            if made is None:
                made = self._made[key] = make()
            return made  # type: ignore[return-value]


@functools.cache
def process_wide() -> SharedCalls:
    """Return the one of this process, which everything that is wired without another uses."""
    return SharedCalls()
