"""Figures of operation from the records: times, outcomes, cost by day, how calls to models ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import sqlalchemy as sa

from holdfast.domain.items import WORK
from holdfast.domain.stages import Stage
from holdfast.storage.moments import aware
from holdfast.storage.origins import has_origin
from holdfast.storage.schema import ledger, runs, stage_records

MOST_RUNS = 20_000
"""The newest runs of the span that figures are made of."""
MOST_TIMED = 500
"""Of these, the newest ones whose stage records are read: they lie behind large texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Percentiles of a time in milliseconds, linear interpolation between observations."""

    count: int
    p50: float
    p95: float
    p99: float
    errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day (UTC)."""

    day: str
    runs: int
    answered: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What happened in a span of time."""

    runs: int
    is_cut: bool
    """There were more runs than are counted here."""
    kinds: Mapping[str, int]
    """Runs by how they ended, most first."""
    degraded: int
    whole: Times | None
    """Of runs; None where there is none."""
    stages: Mapping[str, Times]
    timed: int
    """Runs whose stages are in `stages`."""
    cascaded: int
    """Of the timed runs, those in which a further rung was asked after a draft, without a lesser route."""
    cost_usd: float
    days: Sequence[Day]
    """Oldest first."""
    calls: Mapping[str, int]
    """Attempts at models by how they ended, most first."""
    input_tokens: int
    cached_tokens: int


def figures(connection: sa.Connection, since: datetime) -> Figures:
    """Return the figures of runs that started since then; golden cases and replays are no work."""
    query = (
        sa.select(
            runs.c.id, runs.c.kind, runs.c.took_ms, runs.c.cost_usd, runs.c.started_at, runs.c.degraded,
            runs.c.input_tokens, runs.c.cached_tokens,
        )
        .where(runs.c.started_at >= since, has_origin(WORK))
        .order_by(runs.c.started_at.desc())
        .limit(MOST_RUNS + 1)
    )  # fmt: skip
    found = connection.execute(query).all()
    rows = found[:MOST_RUNS]
    stages, drafted = _stages(connection, [row.id for row in rows[:MOST_TIMED]])
    return Figures(
        runs=len(rows),
        is_cut=len(found) > MOST_RUNS,
        kinds=dict(Counter(row.kind for row in rows).most_common()),
        degraded=sum(bool(row.degraded) for row in rows),
        whole=times([row.took_ms for row in rows]) if rows else None,
        stages=stages,
        timed=min(len(rows), MOST_TIMED),
        cascaded=sum(drafted[row.id] > 1 and not row.degraded for row in rows[:MOST_TIMED]),
        cost_usd=sum(row.cost_usd for row in rows),
        days=_days(rows),
        calls=_calls(connection, since),
        input_tokens=sum(row.input_tokens for row in rows),
        cached_tokens=sum(row.cached_tokens for row in rows),
    )


def times(took_ms: Sequence[float], *, errors: int = 0) -> Times:
    """Return the percentiles of one or more times."""
    p50, p95, p99 = (float(value) for value in np.percentile(np.asarray(took_ms), [50, 95, 99]))
    return Times(count=len(took_ms), p50=p50, p95=p95, p99=p99, errors=errors)


def _stages(connection: sa.Connection, run_ids: Sequence[str]) -> tuple[dict[str, Times], Counter[str]]:
    """Return times by stage in the order in which stages run, and how many drafts each run had checked.

    A stage counts each time it ran.
    """
    query = sa.select(
        stage_records.c.run_id,
        stage_records.c.stage,
        stage_records.c.took_ms,
        stage_records.c.error,
        stage_records.c.position,
    ).where(stage_records.c.run_id.in_(run_ids))
    took: dict[str, list[float]] = defaultdict(list)
    errors: Counter[str] = Counter()
    drafted: Counter[str] = Counter()
    first: dict[str, int] = {}
    for row in connection.execute(query):
        took[row.stage].append(row.took_ms)
        errors[row.stage] += bool(row.error)
        drafted[row.run_id] += row.stage == Stage.CHECKING
        first[row.stage] = min(first.get(row.stage, row.position), row.position)
    ordered = sorted(took, key=lambda one: first[one])
    return {stage: times(took[stage], errors=errors[stage]) for stage in ordered}, drafted


def _days(rows: Sequence[Any]) -> list[Day]:
    counts: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    cost: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        at = aware(row.started_at)
        day = at.astimezone(UTC).date().isoformat()
        counts[day] += 1
        answered[day] += row.kind == "answer"
        cost[day] += row.cost_usd
    return [
        Day(day=day, runs=counts[day], answered=answered[day], cost_usd=cost[day]) for day in sorted(counts)
    ]


def _calls(connection: sa.Connection, since: datetime) -> dict[str, int]:
    query = (
        sa.select(ledger.c.status, sa.func.count().label("times"))
        .where(
            ledger.c.day >= since.astimezone(UTC).date().isoformat(),
            ledger.c.at >= since,
            ledger.c.case_id == "",
        )
        .group_by(ledger.c.status)
        .order_by(sa.func.count().desc())
    )
    return {row.status: row.times for row in connection.execute(query)}
