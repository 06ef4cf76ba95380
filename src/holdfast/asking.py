"""Work on one item with a workflow's parts, and put the run on record."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from holdfast.app import Wiring
from holdfast.calling.working import working_on
from holdfast.domain.attempts import cost_of, usage_of
from holdfast.domain.calls import Deadline
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Outcome, kind_of, with_citations
from holdfast.domain.prompts import Reply
from holdfast.domain.reviews import EarlierCorrection
from holdfast.domain.rows import Facts
from holdfast.domain.runs import Run, StageRecord, UnfinishedRun
from holdfast.domain.stages import Stage
from holdfast.domain.versions import Version
from holdfast.drafting import Drafting
from holdfast.errors import HoldfastError
from holdfast.flows.answer import AnswerParts, answer
from holdfast.flows.ingest import Preparable
from holdfast.loading import load
from holdfast.reviewing.corrected_before import corrected_before
from holdfast.reviewing.doubts import MEASURED
from holdfast.storage.database import Database
from holdfast.storage.places import placed
from holdfast.storage.runs import remember_version, save_run, save_runs
from holdfast.telemetry.logs import bound, log
from holdfast.telemetry.trail import Listener, RunTrail

if TYPE_CHECKING:
    from holdfast.stages.generation.batching import BatchRoom


async def ask(
    wiring: Wiring,
    item: WorkItem,
    *,
    model: str,
    listen: Listener | None,
    run_id: str = "",
    thread: str | None = None,
    batch: BatchRoom | None = None,
) -> Run:
    """Return the run of an item, which is on record then; raise ProviderError when no rung could answer.

    A run that failed or was cancelled is on record too. With a thread (empty: a new one) what is shown
    is kept while there is no outcome. With `batch` its model calls go out together with other items'.
    What reviewers have answered to the same question is told beside the outcome, and changes nothing of it.
    """
    run = await _asked(wiring, item, model=model, listen=listen, run_id=run_id, thread=thread, batch=batch)
    return replace(run, corrected_before=await _corrected_before(wiring, run))


async def _asked(
    wiring: Wiring,
    item: WorkItem,
    *,
    model: str,
    listen: Listener | None,
    run_id: str,
    thread: str | None,
    batch: BatchRoom | None,
) -> Run:
    def parts() -> AnswerParts:
        return wiring.answer_parts(model, batch=batch)

    if thread is None:
        return await ask_with(wiring, item, parts, RunTrail(listen=listen, run_id=run_id))
    run_id = run_id or uuid.uuid4().hex
    draft = Drafting(wiring.database, run=run_id, thread=thread, item=item, listen=listen)
    trail = RunTrail(listen=draft, run_id=run_id)
    await draft.begin(lambda: _evidence(item, trail.records))
    try:
        run = await ask_with(wiring, item, parts, trail)
    except BaseException:
        await asyncio.shield(draft.end(has_outcome=False))
        raise
    await draft.end(has_outcome=True)
    return run


async def _corrected_before(wiring: Wiring, run: Run) -> tuple[EarlierCorrection, ...]:
    """Return what is to be told beside the outcome; what cannot be looked up is logged, the answer stands."""
    item = run.item
    if item.origin in MEASURED:
        return ()

    def looked_up() -> tuple[EarlierCorrection, ...]:
        asked = {name: getattr(item, name) for name in ("question", "fields", "history", "attachments")}
        return corrected_before(wiring.review, asked, item.principal, but=run.id)

    try:
        return looked_up() if wiring.database.reads_at_once else await asyncio.to_thread(looked_up)
    except HoldfastError as error:
        with bound(run=run.id):
            log("review.unlooked", "error", error=str(error))
        return ()


async def ask_with(wiring: Wiring, item: WorkItem, parts: Callable[[], AnswerParts], trail: RunTrail) -> Run:
    """Return the run of an item as `ask` does; `parts` makes what works on it, and may raise."""
    began = _Began()
    with bound(run=trail.run_id):
        try:
            version, run = await _worked(wiring, item, parts, trail, began)
        except BaseException as error:
            await _keep_unfinished(wiring, item, trail, began, error)
            raise
    await asyncio.to_thread(
        keep_all, wiring.database, ((version, run),),
        also=lambda connection: wiring.review.admit(connection, run),
    )  # fmt: skip
    return run


def _load_clients(wiring: Wiring) -> None:
    """Import what speaks to the declared rungs' providers; nothing is asked."""
    load("holdfast.stages.generation.providers:load_clients")(wiring.settings.generation.rungs)


async def get_ready(wiring: Wiring) -> None:
    """Make the parts of the items' path, load the local model and what speaks to providers.

    The first item need not wait for them then.
    """
    await asyncio.to_thread(wiring.answer_parts)
    await asyncio.to_thread(_load_clients, wiring)
    if isinstance(wiring.embedder, Preparable):
        await asyncio.to_thread(wiring.embedder.prepare)


async def work(
    wiring: Wiring,
    item: WorkItem,
    *,
    model: str,
    listen: Listener | None = None,
    batch: BatchRoom | None = None,
) -> tuple[Version, Run]:
    """Return the run of an item and its Version, neither on record; raise ProviderError as `ask` does."""
    trail = RunTrail(listen=listen)
    with bound(run=trail.run_id):
        return await _worked(wiring, item, lambda: wiring.answer_parts(model, batch=batch), trail, _Began())


class _Began:
    """When a run began, by the clock on the wall and by one that only goes on."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self._clock = time.perf_counter()

    @property
    def took_ms(self) -> float:
        """Return how long ago that was."""
        return (time.perf_counter() - self._clock) * 1000


async def _worked(
    wiring: Wiring, item: WorkItem, make: Callable[[], AnswerParts], trail: RunTrail, began: _Began
) -> tuple[Version, Run]:
    parts = trail.made_ready(make, by=wiring.answer_parts)
    with working_on(
        run=trail.run_id, case=item.case, journal=trail.journal, deadline=Deadline.after(parts.deadline_s)
    ):
        outcome = await answer(item, parts, trail)
    outcome = await asyncio.to_thread(_placed, wiring, outcome)
    trail.finish(outcome.text)
    index_version = wiring.index_version
    version = wiring.version_at(index_version)
    return version, Run(outcome=outcome, **_record(version, index_version, item, trail, began))


def keep_all(
    records: Database,
    worked: Sequence[tuple[Version, Run]],
    *,
    also: Callable[[sa.Connection], None] = lambda _connection: None,
) -> None:
    """Put runs on record in one transaction, with what `also` writes in it: all of it, or none."""
    with records.write() as connection:
        for version in {version.digest: version for version, _ in worked}.values():
            remember_version(connection, version)
        save_runs(connection, [(run, _evidence(run.item, run.stages)) for _, run in worked])
        also(connection)
    for _, run in worked:
        with bound(run=run.id):
            log(
                "run.ended", outcome=kind_of(run.outcome), reason=run.outcome.reason, model=run.model,
                degraded=run.degraded, fallback=run.fallback, cost_usd=run.cost_usd,
                attempts=len(run.attempts), took_ms=round(run.took_ms, 1), version=run.version,
                index_version=run.index_version,
            )  # fmt: skip


async def _keep_unfinished(
    wiring: Wiring, item: WorkItem, trail: RunTrail, began: _Began, error: BaseException
) -> None:
    """Put a run without an outcome on record; what stopped it counts more than a failure to do so."""
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return
    is_cancelled = isinstance(error, asyncio.CancelledError)
    reason = "whoever asked has left" if is_cancelled else str(error)
    try:
        index_version = wiring.index_version
        version = wiring.version_at(index_version)
        run = UnfinishedRun(
            kind="cancelled" if is_cancelled else "failed",
            reason=reason,
            **_record(version, index_version, item, trail, began),
        )
        await asyncio.shield(asyncio.to_thread(_keep_cut, wiring.database, version, run))
    except HoldfastError as unkept:
        log("run.unkept", "error", error=str(unkept))
        return
    log("run.unfinished", kind=run.kind, reason=reason, took_ms=round(run.took_ms, 1))


def _keep_cut(records: Database, version: Version, run: UnfinishedRun) -> None:
    with records.write() as connection:
        remember_version(connection, version)
        save_run(connection, run, evidence=_evidence(run.item, run.stages))


def _placed(wiring: Wiring, outcome: Outcome) -> Outcome:
    """Return the outcome with every citation told by the place of its quote."""
    with wiring.database.read() as connection:
        return with_citations(outcome, lambda citations: placed(connection, citations))


def _record(
    version: Version, index_version: int, item: WorkItem, trail: RunTrail, began: _Began
) -> dict[str, Any]:
    """Return the fields of a RunRecord."""
    replies = [record.made for record in trail.records if isinstance(record.made, Reply)]
    return {
        "id": trail.run_id,
        "version": version.digest,
        "index_version": index_version,
        "item": item,
        "model": replies[-1].model if replies else "",
        "degraded": "; ".join(trail.degraded),
        "fallback": "; ".join(trail.fallback),
        "usage": usage_of(trail.journal),
        "cost_usd": cost_of(trail.journal),
        "started_at": began.at,
        "took_ms": began.took_ms,
        "stages": tuple(trail.records),
        "attempts": tuple(trail.journal),
    }


def _evidence(item: WorkItem, stages: Sequence[StageRecord]) -> set[str]:
    """Return every document and lookup whose text stands in the item or in the records."""
    documents = set(item.rests_on)
    for record in stages:
        if record.stage is Stage.RETRIEVAL and isinstance(record.made, Retrieved):
            documents.update(hit.document for hit in record.made.hits)
        if isinstance(record.made, Facts):
            documents.update(row.document for row in record.made.rows)
    return documents
