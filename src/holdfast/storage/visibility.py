"""Tell, by today's access lists, which documents of a prompt somebody may not see."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from holdfast.storage.counters import PUBLISHED
from holdfast.storage.schema import access_entries, counters, documents
from holdfast.storage.storable import Word

_PUBLISHED = sa.select(counters.c.value).where(counters.c.name == PUBLISHED).scalar_subquery()


def _today(
    of_paths: sa.ColumnElement[bool], of_entries: sa.ColumnElement[bool]
) -> sa.Select[tuple[str, bool]]:
    lets_in = documents.c.access_id.in_(sa.select(access_entries.c.access_id).where(of_entries))
    return sa.select(documents.c.path, lets_in.label("lets_in")).where(
        of_paths,
        documents.c.born <= _PUBLISHED,
        sa.or_(documents.c.died.is_(None), documents.c.died > _PUBLISHED),
    )


def _listed(name: str) -> sa.Select[tuple[str]]:
    return sa.select(sa.column("value")).select_from(sa.func.json_each(sa.bindparam(name)))


def _any_of(name: str) -> sa.ColumnElement[Any]:
    return sa.any_(sa.bindparam(name, type_=ARRAY(Word)))


# One parameter holds all paths: a list is spelt out anew for every query otherwise.
_TODAY = {
    "sqlite": _today(documents.c.path.in_(_listed("paths")), access_entries.c.entry.in_(_listed("entries"))),
    "postgresql": _today(documents.c.path == _any_of("paths"), access_entries.c.entry == _any_of("entries")),
}


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
    dialect = connection.dialect.name
    given = {"paths": sorted(asked), "entries": sorted(entries)}
    told = {name: json.dumps(words) for name, words in given.items()} if dialect == "sqlite" else given
    rows = connection.execute(_TODAY[dialect], told).all()
    closed = {row.path for row in rows if not row.lets_in}
    return asked - ({row.path for row in rows} - closed)


def hold(connection: sa.Connection, paths: Iterable[str]) -> None:
    """Let no other transaction delete these documents before this one has ended.

    In SQLite a write transaction is alone anyway.
    """
    if connection.dialect.name != "sqlite":
        held = sa.select(documents.c.id).where(documents.c.path.in_(sorted(set(paths))))
        connection.execute(held.with_for_update(read=True, key_share=True)).all()
