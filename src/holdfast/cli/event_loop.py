"""Run a command's async work so that an interrupt waits for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from holdfast.waiting import wait_for

T = TypeVar("T")


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns.

    Unlike `asyncio.run` an interrupted one does not join its threads: one that waits for an endpoint
    would hold the command until that endpoint's deadline. The work itself was cancelled, and has closed
    what it opened; the process is to end without the threads.
    """
    runner = asyncio.Runner()
    try:
        made = wait_for(runner, work)
    except KeyboardInterrupt:
        raise
    except BaseException:
        runner.close()
        raise
    runner.close()
    return made
