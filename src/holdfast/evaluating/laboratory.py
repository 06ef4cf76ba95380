"""Work golden cases with a wired declaration, and keep what came of it as an experiment."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from holdfast.app import Wiring
from holdfast.asking import get_ready, keep_all, work
from holdfast.asking_many import batch_room
from holdfast.calling.working import in_turn
from holdfast.domain.cases import Case
from holdfast.domain.experiments import CaseRun, Experiment, Plan
from holdfast.domain.prompts import Partial, Restart
from holdfast.domain.runs import Run
from holdfast.domain.scores import Score
from holdfast.domain.usage import Usage
from holdfast.domain.versions import Version
from holdfast.errors import HoldfastError
from holdfast.evaluating.scribe import Scribe
from holdfast.evaluation.experiments.environment import environment
from holdfast.evaluation.experiments.identity import cases_digest, digests_of
from holdfast.evaluation.experiments.pairing import NO_MODEL
from holdfast.evaluation.experiments.patience import Patience
from holdfast.evaluation.experiments.running import Desk, Job, Progress, Tally, Worked, run_cases
from holdfast.flows.ingest import Preparable
from holdfast.storage import experiments as store
from holdfast.storage.database import Database

if TYPE_CHECKING:
    from holdfast.stages.generation.batching import BatchRoom

T = TypeVar("T")

MILLION = 1_000_000

ScoreRun = Callable[[Case, Run, float | None], Awaitable[Sequence[Score]]]
"""Scores a run of a case; last the seconds until its first sentence could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is measured: a declaration that is wired, and the model that is asked first."""

    wiring: Wiring
    score: ScoreRun
    label: str = ""
    """What a person calls it: a git ref; empty for the declaration as it is."""
    model: str = ""

    @property
    def name(self) -> str:
        """Return what it is called in tables."""
        return self.model or self.label or "as declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How cases are worked."""

    at_once: int
    repeats: int = 1
    sample: int = 0
    seed: int = 7
    budget_usd: float | None = None
    is_fresh: bool = False
    """Whether what was stopped under the same plan is left alone, and all is worked anew."""
    in_batches: bool = False
    """Whether models are asked by way of their providers' batches, as many cases at once as batches hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """An experiment as it stands after it was worked."""

    experiment: Experiment
    rows: tuple[CaseRun, ...]
    stopped: str = ""
    """Why it is not at its end; empty: it is."""
    found: int = 0
    """Rows that were on record before, and were not paid again."""
    spent_usd: float = 0.0
    """This time."""
    took_s: float = 0.0
    """This time."""


class Laboratory:
    """Runs experiments and keeps them in one records database."""

    def __init__(
        self,
        records: Database,
        *,
        user: str,
        progress: Callable[[Side, Progress], None] = lambda _side, _progress: None,
        noted: Callable[[str], None] = lambda _text: None,
    ) -> None:
        """Take where experiments are kept, and whom to tell how far they are and what becomes of batches."""
        self._noted = noted
        self._records = records
        self._user = user
        self._progress = progress

    def plan(self, side: Side, cases: Sequence[Case], order: Order) -> Plan:
        """Return what working these cases is, down to the Version."""
        digests = digests_of(cases)
        return Plan(
            workflow=side.wiring.loaded.name, version=side.wiring.version.digest, cases=digests,
            cases_digest=cases_digest(digests), repeats=order.repeats, model=side.model, seed=order.seed,
            sample=order.sample, label=side.label,
        )  # fmt: skip

    def finished(self, side: Side, cases: Sequence[Case], order: Order) -> Ran | None:
        """Return an experiment of this plan that came to its end before, unless all is to be anew."""
        if order.is_fresh:
            return None
        with self._records.read() as connection:
            found = store.finished_experiment(connection, self.plan(side, cases, order))
            if found is None:
                return None
            rows = store.case_runs_of(connection, found.id)
        return Ran(experiment=found, rows=rows, found=len(rows))

    async def run(self, side: Side, cases: Sequence[Case], order: Order) -> Ran:
        """Work the cases, and go on where an experiment of the same plan was stopped.

        Raises StorageError, DeclarationError, NotAllowed; a provider's errors are told in the rows.
        """
        plan = self.plan(side, cases, order)
        experiment, rows = await self._begun(side, plan, is_fresh=order.is_fresh)
        return await self._worked(side, cases, order, experiment, rows)

    async def again(self, side: Side, ran: Ran, cases: Sequence[Case], *, repeats: int, order: Order) -> Ran:
        """Work these cases until each has so many repeats, in the experiment they belong to."""
        with self._records.write() as connection:
            store.widen_experiment(connection, ran.experiment.id, repeats)
        done = await self._worked(
            side, cases, replace(order, repeats=repeats), ran.experiment, ran.rows, spent_usd=ran.spent_usd
        )
        return replace(
            done, found=ran.found, spent_usd=ran.spent_usd + done.spent_usd, took_s=ran.took_s + done.took_s
        )

    async def _begun(
        self, side: Side, plan: Plan, *, is_fresh: bool
    ) -> tuple[Experiment, tuple[CaseRun, ...]]:
        with self._records.read() as connection:
            found = None if is_fresh else store.unfinished_experiment(connection, plan)
            if found is not None:
                return found, store.case_runs_of(connection, found.id)
        experiment = Experiment(
            id=uuid.uuid4().hex[:12],
            plan=plan,
            settings=declared_sections(side.wiring),
            prices=await _prices(side),
            environment=environment(),
            user=self._user,
            started_at=datetime.now(UTC),
        )
        with self._records.write() as connection:
            store.begin_experiment(connection, experiment)
        return experiment, ()

    async def _worked(
        self,
        side: Side,
        cases: Sequence[Case],
        order: Order,
        experiment: Experiment,
        rows: Sequence[CaseRun],
        *,
        spent_usd: float = 0.0,
    ) -> Ran:
        done = {row.key for row in rows if not row.not_run}
        jobs = [
            Job(case=case, digest=experiment.plan.cases[case.id], repeat=repeat)
            for repeat in range(order.repeats)
            for case in cases
            if (case.id, repeat) not in done
        ]
        if jobs:
            await _made_ready(side, jobs[0].case)
        began = time.monotonic()
        at_once = side.wiring.settings.generation.batch.items_at_once if order.in_batches else order.at_once
        async with self._room(side, order) as room:
            tally = await run_cases(
                jobs,
                self._desk(side, experiment.id, room),
                at_once=at_once,
                budget_usd=order.budget_usd,
                spent_usd=spent_usd or sum(row.cost_usd or 0.0 for row in rows),
                patience=Patience(side.wiring.settings.evaluation.patience_s),
                progress=lambda progress: self._progress(side, progress),
            )
        return self._ended(experiment, tally, found=len(done), took_s=time.monotonic() - began)

    def _ended(self, experiment: Experiment, tally: Tally, *, found: int, took_s: float) -> Ran:
        with self._records.write() as connection:
            rows = store.case_runs_of(connection, experiment.id)
            is_over = not tally.stopped and not any(row.not_run for row in rows)
            if is_over and experiment.ended_at is None:
                store.end_experiment(connection, experiment.id, datetime.now(UTC))
        return Ran(
            experiment=experiment, rows=rows, stopped=tally.stopped, found=found, spent_usd=tally.cost_usd,
            took_s=took_s,
        )  # fmt: skip

    @asynccontextmanager
    async def _room(self, side: Side, order: Order) -> AsyncIterator[BatchRoom | None]:
        """Yield where model calls are gathered, None where each is made on the line.

        The cases that fit are begun together: what is gathered goes out as soon as all of them wait.
        """
        if not order.in_batches:
            yield None
            return
        async with batch_room(side.wiring, noted=self._noted) as room:
            room.further_items(may_begin=False)
            yield room

    def _desk(self, side: Side, experiment_id: str, room: BatchRoom | None) -> Desk:
        def put_down(entries: Sequence[tuple[Version, Run, CaseRun]]) -> None:
            rows = [row for _, _, row in entries]
            keep_all(
                self._records, [(version, run) for version, run, _ in entries],
                also=lambda connection: store.record_case_runs(connection, experiment_id, rows),
            )  # fmt: skip

        scribe = Scribe(put_down)
        unrun = Scribe(partial(self._record, experiment_id))

        async def keep(version: Version, run: Run, row: CaseRun) -> None:
            await scribe.put((version, run, row))

        async def ask(job: Job) -> Worked:
            first = _FirstSentence()
            # Listening has every sentence checked as it comes: worth its time where a model writes only.
            listen = first if side.wiring.has_models or side.model not in NO_MODEL else None
            asked = partial(work, side.wiring, job.case.item(), model=side.model)
            # Repeats say the same: a reply that one of them had before a kill must not be another's after it.
            with in_turn(f"{experiment_id} {job.case.id} {job.repeat}"):
                version, run = await (asked(listen=listen) if room is None else _in_batches(room, asked))
            return Worked(run=run, keep=partial(keep, version, run), first_sentence_s=first.after_s)

        return Desk(work=ask, score=side.score, keep_unrun=unrun.put)

    def _record(self, experiment_id: str, rows: Sequence[CaseRun]) -> None:
        with self._records.write() as connection:
            store.record_case_runs(connection, experiment_id, rows)


async def _made_ready(side: Side, case: Case) -> None:
    """Load what the first item waits for, so that the first of several models is not the slowest for that."""
    with suppress(HoldfastError):  # the cases tell it, each with its reason
        await get_ready(side.wiring)
        if isinstance(side.wiring.embedder, Preparable) and not side.wiring.settings.retrieval.use:
            # Nothing leaves this machine: an endpoint would be paid for it.
            await side.wiring.answer_parts(side.model).retriever.retrieve(case.item())


async def _in_batches(room: BatchRoom, work: Callable[..., Awaitable[T]]) -> T:
    """Return what is worked, with a place in the room while it does not wait for a batch."""
    await room.enter()
    try:
        return await work(batch=room)
    finally:
        room.leave()


class _FirstSentence:
    """Listens to an answer, and notes when its first sentence was out."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.after_s: float | None = None

    def __call__(self, piece: str | Partial | Restart) -> None:
        """Note the first piece of text; what is taken back was no sentence of the answer."""
        if isinstance(piece, Restart):
            self.after_s = None
        elif self.after_s is None and (isinstance(piece, Partial) or piece.strip()):
            self.after_s = time.monotonic() - self._began


def declared_sections(wiring: Wiring) -> dict[str, str]:
    """Return every section of the declaration as JSON."""
    sections = json.loads(wiring.settings.model_dump_json())
    return {name: json.dumps(value, ensure_ascii=False, sort_keys=True) for name, value in sections.items()}


async def _prices(side: Side) -> dict[str, str]:
    """Return what a million tokens cost today, by model; `not known` where no price is."""
    prices: dict[str, str] = {}
    for rung in side.wiring.answer_parts(side.model).ladder:
        priced = getattr(rung.model, "priced", None)
        if priced is None:
            continue
        try:
            taken = await priced(Usage(input_tokens=MILLION))
            given = await priced(Usage(output_tokens=MILLION))
        except HoldfastError as error:
            prices[rung.model.name] = f"not known ({error.what})"
            continue
        if taken is None or given is None:
            prices[rung.model.name] = "not known"
        else:
            dated = f", prices of {taken.on}" if taken.on else ""
            prices[rung.model.name] = f"{taken.usd:g} USD in, {given.usd:g} USD out{dated}"
    return prices
