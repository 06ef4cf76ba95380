"""Score a declared sample of production runs after they ended, as jobs."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from holdfast.app import Wiring
from holdfast.chores import SCORE, working_for
from holdfast.domain.observed import Observed
from holdfast.domain.runs import Run
from holdfast.domain.scores import Score
from holdfast.engines.jobs import LocalJobEngine
from holdfast.errors import StorageError
from holdfast.evaluating.measures import measures_of
from holdfast.evaluation.rebuilding import run_of
from holdfast.evaluation.scoring.online import is_sampled
from holdfast.evaluation.scoring.scoring import NOT_RUN, score_run
from holdfast.protocols import Evaluator
from holdfast.storage.jobs import JobRecords
from holdfast.storage.run_scores import keep_scores, unscored_runs
from holdfast.storage.runs import find_run_of_its_own
from holdfast.wire import wire

A_JOB = 50
"""Runs that one job scores: its workflow is opened once for all of them."""
LOOK_BACK = timedelta(days=7)
"""How old a run may be that a server scores by itself: it may have been down for a while."""
MOST_RUNS = 100_000
"""Runs that are looked at at once; what is left comes with the next call."""
FAILED = (NOT_RUN, "its evaluator")
"""How the reason of a score begins that should be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """What was put in line."""

    sampled: int
    """Runs of the sample that had no score."""
    jobs: int
    """New jobs for them; fewer where they were in line already."""


def online_evaluators(wiring: Wiring) -> tuple[Evaluator, ...]:
    """Return the evaluators for production runs: judges only where `evaluation.online.judges` says so."""
    settings = wiring.settings.evaluation
    judges = {judge.name for judge in settings.judges}
    return tuple(
        one
        for one in measures_of(wiring).evaluators
        if settings.online.judges or judges.isdisjoint(metric.name for metric in one.metrics)
    )


async def score_runs(
    evaluators: Sequence[Evaluator], recorded: Iterable[Run]
) -> dict[str, tuple[Score, ...]]:
    """Return the scores of each run by its id; what does not apply to it, as facts without a case, is none.

    A score without a value is one whose evaluator failed or whose provider was away.
    """
    return {
        run.id: tuple(
            score
            for score in await score_run(evaluators, Observed(run=run))
            if score.value is not None or score.why.startswith(FAILED)
        )
        for run in recorded
    }


def enqueue_scores(wiring: Wiring, *, since: datetime) -> Enqueued:
    """Put the sampled runs since then in line that have no score; golden cases are none of them."""
    share = wiring.settings.evaluation.online.share
    with wiring.database.read() as connection:
        waiting = unscored_runs(connection, since=since, limit=MOST_RUNS)
    chosen = [run for run in waiting if is_sampled(run, share)]
    engine, made = LocalJobEngine(JobRecords(wiring.database)), 0
    for start in range(0, len(chosen), A_JOB):
        some = chosen[start : start + A_JOB]
        key = f"scores:{hashlib.sha256(' '.join(some).encode()).hexdigest()[:32]}"
        made += engine.enqueue(SCORE, {"workflow": str(wiring.folder), "runs": some}, key=key)
    return Enqueued(sampled=len(chosen), jobs=made)


async def score_recorded(workflow: str, runs: list[str]) -> None:
    """Score recorded runs and keep the scores; the handler of a job, which may run more than once.

    Raises what opening the workflow raises. A run that is gone or was emptied meanwhile is passed over.
    """
    if (opened := working_for()) is not None:
        await score_and_keep(opened, runs)
        return
    with closing(await asyncio.to_thread(wire, Path(workflow))) as wiring:
        await score_and_keep(wiring, runs)


async def score_sample() -> None:
    """Put the sampled runs of the last days in line that have no score; the handler of a server's chore."""
    wiring = working_for()
    assert wiring is not None, "this handler runs in a Round"
    await asyncio.to_thread(enqueue_scores, wiring, since=datetime.now(UTC) - LOOK_BACK)


async def score_and_keep(wiring: Wiring, run_ids: Sequence[str]) -> int:
    """Score these runs and keep the scores beside them; return how many were kept."""
    evaluators, kept = online_evaluators(wiring), 0
    for run_id in run_ids:
        run = await asyncio.to_thread(_recorded, wiring, run_id)
        if run is None:
            continue
        scores = (await score_runs(evaluators, [run]))[run.id]
        kept += await asyncio.to_thread(_keep, wiring, run.id, scores)
    return kept


def _recorded(wiring: Wiring, run_id: str) -> Run | None:
    with wiring.database.read() as connection:
        stored = find_run_of_its_own(connection, run_id)
    try:
        return run_of(stored) if stored is not None else None
    except StorageError:
        return None  # emptied when a document was forgotten


def _keep(wiring: Wiring, run_id: str, scores: Sequence[Score]) -> bool:
    with wiring.database.write() as connection:
        return keep_scores(connection, run_id, scores, at=datetime.now(UTC))
