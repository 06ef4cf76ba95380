"""Load found chunks: the last word on what is alive and who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.documents import Metadata, Status
from holdfast.domain.hits import Hit
from holdfast.domain.locators import Locator
from holdfast.domain.queries import Filter
from holdfast.storage.encoding import from_text
from holdfast.storage.schema import access_entries, chunks, document_keys, documents

_IN_LIMIT = 500


def load_hits(
    connection: sa.Connection, numbers: Sequence[int], *, version: int, principal: Principal, filter_: Filter
) -> dict[int, Hit]:
    """Return those of these chunks that are alive at `version`, pass the filter and may be seen, by id."""
    found: dict[int, Hit] = {}
    for i in range(0, len(numbers), _IN_LIMIT):
        query = _query(version, principal, filter_).where(chunks.c.id.in_(numbers[i : i + _IN_LIMIT]))
        for row in connection.execute(query):
            found[row.id] = _hit(row)
    return found


def _query(version: int, principal: Principal, filter_: Filter) -> sa.Select[Any]:
    allowed = sa.select(access_entries.c.access_id).where(
        access_entries.c.entry.in_(sorted(principal.entries))
    )
    query = (
        sa.select(
            chunks.c.id, chunks.c.ordinal, chunks.c.start, chunks.c.end, chunks.c.text, chunks.c.context,
            chunks.c.locator, documents.c.path, documents.c.metadata, documents.c.status,
            documents.c.superseded_by,
        )
        .join(documents, chunks.c.document_id == documents.c.id)
        .where(
            chunks.c.born <= version,
            sa.or_(chunks.c.died.is_(None), chunks.c.died > version),
            documents.c.access_id.in_(allowed),
        )
    )  # fmt: skip
    if filter_.exclude:
        query = query.where(documents.c.status.not_in([status.value for status in filter_.exclude]))
    for key, values in filter_.keys.items():
        query = query.where(documents.c.id.in_(_carrying(key, values)))
    return query


def _carrying(key: str, values: Iterable[str]) -> sa.Select[tuple[int]]:
    return sa.select(document_keys.c.document_id).where(
        document_keys.c.key == key, document_keys.c.value.in_(list(values))
    )


def documents_carrying(connection: sa.Connection, filter_: Filter) -> frozenset[int]:
    """Return the ids of documents that carry a value for every key of the filter."""
    query = sa.select(documents.c.id)
    for key, values in filter_.keys.items():
        query = query.where(documents.c.id.in_(_carrying(key, values)))
    return frozenset(connection.execute(query).scalars())


def _hit(row: Any) -> Hit:
    metadata = from_text(Metadata, row.metadata)
    if row.status != metadata.status or row.superseded_by != metadata.superseded_by:
        metadata = replace(metadata, status=Status(row.status), superseded_by=row.superseded_by)
    return Hit(
        chunk_id=row.id,
        document=row.path,
        ordinal=row.ordinal,
        text=row.text,
        start=row.start,
        end=row.end,
        context=row.context,
        locator=from_text(Locator, row.locator),
        metadata=metadata,
    )
