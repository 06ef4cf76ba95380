"""Append what was done by whom to the audit record, where nothing is changed but a forgotten name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from holdfast.storage.moments import aware
from holdfast.storage.schema import audit


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that was done."""

    id: int
    at: datetime
    who: str
    """User name, or `system`."""
    action: str
    """A word with a dot: `document.forget`, `hook.trust`, `run.read`."""
    thing: str
    """What it was done to: a path, a run, a key's name."""
    detail: str


def append(connection: sa.Connection, *, who: str, action: str, thing: str, detail: str = "") -> None:
    """Write one entry; it is committed or rolled back with what it tells of."""
    connection.execute(
        sa.insert(audit).values(at=datetime.now(UTC), who=who, action=action, thing=thing, detail=detail)
    )


def entries(
    connection: sa.Connection,
    *,
    limit: int = 100,
    before: int | None = None,
    who: str = "",
    action: str = "",
    thing: str = "",
) -> tuple[AuditEntry, ...]:
    """Return entries, newest first; `before` is the id of the last entry of the page before."""
    query = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.id < before)
    if who:
        query = query.where(audit.c.who == who)
    if action:
        query = query.where(audit.c.action == action)
    if thing:
        query = query.where(audit.c.thing == thing)
    return tuple(
        AuditEntry(
            id=row.id, at=aware(row.at), who=row.who, action=row.action, thing=row.thing, detail=row.detail
        )
        for row in connection.execute(query)
    )
