"""Do what a workflow needs now and then while a server runs, each piece once among all replicas."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from holdfast.app import Wiring
from holdfast.engines.jobs import LocalJobEngine
from holdfast.errors import StorageError
from holdfast.storage.jobs import JobRecords, JobState
from holdfast.storage.leases import lease
from holdfast.telemetry.logs import log
from holdfast.tidying import tidy

SCORE = "holdfast.evaluating.online:score_recorded"
"""Handler of the jobs that the chore of scoring puts in line."""
_WORKING_FOR: ContextVar[Wiring | None] = ContextVar("holdfast_chores_for", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """One piece of work that comes round, as a job: its handler's name, and how often."""

    name: str
    handler: str
    every_s: int
    is_wanted: Callable[[Wiring], bool] = lambda _wiring: True
    """Whether the declaration asks for it."""

    @property
    def prefix(self) -> str:
        """Return how the keys of its jobs begin."""
        return f"chore:{self.name}:"


RETENTION = Chore(name="retention", handler="holdfast.chores:delete_what_is_over", every_s=3_600)
SCORES = Chore(
    name="scores",
    handler="holdfast.evaluating.online:score_sample",
    every_s=600,
    is_wanted=lambda wiring: wiring.settings.evaluation.online.share > 0,
)
CHORES = (RETENTION, SCORES)


class Round:
    """The chores of one workflow in one process.

    Time is cut into spans of `every_s`, the same ones everywhere: the span is in the key of its job, so of
    many replicas that enqueue it one succeeds, and whoever is free runs it. One that fails is tried again,
    and comes anew with the next span.
    """

    def __init__(self, wiring: Wiring, chores: Sequence[Chore] = CHORES) -> None:
        self._wiring = wiring
        self._chores = [chore for chore in chores if chore.is_wanted(wiring)]
        handlers = [chore.handler for chore in self._chores] + [SCORE] * bool(self._chores)
        self._engine = LocalJobEngine(JobRecords(wiring.database), handlers=handlers)
        self._enqueued: dict[str, int] = {}

    async def work(self, *, now: float | None = None) -> int:
        """Put in line what has become due at `now` (seconds since the epoch), run it; return how many ran.

        Raises StorageError when the records cannot be used; a chore that fails is told in its job.
        """
        await asyncio.to_thread(self._enqueue, time.time() if now is None else now)
        token = _WORKING_FOR.set(self._wiring)
        try:
            return await self._engine.work()
        finally:
            _WORKING_FOR.reset(token)

    def _enqueue(self, now: float) -> None:
        for chore in self._chores:
            span = int(now // chore.every_s)
            if self._enqueued.get(chore.name) == span:
                continue
            begin = datetime.fromtimestamp(span * chore.every_s, UTC)
            self._engine.enqueue(chore.handler, {}, key=f"{chore.prefix}{span}", due=begin)
            self._enqueued[chore.name] = span


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreState:
    """How a chore stands, for people."""

    name: str
    every_s: int
    is_wanted: bool
    last: JobState | None = field(default=None)
    """Its newest job; None: it never was in line."""


def states(wiring: Wiring) -> tuple[ChoreState, ...]:
    """Return how each chore of a workflow stands, whichever process does it."""
    records = JobRecords(wiring.database)
    return tuple(
        ChoreState(
            name=chore.name, every_s=chore.every_s, is_wanted=chore.is_wanted(wiring),
            last=records.latest(chore.prefix),
        )
        for chore in CHORES
    )  # fmt: skip


def working_for() -> Wiring | None:
    """Return the workflow whose chore runs here, None outside of one.

    A handler uses it instead of a path: another replica may have the workflow in another folder.
    """
    return _WORKING_FOR.get()


def delete_what_is_over() -> None:
    """Delete what retention says is over; a sync that runs at this moment does so itself."""
    wiring = working_for()
    assert wiring is not None, "this handler runs in a Round"
    held_by: list[str] = []
    held = lease(wiring.database, "sync", wait_s=0, waiting=held_by.append)
    try:
        held.__enter__()
    except StorageError:
        if held_by:
            log("retention.left_to_sync", holder=held_by[0])
            return
        raise
    try:
        tidy(wiring)
    finally:
        held.__exit__(None, None, None)
