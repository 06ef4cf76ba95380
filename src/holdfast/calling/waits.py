"""Bound every wait for a stream's next piece, with one timer for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class Waits:
    """Waits of one task, one after the other; a timer is set anew only when it rings, not for each wait.

    A stream has hundreds of pieces, and `asyncio.timeout` around each costs more than many of them do.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._ends_at = 0.0
        self._task: asyncio.Task[object] | None = None
        """The task while it waits."""
        self.has_rung = False
        """Whether a wait was ended by its time, not by what it waited for."""

    async def next(self, piece: Awaitable[T], within_s: float) -> T:
        """Return the piece; raise TimeoutError when it is not there within so many seconds."""
        task = asyncio.current_task()
        assert task is not None
        self._ends_at = self._loop.time() + within_s
        if self._timer is None or self._timer.when() > self._ends_at:
            self._set()
        cancelling, self._task = task.cancelling(), task
        try:
            return await piece
        except asyncio.CancelledError:
            if self.has_rung and task.uncancel() <= cancelling:
                raise TimeoutError from None
            raise
        finally:
            self._task = None

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set(self) -> None:
        self.close()
        self._timer = self._loop.call_at(self._ends_at, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._task is None:
            return  # the next wait sets it
        if self._loop.time() < self._ends_at:
            self._set()
            return
        self.has_rung = True
        self._task.cancel()
