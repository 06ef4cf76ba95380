"""Tell, by today's access lists, which documents of a prompt somebody may not see."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from holdfast.storage.counters import PUBLISHED
from holdfast.storage.schema import access_entries, counters, documents

_PUBLISHED = sa.select(counters.c.value).where(counters.c.name == PUBLISHED).scalar_subquery()
_LETS_IN = sa.select(access_entries.c.access_id).where(
    access_entries.c.entry.in_(sa.bindparam("entries", expanding=True))
)
_TODAY = sa.select(documents.c.path, documents.c.access_id.in_(_LETS_IN).label("lets_in")).where(
    documents.c.path.in_(sa.bindparam("paths", expanding=True)),
    documents.c.born <= _PUBLISHED,
    sa.or_(documents.c.died.is_(None), documents.c.died > _PUBLISHED),
)


def hidden_among(
    connection: sa.Connection, paths: Iterable[str], *, entries: Iterable[str]
) -> frozenset[str]:
    """Return those of these documents that are not shown today to somebody with these entries.

    A document that readers no longer find is hidden: nothing says who may see it today. Where two sources
    hold a document of one path, both have to let in: a path does not tell which one it was.
    """
    asked = frozenset(paths)
    if not asked:
        return frozenset()
    rows = connection.execute(_TODAY, {"paths": sorted(asked), "entries": sorted(entries)}).all()
    closed = {row.path for row in rows if not row.lets_in}
    return asked - ({row.path for row in rows} - closed)


def hold(connection: sa.Connection, paths: Iterable[str]) -> None:
    """Let no other transaction delete these documents before this one has ended.

    In SQLite a write transaction is alone anyway.
    """
    if connection.dialect.name != "sqlite":
        held = sa.select(documents.c.id).where(documents.c.path.in_(sorted(set(paths))))
        connection.execute(held.with_for_update(read=True, key_share=True)).all()
