"""What people see: progress and remarks on stderr, data on stdout."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from holdfast.cli.harmless import harmless, harmless_json
from holdfast.flows.sync import Progress as Told

QUIET_EVERY_S = 10.0
"""Without a terminal, progress is a line this often: a log stays readable."""


class _Screen(Console):
    """A console that leaves it to the command what a reader who has gone means."""

    def on_broken_pipe(self) -> NoReturn:
        raise BrokenPipeError


out = _Screen(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def say(text: str, *, style: str = "") -> None:
    """Print a remark for people."""
    err.print(escape(harmless(text)), style=style or None)


def show(text: str = "", *, style: str = "", end: str = "\n") -> None:
    """Print data for people."""
    out.print(escape(harmless(text)), style=style or None, end=end)


def show_json(value: Any) -> None:
    """Print one line of JSON."""
    sys.stdout.write(harmless_json(json.dumps(value, ensure_ascii=False, default=str)) + "\n")


def told_cost(cost_usd: float | None) -> str:
    """Return a cost in words; 0 is what is known to be free."""
    return "no price known" if cost_usd is None else f"{cost_usd:.4f} USD"


def counted(count: int, what: str) -> str:
    """Return `1 run`, `2 runs`."""
    return f"{count:,} {what}{'s' if count != 1 else ''}"


@contextmanager
def progress() -> Iterator[Told]:
    """Yield a function that shows how far the work is: a bar on a terminal, a line now and then elsewhere."""
    if not err.is_terminal:
        yield _Lines()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bars:
        tasks: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield told


class _Lines:
    """Progress as lines, seldom."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Print a line when the last one is long enough ago."""
        if time.monotonic() - self._last > QUIET_EVERY_S:
            self._last = time.monotonic()
            say(f"{what}: {done}" + (f" of {total}" if total else ""))
