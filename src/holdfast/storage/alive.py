"""Count the chunks that readers see by what each version changed."""

from __future__ import annotations

import sqlalchemy as sa

from holdfast.storage import counters
from holdfast.storage.feed import alive_count
from holdfast.storage.schema import chunks


def follow(connection: sa.Connection, version: int) -> None:
    """Keep how many chunks readers of `version` see, which this transaction is about to publish."""
    before = _kept(connection, version - 1)
    if before is None:
        count = alive_count(connection, version)
    else:
        born, died = (_counted(connection, column == version) for column in (chunks.c.born, chunks.c.died))
        count = before + born - died
    counters.remember(connection, counters.ALIVE, f"{version} {_forgotten(connection)} {count}")


def readers_count(connection: sa.Connection) -> int:
    """Return how many chunks readers see; all are counted only where the count was not followed."""
    published = counters.value(connection, counters.PUBLISHED)
    kept = _kept(connection, published)
    return alive_count(connection, published) if kept is None else kept


def _kept(connection: sa.Connection, version: int) -> int | None:
    """Return the count that was kept for a version, None for another's or before something was forgotten."""
    if version == 0:
        return 0
    parts = counters.remembered(connection, counters.ALIVE).split()
    is_of_it = parts[:2] == [f"{version}", f"{_forgotten(connection)}"]
    return int(parts[2]) if is_of_it else None


def _forgotten(connection: sa.Connection) -> int:
    return counters.value(connection, counters.FORGOTTEN)


def _counted(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(chunks).where(which)).scalar_one())
