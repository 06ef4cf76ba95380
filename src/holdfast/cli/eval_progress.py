"""Show how far an experiment is: cases, cost so far and in all, time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from holdfast.cli.screen import QUIET_EVERY_S, err, say
from holdfast.evaluating.laboratory import Side
from holdfast.evaluation.experiments.running import Progress
from holdfast.evaluation.experiments.wording import seconds

Telling = Callable[[Side, Progress], None]
REFRESH_S = 0.2


@contextmanager
def telling() -> Iterator[Telling]:
    """Yield what shows progress: a line that is rewritten on a terminal, a line now and then elsewhere."""
    last = time.monotonic()
    if not err.is_terminal:

        def lines(side: Side, progress: Progress) -> None:
            nonlocal last
            if time.monotonic() - last > QUIET_EVERY_S:
                last = time.monotonic()
                say(in_words(side, progress))

        yield lines
        return
    with err.status("working the cases") as status:

        def rewritten(side: Side, progress: Progress) -> None:
            nonlocal last
            if time.monotonic() - last > REFRESH_S:
                last = time.monotonic()
                status.update(in_words(side, progress))

        yield rewritten


def in_words(side: Side, progress: Progress) -> str:
    """Return the line: `main: 40 of 130 cases, 0.0123 USD of about 0.04, 12.0 s left`."""
    parts = [f"{side.name}: {progress.done} of {progress.total} cases"]
    if progress.not_run:
        parts.append(f"{progress.not_run} not run")
    if progress.waiting:
        parts.append(f"{progress.waiting} wait for a provider")
    if progress.cost_usd:
        parts.append(f"{progress.cost_usd:.4f} USD of about {progress.expected_usd:.4f}")
    if progress.left_s is not None and progress.done < progress.total:
        parts.append(f"{seconds(progress.left_s)} left")
    return ", ".join(parts)
