"""List runs with filters, page by page, in a time that does not grow with how many there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.storage.ledger import unpriced_runs
from holdfast.storage.opinions import Decided, is_decided
from holdfast.storage.origins import has_origin
from holdfast.storage.runs import RunSummary, hidden_runs, summary_of
from holdfast.storage.schema import runs

LOOKED_AT = 10_000
"""Runs that one page looks through for those that a filter wants; the next page goes on behind them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs a list shows; what is left out does not count."""

    kind: str = ""
    user: str = ""
    model: str = ""
    since: datetime | None = None
    until: datetime | None = None
    only_degraded: bool = False
    origin: str = ""
    """`golden`: those of golden cases; `replay`: replays. Both are left out otherwise."""
    decided: Decided = ""

    @property
    def is_open(self) -> bool:
        """Return whether every run of a span of time is wanted."""
        narrowed = (self.kind, self.user, self.model, self.only_degraded, self.origin, self.decided)
        return not any(narrowed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last run that a page looked at."""

    started_at: datetime
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """One page of a list, newest first."""

    summaries: tuple[RunSummary, ...]
    hidden: int
    """Runs that were left out because they hold text of documents the principal may not see."""
    next: Cursor | None
    """Where the next page begins, None at the end."""
    skip: int | None = None
    """Where the next page of a list begins that is ordered in another way, None at its end."""


def run_page(
    connection: sa.Connection,
    principal: Principal,
    wanted: RunFilter,
    *,
    after: Cursor | None = None,
    asked_by: str = "",
    limit: int = 50,
    lookups: Collection[str] = (),
) -> RunPage:
    """Return the newest runs that are wanted and that the principal may see today.

    With `asked_by` only that user's own; `lookups` are as for `hidden_runs`. At most `LOOKED_AT` runs are
    looked at: a filter that few of them pass gives a short page with a `next`.
    """
    near = sa.select(
        runs.c.id, runs.c.started_at, runs.c.kind, runs.c.principal, runs.c.model, runs.c.degraded
    )
    near = near.where(has_origin(wanted.origin))
    for condition in span(wanted, after):
        near = near.where(condition)
    near_runs = near.order_by(runs.c.started_at.desc(), runs.c.id).limit(LOOKED_AT).subquery()
    picked = sa.select(near_runs.c.id, near_runs.c.started_at)
    for condition in conditions(wanted, near_runs, asked_by):
        picked = picked.where(condition)
    picked = picked.order_by(near_runs.c.started_at.desc(), near_runs.c.id).limit(limit + 1)
    found = connection.execute(picked).all()
    shown = found[:limit]
    rows = connection.execute(sa.select(runs).where(runs.c.id.in_([row.id for row in shown]))).all()
    unpriced = unpriced_runs(connection, [row.id for row in shown])
    summaries = {row.id: summary_of(row, unpriced=unpriced) for row in rows}
    hidden = hidden_runs(connection, [row.id for row in shown], principal, lookups=lookups)
    following = _cursor(shown[-1]) if len(found) > limit else _last_looked_at(connection, near_runs)
    return RunPage(
        summaries=tuple(summaries[row.id] for row in shown if row.id not in hidden),
        hidden=len(hidden),
        next=following,
    )


def span(wanted: RunFilter, after: Cursor | None) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions on when a run started."""
    if wanted.since is not None:
        yield runs.c.started_at >= wanted.since
    if wanted.until is not None:
        yield runs.c.started_at < wanted.until
    if after is not None:
        yield runs.c.started_at <= after.started_at
        yield sa.or_(runs.c.started_at < after.started_at, runs.c.id > after.id)


def conditions(wanted: RunFilter, near: sa.Subquery, asked_by: str) -> Iterator[sa.ColumnElement[bool]]:
    """Yield the conditions on the runs that are looked at."""
    if asked_by:
        yield near.c.principal == asked_by
    if wanted.kind:
        yield near.c.kind == wanted.kind
    if wanted.user:
        yield near.c.principal == wanted.user
    if wanted.model:
        yield near.c.model.contains(wanted.model, autoescape=True)
    if wanted.only_degraded:
        yield near.c.degraded != ""
    if wanted.decided:
        yield is_decided(near, wanted.decided)


def _last_looked_at(connection: sa.Connection, near: sa.Subquery) -> Cursor | None:
    """Return where looking stopped, None when it came to the end."""
    counted = connection.execute(sa.select(sa.func.count()).select_from(near)).scalar_one()
    if counted < LOOKED_AT:
        return None
    last = sa.select(near.c.started_at, near.c.id).order_by(near.c.started_at, near.c.id.desc()).limit(1)
    return _cursor(connection.execute(last).one())


def _cursor(row: Any) -> Cursor:
    return Cursor(started_at=row.started_at, id=row.id)
