"""Leave a provider alone while it keeps failing, and find out by one call when it is back.

Closed, every call goes through and its end is counted. When the share of failed calls in the window is
reached the breaker opens: calls are told so at once, and after a rest exactly one goes through, the
probe. A healthy answer closes the breaker; a failure doubles the rest.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from holdfast.calling.latencies import Latencies
from holdfast.calling.settings import BreakerSettings
from holdfast.calling.windows import RollingSum
from holdfast.domain.calls import Deadline
from holdfast.errors import (
    BreakerOpen,
    BudgetExhausted,
    Busy,
    DeadlineOver,
    NotCleared,
    PriceUnknown,
    PromptTooLarge,
    ProviderRejected,
    ProviderUnavailable,
    RateLimited,
)

_log = logging.getLogger(__name__)

_SLICES = 30
_FAIR_S = 1.0
"""Enough time for a call of a provider of which no usual time is known yet."""
_DOUBLINGS_AT_MOST = 30
_SAYS_NOTHING = (
    RateLimited,  # it answers, and says when it will take more: the limiter's business
    Busy,
    BreakerOpen,
    NotCleared,  # these end a call before it was made
    BudgetExhausted,
    PriceUnknown,
    PromptTooLarge,  # the limiter's, or the provider's: a check of the size says little of its health
)


class Breaker:
    """The breaker of one model at one address, for all threads and event loops of a process."""

    def __init__(
        self, name: str, settings: BreakerSettings, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._took = Latencies()
        # Re-entrant: collecting a forgotten coroutine may end its call in the middle of another's.
        self._lock = threading.RLock()
        self._calls = RollingSum(settings.window_s, slices=_SLICES)
        self._failures = RollingSum(settings.window_s, slices=_SLICES)
        self._era = 0
        """Grows whenever the breaker opens or closes; a call of an earlier era tells nothing of this one."""
        self._rests_until: float | None = None
        """None: closed."""
        self._failed_probes = 0
        self._probe: Watch | None = None
        self._probe_until = 0.0

    def watch(self, *, deadline: Deadline | None = None, stage: str = "") -> Watch:
        """Return the context in which to make one call; entering it raises BreakerOpen when it may not be.

        Counts as a failure: ProviderUnavailable, but not RateLimited or Busy, and DeadlineOver only when
        the call had at least the usual time (the p95 of healthy answers; 1 s while none is known): one
        that was made too late says nothing of the provider. Counts as healthy: an answer, ProviderRejected
        of the provider. Everything else counts as nothing: whoever asked has left (CancelledError,
        GeneratorExit), or Holdfast itself forbade the call (NotCleared, BudgetExhausted, ...).
        """
        return Watch(self, deadline=deadline, stage=stage)

    @property
    def state(self) -> Literal["closed", "open", "probing"]:
        """Return whether calls go through, none does, or one is finding out."""
        with self._lock:
            if self._rests_until is None:
                return "closed"
            return "probing" if self._has_probe(self._clock()) else "open"

    def admit(self, watch: Watch) -> None:
        """Let a call through, as the probe when the rest is over; raise BreakerOpen."""
        with self._lock:
            now = watch.began = self._clock()
            watch.era = self._era
            if self._rests_until is None:
                return
            if self._has_probe(now):
                raise self._is_open(watch.stage, self._probe_until - now, "a call is probing it")
            if now < self._rests_until:
                raise self._is_open(watch.stage, self._rests_until - now, "it kept failing")
            # A probe whose task died can't report; another may go when its own deadline has passed.
            left_s = watch.deadline.left_s if watch.deadline else self._settings.longest_rest_s
            self._probe = watch
            self._probe_until = now + max(left_s, self._settings.rest_s)

    def report(self, watch: Watch, error: BaseException | None) -> None:
        """Take down how a call ended."""
        with self._lock:
            now = self._clock()
            is_healthy = self._judged(error, now - watch.began)
            if is_healthy and error is None:
                self._took.add(now - watch.began)
            if watch is self._probe:
                self._probe = None
                self._probed(is_healthy, now)
            elif is_healthy is not None and self._rests_until is None and watch.era == self._era:
                self._count(is_healthy, now)

    def _judged(self, error: BaseException | None, took_s: float) -> bool | None:
        """Return whether the end of a call speaks for the provider, against it (False), or not at all."""
        match error:
            case None:
                return True
            case _ if isinstance(error, _SAYS_NOTHING):
                return None
            case DeadlineOver():
                usual_s = self._took.p95
                return None if took_s < (_FAIR_S if usual_s is None else usual_s) else False
            case ProviderUnavailable():
                return False
            case ProviderRejected():
                return True
            case _:
                return None

    def _probed(self, is_healthy: bool | None, now: float) -> None:  # noqa: FBT001 the one thing that is told
        if is_healthy is None:
            return  # the slot is free again, the next call probes
        if is_healthy:
            self._era += 1
            self._rests_until, self._failed_probes = None, 0
            self._calls.clear()
            self._failures.clear()
            _log.warning("%s answers again: its breaker is closed", self.name)
            return
        self._failed_probes += 1
        self._rest(now)

    def _count(self, is_healthy: bool, now: float) -> None:  # noqa: FBT001 the one thing that is counted
        self._calls.add(1, now)
        if is_healthy:
            return
        self._failures.add(1, now)
        calls, failed = self._calls.total(now), self._failures.total(now)
        settings = self._settings
        if calls >= settings.calls_at_least and failed >= settings.failing_share * calls:
            self._era += 1
            _log.warning("%s failed in %d of %d calls: its breaker opens", self.name, failed, calls)
            self._rest(now)

    def _rest(self, now: float) -> None:
        doubled = self._settings.rest_s * 2.0 ** min(self._failed_probes, _DOUBLINGS_AT_MOST)
        self._rests_until = now + min(doubled, max(self._settings.longest_rest_s, self._settings.rest_s))

    def _has_probe(self, now: float) -> bool:
        return self._probe is not None and now < self._probe_until

    def _is_open(self, stage: str, wait_s: float, why: str) -> BreakerOpen:
        return BreakerOpen(
            f"{self.name} is left alone for now: {why}, the next call may go through in {wait_s:.1f} s",
            stage=stage,
            move="See the provider's status; another route is taken where there is one",
            retry_after_s=wait_s,
        )


class Watch:
    """One call under the eyes of a breaker."""

    def __init__(self, breaker: Breaker, *, deadline: Deadline | None, stage: str) -> None:
        self.deadline = deadline
        self.stage = stage
        self.began = 0.0
        self.era = 0
        self._breaker = breaker

    def __enter__(self) -> Self:
        self._breaker.admit(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._breaker.report(self, error)
