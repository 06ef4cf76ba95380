"""Figures of review from the records: how long cases wait and are held, how they are decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from holdfast.storage.figures import Times, times
from holdfast.storage.moments import aware
from holdfast.storage.review_queue import DONE
from holdfast.storage.review_tables import decisions, review_items
from holdfast.storage.schema import audit

CLAIM = "review.claim"
"""What the audit record calls it when a reviewer begins to hold a case."""
MOST_CASES = 5_000
"""The newest decided cases of the span whose times are looked at."""
MOST_ENTRIES = 50_000
"""The newest entries of the audit record that are looked through for claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFigures:
    """What happened in review in a span of time, and what waits now."""

    waiting: int
    overdue: int
    oldest_ms: float | None
    """How long the oldest case has waited; None where none waits."""
    waited: Times | None
    """From the queue to the decision; None where none was decided."""
    held: Times | None
    """From a reviewer's last claim to their decision, of cases that were claimed before."""
    verdicts: Mapping[str, int]
    """Cases decided: accept, edit, reject."""
    decided: Mapping[str, int]
    """Decisions about drafts outside of review: accept, edit, reject, hand_over."""


def review_figures(connection: sa.Connection, since: datetime, *, now: datetime) -> ReviewFigures:
    """Return the figures of cases decided since then, and of those that wait `now`."""
    done = _done(connection, since)
    claims = _claims(connection)
    held = [
        _ms(row.done_at, claimed)
        for row in done
        if (claimed := _last_before(claims.get((row.run, row.done_by), []), aware(row.done_at))) is not None
    ]
    waited = [_ms(row.done_at, row.opened_at) for row in done]
    still = review_items.c.state != DONE
    counts = sa.select(sa.func.count(), sa.func.min(review_items.c.opened_at)).where(still)
    waiting, oldest = connection.execute(counts).one()
    late = sa.select(sa.func.count()).select_from(review_items).where(still, review_items.c.due_at < now)
    return ReviewFigures(
        waiting=int(waiting),
        overdue=int(connection.execute(late).scalar_one()),
        oldest_ms=_ms(now, oldest) if oldest is not None else None,
        waited=times(waited) if waited else None,
        held=times(held) if held else None,
        verdicts=_verdicts(connection, since),
        decided=_decided(connection, since),
    )


def _done(connection: sa.Connection, since: datetime) -> Sequence[Any]:
    columns = (review_items.c.run, review_items.c.done_by, review_items.c.opened_at, review_items.c.done_at)
    query = sa.select(*columns).where(review_items.c.state == DONE, review_items.c.done_at >= since)
    return connection.execute(query.order_by(review_items.c.done_at.desc()).limit(MOST_CASES)).all()


def _claims(connection: sa.Connection) -> dict[tuple[str, str], list[datetime]]:
    """Return when each reviewer began to hold each case, by case and reviewer."""
    newest = sa.select(audit).order_by(audit.c.id.desc()).limit(MOST_ENTRIES).subquery()
    found: dict[tuple[str, str], list[datetime]] = {}
    for row in connection.execute(sa.select(newest).where(newest.c.action == CLAIM)):
        found.setdefault((row.thing, row.who), []).append(aware(row.at))
    return found


def _last_before(moments: list[datetime], end: datetime) -> datetime | None:
    return max((one for one in moments if one <= end), default=None)


def _verdicts(connection: sa.Connection, since: datetime) -> dict[str, int]:
    query = (
        sa.select(review_items.c.verdict, sa.func.count().label("cases"))
        .where(review_items.c.state == DONE, review_items.c.done_at >= since)
        .group_by(review_items.c.verdict)
    )
    return {row.verdict: row.cases for row in connection.execute(query)}


def _decided(connection: sa.Connection, since: datetime) -> dict[str, int]:
    query = (
        sa.select(decisions.c.action, sa.func.count().label("times"))
        .where(decisions.c.at >= since, ~decisions.c.in_review)
        .group_by(decisions.c.action)
    )
    return {row.action: row.times for row in connection.execute(query)}


def _ms(end: datetime, start: datetime) -> float:
    return (aware(end) - aware(start)) / timedelta(milliseconds=1)
