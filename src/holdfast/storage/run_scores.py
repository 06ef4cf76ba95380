"""Keep what evaluators say of production runs, beside the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.items import WORK
from holdfast.domain.scores import Score
from holdfast.storage.encoding import pack_text, unpack_text
from holdfast.storage.inserting import insert_into
from holdfast.storage.moments import aware
from holdfast.storage.origins import has_origin
from holdfast.storage.runs import hidden_runs
from holdfast.storage.schema import run_scores, runs

EMPTIED = "forgotten"
"""Kind of a run whose texts were taken out: nothing is said of it any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayScore:
    """One metric of one day's production runs."""

    day: date
    """In UTC, of when the runs began."""
    metric: str
    mean: float | None
    """In the metric's unit; None: computed for none of them."""
    runs: int
    """Runs it was computed for."""
    not_computed: int


def keep_scores(connection: sa.Connection, run_id: str, scores: Iterable[Score], *, at: datetime) -> bool:
    """Write a run's scores in the place of earlier ones; return False for a run that is gone or emptied."""
    kind = connection.execute(sa.select(runs.c.kind).where(runs.c.id == run_id).with_for_update()).scalar()
    if kind is None or kind == EMPTIED:
        return False
    for one in scores:
        insert = insert_into(connection, run_scores).values(
            run_id=run_id,
            metric=one.metric,
            value=one.value,
            why=pack_text(one.why) if one.why else None,
            scored_at=at,
        )
        new = {name: insert.excluded[name] for name in ("value", "why", "scored_at")}
        connection.execute(insert.on_conflict_do_update(index_elements=["run_id", "metric"], set_=new))
    return True


def unscored_runs(connection: sa.Connection, *, since: datetime, limit: int) -> tuple[str, ...]:
    """Return runs of work since then that have no score, the oldest first."""
    scored = sa.select(sa.literal(1)).where(run_scores.c.run_id == runs.c.id).exists()
    query = sa.select(runs.c.id).where(
        runs.c.started_at >= since, has_origin(WORK), ~scored, runs.c.kind != EMPTIED
    )  # fmt: skip
    return tuple(connection.execute(query.order_by(runs.c.started_at, runs.c.id).limit(limit)).scalars())


def scores_by_day(connection: sa.Connection, *, since: datetime) -> tuple[DayScore, ...]:
    """Return the mean of each metric on each day, the newest day first; no text of any run is told."""
    query = (
        sa.select(runs.c.started_at, run_scores.c.metric, run_scores.c.value)
        .join(runs, runs.c.id == run_scores.c.run_id)
        .where(runs.c.started_at >= since)
    )
    sums: dict[tuple[date, str], list[float]] = {}
    for row in connection.execute(query.execution_options(yield_per=1000)):
        started = aware(row.started_at)
        held = sums.setdefault((started.astimezone(UTC).date(), row.metric), [0.0, 0, 0])
        if row.value is None:
            held[2] += 1
        else:
            held[0], held[1] = held[0] + row.value, held[1] + 1
    found = [
        DayScore(
            day=day, metric=metric, mean=total / count if count else None, runs=int(count),
            not_computed=int(missing),
        )
        for (day, metric), (total, count, missing) in sums.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.day.toordinal(), one.metric)))


def scores_of_run(connection: sa.Connection, run_id: str, principal: Principal) -> tuple[Score, ...]:
    """Return what is said of one run, empty where the principal may not see the run today."""
    if hidden_runs(connection, [run_id], principal):
        return ()
    query = sa.select(run_scores).where(run_scores.c.run_id == run_id).order_by(run_scores.c.metric)
    return tuple(
        Score(metric=row.metric, value=row.value, why=unpack_text(row.why) if row.why is not None else "")
        for row in connection.execute(query)
    )


def empty_score_whys(connection: sa.Connection, run_ids: Sequence[str]) -> None:
    """Take the reasons out of the scores of these runs: they may repeat what a run said."""
    connection.execute(sa.update(run_scores).where(run_scores.c.run_id.in_(run_ids)).values(why=None))
