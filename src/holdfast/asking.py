"""Work on one item with a workflow's parts, and put the run on record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

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
from holdfast.storage.places import placed
from holdfast.storage.runs import remember_version, save_run
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
    batch: BatchRoom | None = None,
) -> Run:
    """Return the run of an item, which is on record then; raise ProviderError when no rung could answer.

    With `batch` its model calls go out together with those of other items.
    """
    trail = RunTrail(listen=listen)
    with bound(run=trail.run_id):
        started, clock = datetime.now(UTC), asyncio.get_running_loop().time()
        parts = wiring.answer_parts(model, batch=batch)
        with working_on(
            run=trail.run_id, case=item.case, journal=trail.journal,
            deadline=Deadline.after(parts.deadline_s),
        ):  # fmt: skip
            outcome = await answer(item, parts, trail)
        outcome = await asyncio.to_thread(_placed, wiring, outcome)
        trail.finish(outcome.text)
        took_ms = (asyncio.get_running_loop().time() - clock) * 1000
        version = wiring.version
        run = _run(wiring, version, item, outcome, trail, started, took_ms)
        await asyncio.to_thread(_save, wiring, version, run)
        log(
            "run.ended", outcome=kind_of(outcome), reason=outcome.reason, model=run.model,
            degraded=run.degraded, cost_usd=run.cost_usd, attempts=len(run.attempts),
            took_ms=round(took_ms, 1), version=run.version, index_version=run.index_version,
        )  # fmt: skip
    return run


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


def _save(wiring: Wiring, version: Version, run: Run) -> None:
    with wiring.database.write() as connection:
        remember_version(connection, version)
        save_run(connection, run, evidence=_evidence(run.stages))


def _evidence(stages: Sequence[StageRecord]) -> set[str]:
    """Return every document and lookup whose text stands in the records."""
    documents: set[str] = set()
    for record in stages:
        if record.stage is Stage.RETRIEVAL and isinstance(record.made, Retrieved):
            documents.update(hit.document for hit in record.made.hits)
        if isinstance(record.made, Facts):
            documents.update(row.document for row in record.made.rows)
    return documents
