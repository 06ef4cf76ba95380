"""Show documents on record to who may see them today: whole, by revision, in a list."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import AccessList, Principal
from holdfast.domain.documents import Metadata, Section, Status
from holdfast.domain.locators import Locator
from holdfast.storage import counters
from holdfast.storage.access_lists import visible_to
from holdfast.storage.encoding import from_text, unpack_as, unpack_text
from holdfast.storage.schema import access_lists, chunks, documents


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedDocument:
    """One revision of a document, as a reader may see it."""

    id: int
    source: str
    path: str
    parent: str
    digest: str
    text: str
    sections: tuple[Section, ...]
    metadata: Metadata
    access: AccessList
    """Today's."""
    born: int
    died: int | None
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One revision in a list: first index version that holds it, first that no longer does."""

    born: int
    died: int | None
    ended_at: datetime | None
    digest: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A document in a list."""

    source: str
    path: str
    title: str
    status: str
    superseded_by: str
    access: tuple[str, ...]
    rule: str
    chunks: int
    born: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelvedChunk:
    """A chunk of a revision."""

    ordinal: int
    start: int
    end: int
    context: str
    locator: Locator


def find_document(
    connection: sa.Connection,
    path: str,
    principal: Principal,
    *,
    source: str = "",
    version: int | None = None,
) -> ShelvedDocument | None:
    """Return the revision that readers of an index version had (left out: have now), or None.

    The current access list decides, of an older revision its own one too. A document that is gone is
    shown as long as its last revision is on record and lets the principal in.
    """
    published = counters.value(connection, counters.PUBLISHED)
    at = published if version is None else min(version, published)
    allowed = visible_to(connection, principal)
    query = (
        sa.select(documents, access_lists.c.entries)
        .join(access_lists, documents.c.access_id == access_lists.c.id)
        .where(documents.c.path == path, documents.c.born <= published)
        .order_by(documents.c.born.desc())
    )
    if source:
        query = query.where(documents.c.source == source)
    rows = connection.execute(query).all()
    for name in dict.fromkeys(row.source for row in rows):
        revisions = [row for row in rows if row.source == name]
        wanted = [row for row in revisions if row.born <= at and (row.died is None or row.died > at)]
        if wanted and {revisions[0].access_id, wanted[0].access_id} <= allowed:
            return _shelved(wanted[0], today=revisions[0], published=published)
    return None


def revisions_of(connection: sa.Connection, document: ShelvedDocument) -> tuple[Revision, ...]:
    """Return the revisions of a document that are still on record, newest first."""
    published = counters.value(connection, counters.PUBLISHED)
    query = (
        sa.select(documents.c.born, documents.c.died, documents.c.ended_at, documents.c.digest)
        .where(
            documents.c.source == document.source,
            documents.c.path == document.path,
            documents.c.born <= published,
        )
        .order_by(documents.c.born.desc())
    )
    return tuple(
        Revision(
            born=row.born, died=row.died, ended_at=row.ended_at, digest=row.digest,
            is_current=row.died is None or row.died > published,
        )
        for row in connection.execute(query)
    )  # fmt: skip


def chunks_of(connection: sa.Connection, document: ShelvedDocument) -> tuple[ShelvedChunk, ...]:
    """Return the chunks of a revision in order."""
    query = sa.select(chunks).where(chunks.c.document_id == document.id).order_by(chunks.c.ordinal)
    return tuple(
        ShelvedChunk(
            ordinal=row.ordinal, start=row.start, end=row.end, context=row.context,
            locator=from_text(Locator, row.locator),
        )
        for row in connection.execute(query)
    )  # fmt: skip


def list_documents(
    connection: sa.Connection, principal: Principal, *, like: str = "", after: str = "", limit: int = 200
) -> Sequence[Listed]:
    """Return current documents that the principal may see, by path; `like` is a part of path or title."""
    published = counters.value(connection, counters.PUBLISHED)
    query = (
        sa.select(documents, access_lists.c.entries)
        .join(access_lists, documents.c.access_id == access_lists.c.id)
        .where(
            documents.c.born <= published,
            sa.or_(documents.c.died.is_(None), documents.c.died > published),
            documents.c.access_id.in_(visible_to(connection, principal)),
            documents.c.path > after,
        )
        .order_by(documents.c.path, documents.c.source)
        .limit(limit)
    )
    if like:
        query = query.where(
            sa.or_(
                documents.c.path.icontains(like, autoescape=True),
                documents.c.title.icontains(like, autoescape=True),
            )
        )
    return tuple(
        Listed(
            source=row.source, path=row.path, title=row.title, status=row.status,
            superseded_by=row.superseded_by, access=tuple(json.loads(row.entries)), rule=row.access_rule,
            chunks=row.chunk_count, born=row.born,
        )
        for row in connection.execute(query)
    )  # fmt: skip


def _shelved(row: Any, *, today: Any, published: int) -> ShelvedDocument:
    metadata = from_text(Metadata, row.metadata)
    return ShelvedDocument(
        id=row.id,
        source=row.source,
        path=row.path,
        parent=row.parent,
        digest=row.digest,
        text=unpack_text(row.text),
        sections=unpack_as(tuple[Section, ...], row.sections),
        metadata=replace(
            metadata, title=row.title, status=Status(row.status), superseded_by=row.superseded_by
        ),
        access=AccessList(entries=frozenset(json.loads(today.entries)), rule=today.access_rule),
        born=row.born,
        died=row.died,
        is_current=row.died is None or row.died > published,
    )
