"""Keep how long the last calls took, for what depends on a usual time."""

from __future__ import annotations

import threading
from collections import deque

LAST = 200
"""Calls that are looked back on."""
_CALLS_AT_LEAST = 20
_SHARE = 0.95


class Latencies:
    """Seconds of the last 200 calls; thread-safe."""

    def __init__(self) -> None:
        self._seconds: deque[float] = deque(maxlen=LAST)
        self._p95: float | None = None
        self._is_stale = False
        self._lock = threading.RLock()

    def add(self, seconds: float) -> None:
        """Keep the time of one call; the oldest is forgotten."""
        with self._lock:
            self._seconds.append(seconds)
            self._is_stale = True

    @property
    def p95(self) -> float | None:
        """Return the seconds within which 95 of 100 calls ended; None while fewer than 20 are known."""
        with self._lock:
            if len(self._seconds) < _CALLS_AT_LEAST:
                return None
            if self._is_stale:
                self._p95 = sorted(self._seconds)[int(_SHARE * (len(self._seconds) - 1))]
                self._is_stale = False
            return self._p95
