"""List the runs that took or cost most, among the newest ones that the figures of operation are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.storage.figures import MOST_RUNS, MOST_TIMED
from holdfast.storage.ledger import unpriced_runs
from holdfast.storage.origins import has_origin
from holdfast.storage.run_lists import RunFilter, RunPage, conditions, span
from holdfast.storage.runs import hidden_runs, summary_of
from holdfast.storage.schema import runs, stage_records

Measure = Literal["took", "cost"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """By what runs are ordered, most first."""

    by: Measure
    stage: str = ""
    """Its time counts, the longest where it ran more than once; empty: that of the whole run."""
    least_ms: float = 0.0
    """Runs below it are left out."""


def ranked_page(
    connection: sa.Connection,
    principal: Principal,
    wanted: RunFilter,
    ranking: Ranking,
    *,
    skip: int = 0,
    asked_by: str = "",
    limit: int = 50,
    lookups: Collection[str] = (),
) -> RunPage:
    """Return those of the newest runs that took or cost most and that the principal may see today.

    As many are looked at as for the figures: `MOST_RUNS`, or `MOST_TIMED` for the time of a stage.
    `lookups` are as for `hidden_runs`.
    """
    near = sa.select(
        runs.c.id, runs.c.started_at, runs.c.kind, runs.c.principal, runs.c.model, runs.c.degraded,
        runs.c.took_ms, runs.c.cost_usd,
    ).where(has_origin(wanted.origin), *span(wanted, None))  # fmt: skip
    most = MOST_TIMED if ranking.stage else MOST_RUNS
    near_runs = near.order_by(runs.c.started_at.desc(), runs.c.id).limit(most).subquery()
    took = _took(near_runs, ranking.stage)
    picked = sa.select(near_runs.c.id).where(
        *conditions(wanted, near_runs, asked_by), *_least(took, ranking.least_ms)
    )
    measure = took if ranking.by == "took" else near_runs.c.cost_usd
    picked = picked.order_by(measure.desc(), near_runs.c.started_at.desc(), near_runs.c.id)
    found = connection.execute(picked.offset(skip).limit(limit + 1)).scalars().all()
    shown = found[:limit]
    rows = connection.execute(sa.select(runs).where(runs.c.id.in_(shown))).all()
    unpriced = unpriced_runs(connection, shown)
    summaries = {row.id: summary_of(row, unpriced=unpriced) for row in rows}
    hidden = hidden_runs(connection, shown, principal, lookups=lookups)
    return RunPage(
        summaries=tuple(summaries[one] for one in shown if one not in hidden),
        hidden=len(hidden),
        next=None,
        skip=skip + limit if len(found) > limit else None,
    )


def _took(near: sa.Subquery, stage: str) -> sa.ColumnElement[float]:
    if not stage:
        return near.c.took_ms
    return (
        sa.select(sa.func.max(stage_records.c.took_ms))
        .where(stage_records.c.run_id == near.c.id, stage_records.c.stage == stage)
        .scalar_subquery()
    )


def _least(took: sa.ColumnElement[float], least_ms: float) -> Iterator[sa.ColumnElement[bool]]:
    if least_ms > 0:
        yield took >= least_ms
