"""Put runs on record whose process ended before they did."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from holdfast.domain.attempts import Attempt, cost_of, usage_of
from holdfast.domain.items import WorkItem
from holdfast.domain.runs import UnfinishedRun
from holdfast.storage.drafts import OPEN, end_draft
from holdfast.storage.encoding import unpack, unpack_as
from holdfast.storage.leases import is_dead
from holdfast.storage.ledger import attempts_of
from holdfast.storage.moments import aware
from holdfast.storage.review_tables import drafts
from holdfast.storage.runs import INTERRUPTED, save_run
from holdfast.storage.schema import runs

SILENT_FOR = timedelta(minutes=2)
"""A writer on another machine that gave no sign of life for so long counts as gone."""
EVER = datetime.min.replace(tzinfo=UTC)
REASON = "the server ended, or could not keep the answer, before it was complete"
_WITHOUT_OUTCOME = ("failed", "cancelled")


def lost_drafts(connection: sa.Connection, *, begun_after: datetime = EVER) -> tuple[str, ...]:
    """Return the runs of drafts that are open although their writer is gone.

    The index begins with who asked; from each of them to the next is one step in it, so that with a late
    `begun_after` old drafts are not read.
    """
    first = sa.select(sa.func.min(drafts.c.principal).label("user")).cte("askers", recursive=True)
    following = sa.select(sa.func.min(drafts.c.principal)).where(drafts.c.principal > first.c.user)
    askers = first.union_all(sa.select(following.scalar_subquery()).where(first.c.user.is_not(None)))
    query = (
        sa.select(drafts.c.run, drafts.c.holder, drafts.c.touched_at)
        .join(askers, askers.c.user == drafts.c.principal)
        .where(drafts.c.begun_at > begun_after, drafts.c.state == OPEN)
    )
    return tuple(row.run for row in connection.execute(query) if _is_lost(row))


def record_interrupted(connection: sa.Connection, lost: Sequence[str]) -> tuple[str, ...]:
    """End lost drafts, each with a run `interrupted`; return the runs that are on record by that.

    What was shown of a draft stays with it. One whose question was forgotten leaves no run. The caller
    holds a write transaction; of two processes one ends a draft. Should its writer live after all, the run
    that it puts on record counts.
    """
    query = (
        sa.select(drafts, runs.c.kind)
        .outerjoin(runs, runs.c.id == drafts.c.run)
        .where(drafts.c.run.in_(lost), drafts.c.state == OPEN)
        .with_for_update(of=drafts)
    )
    recorded = []
    for row in [row for row in connection.execute(query).all() if _is_lost(row)]:
        if row.kind is None and unpack(row.item):
            run = _interrupted(row, attempts_of(connection, row.run))
            save_run(connection, run, evidence=json.loads(row.evidence))
            recorded.append(row.run)
        has_outcome = row.kind is not None and row.kind not in _WITHOUT_OUTCOME
        end_draft(connection, row.run, has_outcome=has_outcome)
    return tuple(recorded)


def _is_lost(row: Any) -> bool:
    return is_dead(row.holder) or aware(row.touched_at) < datetime.now(UTC) - SILENT_FOR


def _interrupted(row: Any, attempts: Sequence[Attempt]) -> UnfinishedRun:
    """Return what is known of a run: its Version only where it came to calling a model, its stages never."""
    begun, touched = aware(row.begun_at), aware(row.touched_at)
    return UnfinishedRun(
        id=row.run, kind=INTERRUPTED, reason=REASON, item=unpack_as(WorkItem, row.item),
        version=attempts[-1].version if attempts else "", index_version=0,
        model=attempts[-1].model if attempts else "", degraded="", usage=usage_of(attempts),
        cost_usd=cost_of(attempts), started_at=begun, took_ms=(touched - begun).total_seconds() * 1000,
        stages=(), attempts=tuple(attempts),
    )  # fmt: skip
