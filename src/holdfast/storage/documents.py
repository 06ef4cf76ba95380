"""Read whole documents back from the records, as readers of the published version have them."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
    published = counters.value(connection, counters.PUBLISHED)
    alive = (documents.c.born <= published) & sa.or_(
        documents.c.died.is_(None), documents.c.died > published
    )  # fmt: skip
    after = 0
    while True:
        query = (
            sa.select(documents, access_lists.c.entries)
            .join(access_lists, documents.c.access_id == access_lists.c.id)
            .where(alive, documents.c.id > after)
            .order_by(documents.c.id)
            .limit(_BATCH)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        yield from map(_kept, rows)
        after = rows[-1].id


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
