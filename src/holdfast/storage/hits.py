"""Load found chunks: the last word on what is alive and who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.documents import Metadata, Status
from holdfast.domain.hits import Hit
from holdfast.domain.locators import Locator
from holdfast.domain.queries import Filter
from holdfast.storage.access_lists import letting_in
from holdfast.storage.encoding import from_text
from holdfast.storage.schema import access_entries, chunks, document_keys, documents

_IN_LIMIT = 500


def load_hits(
    connection: sa.Connection, numbers: Sequence[int], *, version: int, principal: Principal, filter_: Filter
) -> dict[int, Hit]:
    """Return those of these chunks that are alive at `version`, pass the filter and may be seen, by id."""
    found: dict[int, Hit] = {}
    for i in range(0, len(numbers), _IN_LIMIT):
        given = {"numbers": numbers[i : i + _IN_LIMIT], "version": version}
        rows = connection.execute(_query(principal, filter_), given).all()
        found.update((row[0], _hit(*row)) for row in rows)
    return found


def _query(principal: Principal, filter_: Filter) -> sa.Select[Any]:
    query = _FOUND.where(
        documents.c.access_id.in_(sa.select(access_entries.c.access_id).where(letting_in(principal)))
    )
    if filter_.exclude:
        query = query.where(documents.c.status.not_in([status.value for status in filter_.exclude]))
    for key, values in filter_.keys.items():
        query = query.where(documents.c.id.in_(_carrying(key, values)))
    return query


_FOUND = (
    sa.select(
        chunks.c.id, chunks.c.ordinal, chunks.c.start, chunks.c.end, chunks.c.text, chunks.c.context,
        chunks.c.locator, documents.c.path, documents.c.metadata, documents.c.status,
        documents.c.superseded_by,
    )
    .join(documents, chunks.c.document_id == documents.c.id)
    .where(
        chunks.c.id.in_(sa.bindparam("numbers", expanding=True)),
        chunks.c.born <= sa.bindparam("version"),
        sa.or_(chunks.c.died.is_(None), chunks.c.died > sa.bindparam("version")),
    )
)  # fmt: skip


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


def _hit(
    number: int, ordinal: int, start: int, end: int, text: str, context: str, locator: str, path: str,
    metadata: str, status: str, superseded_by: str,
) -> Hit:  # fmt: skip
    return Hit(
        chunk_id=number,
        document=path,
        ordinal=ordinal,
        text=text,
        start=start,
        end=end,
        context=context,
        locator=_locator(locator),
        metadata=_metadata(metadata, status, superseded_by),
    )


@lru_cache(maxsize=20_000)
def _locator(text: str) -> Locator:
    return from_text(Locator, text)


@lru_cache(maxsize=5_000)
def _metadata(text: str, status: str, superseded_by: str) -> Metadata:
    metadata = from_text(Metadata, text)
    if status == metadata.status and superseded_by == metadata.superseded_by:
        return metadata
    return replace(metadata, status=Status(status), superseded_by=superseded_by)
