"""Count what happened since a day: runs by how they ended, model calls by what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from holdfast.domain.items import WORK
from holdfast.storage.origins import has_origin, is_golden
from holdfast.storage.schema import ledger, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What model calls of one purpose cost."""

    purpose: str
    model: str
    attempts: int
    cost_usd: float
    unpriced: int
    """Attempts whose price is not known; they count as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Counts since a moment."""

    asked: dict[str, int]
    """Runs by outcome, those of golden cases and replays left out."""
    degraded: int
    """Of them, runs that took a lesser route."""
    fallback: int
    """Of them, runs in which a rung failed."""
    golden: int
    """Runs of golden cases."""
    spent: tuple[Spent, ...]
    golden_usd: float
    """What of it golden cases cost."""


def since(connection: sa.Connection, moment: datetime) -> Period:
    """Return what is on record since then; nothing of what was asked or answered."""
    mine = runs.c.started_at >= moment
    golden, work = is_golden(), has_origin(WORK)
    by_kind = connection.execute(
        sa.select(runs.c.kind, sa.func.count()).where(mine, work).group_by(runs.c.kind)
    )
    marked = sa.select(
        sa.func.count().filter(runs.c.degraded != ""), sa.func.count().filter(runs.c.fallback != "")
    ).where(mine, work)
    degraded, fallback = connection.execute(marked).one()
    cost = sa.func.coalesce(sa.func.sum(runs.c.cost_usd), 0.0)
    worked = sa.select(sa.func.count(), cost).where(mine, golden)
    golden_runs, golden_usd = connection.execute(worked).one()
    unpriced = sa.func.sum(sa.case((ledger.c.cost_usd.is_(None), 1), else_=0))
    costs = connection.execute(
        sa.select(
            ledger.c.purpose, ledger.c.model, sa.func.count(),
            sa.func.coalesce(sa.func.sum(ledger.c.cost_usd), 0.0), unpriced,
        )
        .where(ledger.c.day >= moment.date().isoformat())
        .group_by(ledger.c.purpose, ledger.c.model)
        .order_by(ledger.c.purpose, ledger.c.model)
    )  # fmt: skip
    return Period(
        asked={str(kind): int(count) for kind, count in by_kind},
        degraded=int(degraded),
        fallback=int(fallback),
        golden=int(golden_runs),
        spent=tuple(
            Spent(purpose=purpose, model=model, attempts=int(count), cost_usd=float(cost), unpriced=int(free))
            for purpose, model, count, cost, free in costs
        ),
        golden_usd=float(golden_usd),
    )
