"""Work on one item with a workflow's parts, and put the run on record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from holdfast.app import Wiring
from holdfast.calling.accounts import working_on
from holdfast.domain.attempts import cost_of, usage_of
from holdfast.domain.calls import Deadline
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Outcome, kind_of, with_citations
from holdfast.domain.prompts import Reply
from holdfast.domain.rows import Facts
from holdfast.domain.runs import Run, StageRecord
from holdfast.domain.stages import Stage
from holdfast.domain.versions import Version
from holdfast.flows.answer import answer
from holdfast.storage.database import Database
from holdfast.storage.places import placed
from holdfast.storage.runs import remember_version, save_run
from holdfast.telemetry.logs import bound, log
from holdfast.telemetry.trail import Listener, RunTrail


async def ask(wiring: Wiring, item: WorkItem, *, model: str, listen: Listener | None) -> Run:
    """Return the run of an item, which is on record then; raise ProviderError when no rung could answer."""
    version, run = await work(wiring, item, model=model, listen=listen)
    await keep(wiring, version, run)
    return run


async def work(
    wiring: Wiring, item: WorkItem, *, model: str, listen: Listener | None = None
) -> tuple[Version, Run]:
    """Return the run of an item and its Version, neither on record; raise ProviderError as `ask` does."""
    trail = RunTrail(listen=listen)
    with bound(run=trail.run_id):
        started, clock = datetime.now(UTC), asyncio.get_running_loop().time()
        parts = wiring.answer_parts(model)
        with working_on(
            run=trail.run_id, case=item.case, journal=trail.journal,
            deadline=Deadline.after(parts.deadline_s),
        ):  # fmt: skip
            outcome = await answer(item, parts, trail)
        outcome = await asyncio.to_thread(_placed, wiring, outcome)
        trail.finish(outcome.text)
        took_ms = (asyncio.get_running_loop().time() - clock) * 1000
        version = wiring.version
    return version, _run(wiring, version, item, outcome, trail, started, took_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A run that is to be put on record, with what else is to be written in its transaction."""

    version: Version
    run: Run
    also: Callable[[sa.Connection], None] | None = None


async def keep(wiring: Wiring, version: Version, run: Run) -> None:
    """Put a run on record."""
    await asyncio.to_thread(keep_all, wiring.database, (Entry(version=version, run=run),))


def keep_all(records: Database, entries: Sequence[Entry]) -> None:
    """Put runs on record in one transaction: all of them with what belongs to them, or none."""
    with records.write() as connection:
        for entry in entries:
            remember_version(connection, entry.version)
            save_run(connection, entry.run, evidence=_evidence(entry.run.stages))
            if entry.also is not None:
                entry.also(connection)
    for run in (entry.run for entry in entries):
        with bound(run=run.id):
            log(
                "run.ended", outcome=kind_of(run.outcome), reason=run.outcome.reason, model=run.model,
                degraded=run.degraded, cost_usd=run.cost_usd, attempts=len(run.attempts),
                took_ms=round(run.took_ms, 1), version=run.version, index_version=run.index_version,
            )  # fmt: skip


def _placed(wiring: Wiring, outcome: Outcome) -> Outcome:
    """Return the outcome with every citation told by the place of its quote."""
    with wiring.database.read() as connection:
        return with_citations(outcome, lambda citations: placed(connection, citations))


def _run(
    wiring: Wiring,
    version: Version,
    item: WorkItem,
    outcome: Outcome,
    trail: RunTrail,
    started: datetime,
    took_ms: float,
) -> Run:
    replies = [record.made for record in trail.records if isinstance(record.made, Reply)]
    return Run(
        id=trail.run_id,
        version=version.digest,
        index_version=wiring.index_version,
        item=item,
        outcome=outcome,
        model=replies[-1].model if replies else "",
        degraded="; ".join(trail.degraded),
        usage=usage_of(trail.journal),
        cost_usd=cost_of(trail.journal),
        started_at=started,
        took_ms=took_ms,
        stages=tuple(trail.records),
        attempts=tuple(trail.journal),
    )


def _evidence(stages: Sequence[StageRecord]) -> set[str]:
    """Return every document and lookup whose text stands in the records."""
    documents: set[str] = set()
    for record in stages:
        if record.stage is Stage.RETRIEVAL and isinstance(record.made, Retrieved):
            documents.update(hit.document for hit in record.made.hits)
        if isinstance(record.made, Facts):
            documents.update(row.document for row in record.made.rows)
    return documents
