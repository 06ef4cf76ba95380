"""Work golden cases side by side, each put on record as soon as it is done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from holdfast.domain.attempts import OK
from holdfast.domain.cases import Case
from holdfast.domain.experiments import CaseRun
from holdfast.domain.outcomes import kind_of
from holdfast.domain.runs import Run
from holdfast.domain.scores import Score
from holdfast.errors import (
    DeclarationError,
    NotAllowed,
    PromptTooLarge,
    ProviderError,
    ReplyRefused,
    ReplyTruncated,
    StorageError,
)
from holdfast.evaluation.experiments.patience import Patience, Waited, may_pass, told_wait_s

T = TypeVar("T")

CACHED = "cached"
OWN_DOING = frozenset({OK, CACHED, PromptTooLarge.kind, ReplyRefused.kind, ReplyTruncated.kind})
"""Ends of an attempt that are the workflow's and its model's own: they count as any other outcome."""
RATE_LIMITED = "rate_limited"
STOP_AFTER = 10
"""Cases in a row that could not be run, beyond those under way, after which the rest is left for later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A case to be worked once."""

    case: Case
    digest: str
    """Of the case as it is asked."""
    repeat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """A run that is not on record yet, and how it is put there."""

    run: Run
    keep: Callable[[CaseRun], Coroutine[Any, Any, None]]
    """Puts the run and its row on record in one transaction."""
    first_sentence_s: float | None = None
    """Seconds until the first sentence could be read; None where nobody listened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a runner works with."""

    work: Callable[[Job], Awaitable[Worked]]
    """Asks a case once; raises ProviderError when no rung could answer."""
    score: Callable[[Case, Run, float | None], Awaitable[Sequence[Score]]]
    keep_unrun: Callable[[CaseRun], Coroutine[Any, Any, None]]
    """Puts a row without a run on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an experiment is."""

    done: int
    total: int
    not_run: int
    cost_usd: float
    expected_usd: float
    """What all of it will cost at the mean so far."""
    left_s: float | None
    """Seconds to go at the pace so far; None before the first case."""
    waiting: int = 0
    """Cases that wait for a provider which cannot be asked now."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a runner counts while it works."""

    total: int
    started: float = field(default_factory=time.monotonic)
    rows: list[CaseRun] = field(default_factory=list)
    in_a_row: int = 0
    """Cases not run since the last one that was."""
    under_way: int = 0
    waiting: int = 0
    """Of those under way, the ones that wait for a provider."""
    stopped: str = ""
    """Why the rest is left for later."""
    is_unpriced: bool = False
    not_run: int = 0
    cost_usd: float = 0.0
    """Spent so far."""
    dearest_usd: float = 0.0
    """What the dearest case cost: what one more may cost."""

    def count(self, row: CaseRun) -> None:
        """Take a row in."""
        self.rows.append(row)
        self.in_a_row = self.in_a_row + 1 if row.not_run else 0
        self.is_unpriced = self.is_unpriced or row.cost_usd is None
        self.not_run += bool(row.not_run)
        self.cost_usd += row.cost_usd or 0.0
        self.dearest_usd = max(self.dearest_usd, row.cost_usd or 0.0)

    def progress(self) -> Progress:
        """Return how far it is."""
        done, cost = len(self.rows), self.cost_usd
        took = time.monotonic() - self.started
        return Progress(
            done=done,
            total=self.total,
            not_run=self.not_run,
            cost_usd=cost,
            expected_usd=cost / done * self.total if done else 0.0,
            left_s=took / done * (self.total - done) if done else None,
            waiting=self.waiting,
        )


class Width:
    """How many cases are under way: halved when a provider says it is too many, then slowly more again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = float(most)

    @property
    def now(self) -> int:
        """Return how many may be under way."""
        return max(1, int(self._now))

    def saw(self, *, rate_limited: bool) -> None:
        """Note how a case ended: additive increase, multiplicative decrease, as TCP does."""
        if rate_limited:
            self._now = max(1.0, self._now / 2)
        else:
            self._now = min(float(self._most), self._now + 1 / self._now)


async def run_cases(
    jobs: Sequence[Job],
    desk: Desk,
    *,
    at_once: int,
    budget_usd: float | None = None,
    spent_usd: float = 0.0,
    patience: Patience | None = None,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> Tally:
    """Return what was worked, in no order; every row is on record when this returns, or raises.

    A provider's error is *not run*, one that may pass only when `patience` is over. No case is begun that
    could carry the cost, at the dearest so far, over the budget, of which `spent_usd` is gone already; after
    many failures in a row none is begun either. Raises StorageError, DeclarationError and NotAllowed: then
    nothing else would go well.
    """
    tally, width = Tally(total=len(jobs)), Width(at_once)
    floor = _Floor(desk, width, patience or Patience(0), tally, progress)
    waiting, ended = iter(jobs), asyncio.Queue[asyncio.Task[Any]]()
    busy, keeping = set[asyncio.Task[_Done]](), set[asyncio.Task[None]]()
    try:
        while True:
            for job in _next(waiting, tally, width, budget_usd=budget_usd, spent_usd=spent_usd):
                tally.under_way += 1
                busy.add(_begun(_worked(job, floor), ended))
            if not busy and not keeping:
                return tally
            task = await ended.get()
            if task in keeping:
                keeping.remove(task)
                task.result()
                progress(tally.progress())
                continue
            # Its place is free while it is written down: the next case waits for no database.
            busy.remove(task)
            tally.under_way -= 1
            done: _Done = task.result()
            tally.count(done.row)
            keeping.add(_begun(done.keep(done.row), ended))
    finally:
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, *keeping, return_exceptions=True)  # what was paid for is put on record


def _begun(work: Coroutine[Any, Any, T], ended: asyncio.Queue[asyncio.Task[Any]]) -> asyncio.Task[T]:
    """Return the work as a task that goes into the queue when it has ended."""
    task = asyncio.create_task(work)
    task.add_done_callback(ended.put_nowait)
    return task


def _next(
    waiting: Iterable[Job], tally: Tally, width: Width, *, budget_usd: float | None, spent_usd: float
) -> Iterable[Job]:
    """Yield the jobs that may begin now; writes down why none may any more."""
    while not tally.stopped and tally.under_way < width.now:
        if tally.in_a_row >= STOP_AFTER + width.now:
            tally.stopped = f"the last {tally.in_a_row} cases could not be run ({tally.rows[-1].not_run})"
            return
        if budget_usd is not None:
            if tally.is_unpriced:
                tally.stopped = "a model without a known price was asked, so the budget cannot be held"
                return
            if not tally.rows and tally.under_way:
                return  # the first case tells what a case costs
            ahead = (tally.under_way + 1) * tally.dearest_usd
            if tally.rows and spent_usd + tally.cost_usd + ahead > budget_usd:
                if not tally.under_way:
                    spent = spent_usd + tally.cost_usd
                    tally.stopped = (
                        f"one more case could go over the budget ({spent:.4f} of {budget_usd:g} USD)"
                    )
                return
        job = next(iter(waiting), None)
        if job is None:
            return
        yield job


@dataclass(frozen=True, slots=True)
class _Floor:
    """What the cases under way have in common."""

    desk: Desk
    width: Width
    patience: Patience
    tally: Tally
    progress: Callable[[Progress], None]

    async def wait(self, seconds: float) -> None:
        """Wait for a provider, told as such."""
        self.tally.waiting += 1
        self.progress(self.tally.progress())
        try:
            await self.patience.wait(seconds)
        finally:
            self.tally.waiting -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A row that is not on record yet."""

    row: CaseRun
    keep: Callable[[CaseRun], Coroutine[Any, Any, None]]
    may_pass: bool = False
    """Whether the same case may be run after a while."""
    retry_after_s: float | None = None


async def _worked(job: Job, floor: _Floor) -> _Done:
    """Return what came of a job, tried again while a provider cannot be asked and there is patience left."""
    waited, lost_usd = Waited(), 0.0
    while True:
        done = await _tried(job, floor.desk, floor.width)
        if not done.row.not_run:
            floor.patience.answered()
        wait_s = floor.patience.wait_s(waited, done.retry_after_s) if done.may_pass else None
        if wait_s is None:
            return _with_cost_of_earlier_tries(done, lost_usd)
        lost_usd += done.row.cost_usd or 0.0
        await floor.wait(wait_s)


def _with_cost_of_earlier_tries(done: _Done, lost_usd: float) -> _Done:
    known = done.row.cost_usd
    if not lost_usd or known is None:
        return done
    return replace(done, row=replace(done.row, cost_usd=known + lost_usd))


async def _tried(job: Job, desk: Desk, width: Width) -> _Done:
    """Return what came of one try."""
    began = time.monotonic()
    blank = CaseRun(
        case=job.case.id,
        digest=job.digest,
        repeat=job.repeat,
        kind=job.case.kind,
        documents=named_documents(job.case),
    )
    try:
        worked = await desk.work(job)
    except (StorageError, DeclarationError, NotAllowed):
        raise
    except Exception as error:  # noqa: BLE001 -- a hook may raise anything; the other cases go on
        told = error.what if isinstance(error, ProviderError) else f"{type(error).__name__}: {error}"
        row = replace(blank, not_run=told or type(error).__name__, took_s=time.monotonic() - began)
        width.saw(rate_limited=getattr(error, "kind", "") == RATE_LIMITED)
        return _Done(
            row=row, keep=desk.keep_unrun, may_pass=may_pass(error), retry_after_s=told_wait_s(error)
        )  # fmt: skip
    run = worked.run
    width.saw(rate_limited=any(one.status == RATE_LIMITED for one in run.attempts))
    row = replace(
        blank,
        outcome=kind_of(run.outcome),
        model=run.model,
        cost_usd=run.known_cost_usd,
        took_s=run.took_ms / 1000,
    )
    if lost := provider_failure(run):
        row = replace(row, run=run.id, outcome="", not_run=lost)
        return _Done(row=row, keep=worked.keep, may_pass=may_pass(run))
    scores = tuple(await desk.score(job.case, run, worked.first_sentence_s))
    return _Done(row=replace(row, run=run.id, scores=scores), keep=worked.keep)


def named_documents(case: Case) -> tuple[str, ...]:
    """Return the documents and lookups that a case's evidence stands in, in the order it names them in."""
    return tuple(dict.fromkeys(one.document for one in case.beside_it))


def provider_failure(run: Run) -> str:
    """Return why a run took another route because of a provider, or empty.

    Such a run tells nothing of the Version.
    """
    failed = [one.status for one in run.attempts if one.status not in OWN_DOING]
    is_own_doing = bool(run.attempts) and not failed
    return "" if is_own_doing else run.degraded or run.fallback
