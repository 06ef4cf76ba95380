"""Wait for a provider that cannot be asked now, as long as is declared."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from holdfast.domain.runs import Run
from holdfast.domain.stages import Stage
from holdfast.errors import BreakerOpen, Busy, ProviderUnavailable, RateLimited

_NOT_NOW = (ProviderUnavailable, RateLimited, BreakerOpen, Busy)
"""Ends of a call that another one, later, need not have. A deadline or a silence is none: it tells of the
workflow's own limits too, and to ask again until one holds would flatter the latency."""
_KINDS = frozenset(kind.kind for kind in _NOT_NOW)
_NAMES = frozenset(kind.__name__ for kind in _NOT_NOW)
_FIRST_S, _LONGEST_S, _SHORTEST_S = 1.0, 15.0, 0.01


def may_pass(end: BaseException | Run) -> bool:
    """Return whether what a case ended with, an error or a lesser route, may be otherwise after a while."""
    if isinstance(end, BaseException):
        return getattr(end, "kind", "") in _KINDS
    refused = (one.error.partition(":")[0] for one in end.stages if one.stage is Stage.GENERATION)
    return any(one.status in _KINDS for one in end.attempts) or not _NAMES.isdisjoint(refused)


def told_wait_s(error: BaseException) -> float | None:
    """Return the seconds that a provider or our own queue for it asks to wait; None: nothing is told.

    A breaker tells when its probe will have ended at the latest, and to ask it early costs no call.
    """
    told: float | None = getattr(error, "retry_after_s", None)
    return None if isinstance(error, BreakerOpen) else told


class Patience:
    """What the cases of an experiment know of a provider's outage; how long each waits for its end.

    A case tries again after the time that the provider names, else after a second, doubled
    up to 15; and at once when, after an outage, another case was worked. The declared time counts from the
    first failure since a case was last worked: when it is over, every case that fails is given up at once.
    """

    def __init__(self, most_s: float, *, first_s: float = _FIRST_S) -> None:
        """Take the seconds that a provider may be down, and the first wait; 0 waits for none."""
        self._most_s = most_s
        self._first_s = first_s
        self._down_since: float | None = None
        self._back = asyncio.Event()

    def answered(self) -> None:
        """Note that a case was worked: after an outage the provider is back for those that wait.

        A case that fails while all others are answered is no outage, and waits its time.
        """
        if self._down_since is not None and time.monotonic() - self._down_since >= self._first_s:
            self._back.set()
            self._back = asyncio.Event()
        self._down_since = None

    def wait_s(self, waited: Waited, retry_after_s: float | None) -> float | None:
        """Return how long a case waits before its next try; None: it is given up."""
        now = time.monotonic()
        self._down_since = now if self._down_since is None else self._down_since
        waited.since = now if waited.since is None else waited.since
        left_s = self._most_s - (now - min(self._down_since, waited.since))
        pause_s = retry_after_s
        if pause_s is None:
            pause_s = min(self._first_s * 2.0**waited.tries, _LONGEST_S, left_s)
        waited.tries += 1
        return max(pause_s, _SHORTEST_S) if 0 < left_s >= pause_s else None

    async def wait(self, seconds: float) -> None:
        """Return after so long, or as soon as another case was worked."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._back.wait()


@dataclass(slots=True)
class Waited:
    """What one case knows of its own waiting."""

    since: float | None = None
    tries: int = 0
