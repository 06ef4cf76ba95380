"""Read whole documents back from the records, as readers of the published version have them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import AccessList
from holdfast.domain.documents import Document, Metadata, Section, Status
from holdfast.storage import counters
from holdfast.storage.encoding import from_text, unpack_as, unpack_text
from holdfast.storage.schema import access_lists, documents

_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A document on record, with the path of the one it was attached to (empty for most)."""

    document: Document
    parent: str


def published_documents(connection: sa.Connection) -> Iterator[Kept]:
    """Yield the documents of the published version in the order of their ids, with today's access lists."""
    after = 0
    while True:
        query = (
            _alive(connection, documents).where(documents.c.id > after).order_by(documents.c.id).limit(_BATCH)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        yield from map(_kept, rows)
        after = rows[-1].id


def published_at(connection: sa.Connection, paths: Iterable[str]) -> Iterator[Document]:
    """Yield the published documents at these paths, with today's access lists, one per source."""
    wanted = sorted(set(paths))
    for start in range(0, len(wanted), _BATCH):
        query = _alive(connection, documents).where(documents.c.path.in_(wanted[start : start + _BATCH]))
        for row in connection.execute(query).all():
            yield _kept(row).document


def access_at(connection: sa.Connection, paths: Iterable[str]) -> dict[str, tuple[AccessList, ...]]:
    """Return who may see the published documents at these paths today; a path without one is not there."""
    wanted = sorted(set(paths))
    found: dict[str, tuple[AccessList, ...]] = {}
    for start in range(0, len(wanted), _BATCH):
        query = _alive(connection, documents.c.path, documents.c.access_rule).where(
            documents.c.path.in_(wanted[start : start + _BATCH])
        )
        for row in connection.execute(query).all():
            access = AccessList(entries=frozenset(json.loads(row.entries)), rule=row.access_rule)
            found[row.path] = (*found.get(row.path, ()), access)
    return found


def published_paths(connection: sa.Connection) -> tuple[str, ...]:
    """Return the paths of the published documents, in order."""
    rows = connection.execute(_alive(connection, documents.c.path).order_by(documents.c.path))
    return tuple(row.path for row in rows)


def _alive(connection: sa.Connection, *columns: Any) -> sa.Select[Any]:
    published = counters.value(connection, counters.PUBLISHED)
    return (
        sa.select(*columns, access_lists.c.entries)
        .join(access_lists, documents.c.access_id == access_lists.c.id)
        .where(
            documents.c.born <= published, sa.or_(documents.c.died.is_(None), documents.c.died > published)
        )
    )


def _kept(row: Any) -> Kept:
    metadata = from_text(Metadata, row.metadata)
    document = Document(
        source=row.source,
        path=row.path,
        digest=row.digest,
        text=unpack_text(row.text),
        sections=unpack_as(tuple[Section, ...], row.sections),
        metadata=replace(metadata, status=Status(row.status), superseded_by=row.superseded_by),
        access=AccessList(entries=frozenset(json.loads(row.entries)), rule=row.access_rule),
        stamp=row.stamp,
    )
    return Kept(document=document, parent=row.parent)
