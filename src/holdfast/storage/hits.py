"""Load found chunks: the last word on what is alive and who may see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.documents import Metadata, Status
from holdfast.domain.hits import Hit, Leg
from holdfast.domain.locators import Locator
from holdfast.domain.queries import Filter
from holdfast.storage.access_lists import entries_of
from holdfast.storage.among import given, is_among
from holdfast.storage.compiled import Compiled, dialect_of
from holdfast.storage.encoding import from_text
from holdfast.storage.schema import access_entries, chunks, document_keys, documents
from holdfast.storage.storable import storable

_BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A chunk as the records hold it, which the principal may see; `hit` makes the Hit of one leg."""

    row: Any

    def hit(self, *, score: float = 0.0, legs: Mapping[str, Leg] | None = None) -> Hit:
        """Return the Hit with its score and its place on the legs."""
        (number, ordinal, start, end, text, context, locator, path, metadata, status, superseded_by) = (
            self.row
        )
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
            score=score,
            legs=legs or {},
        )


def load_hits(
    connection: sa.Connection, numbers: Sequence[int], *, version: int, principal: Principal, filter_: Filter
) -> dict[int, Loaded]:
    """Return those of these chunks that are alive at `version`, pass the filter and may be seen, by id."""
    keys = tuple((key, tuple(values)) for key, values in filter_.keys.items())
    query = _query(connection.dialect.name, filter_.exclude, keys)
    asked: dict[str, object] = {
        "version": version,
        "entries": given(entries_of(principal), connection.dialect.name),
    }
    found: dict[int, Loaded] = {}
    for i in range(0, len(numbers), _BATCH):
        asked["numbers"] = given(numbers[i : i + _BATCH], connection.dialect.name)
        found.update((row[0], Loaded(row=row)) for row in query.rows(connection, asked))
    return found


def statuses_of(
    connection: sa.Connection, numbers: Sequence[int], *, version: int, principal: Principal, filter_: Filter
) -> dict[int, Status]:
    """Return, by id, the document's status of those of these chunks that `load_hits` would load."""
    keys = tuple((key, tuple(values)) for key, values in filter_.keys.items())
    query = _query(connection.dialect.name, filter_.exclude, keys, has_text=False)
    asked: dict[str, object] = {
        "version": version,
        "entries": given(entries_of(principal), connection.dialect.name),
    }
    found: dict[int, Status] = {}
    for i in range(0, len(numbers), _BATCH):
        asked["numbers"] = given(numbers[i : i + _BATCH], connection.dialect.name)
        found.update((number, _STATUSES[told]) for number, told in query.rows(connection, asked))
    return found


@lru_cache(maxsize=200)
def _query(
    dialect: str,
    exclude: frozenset[Status],
    keys: tuple[tuple[str, tuple[str, ...]], ...],
    *,
    has_text: bool = True,
) -> Compiled:
    # Kept: to build it anew takes as long as to run it.
    allowed = sa.select(access_entries.c.access_id).where(
        is_among(access_entries.c.entry, "entries", dialect)
    )
    query = _FOUND[dialect, has_text].where(documents.c.access_id.in_(allowed))
    for status in sorted(exclude):
        query = query.where(documents.c.status != status.value)
    for key, values in keys:
        query = query.where(documents.c.id.in_(_carrying(key, values)))
    return Compiled(query, dialect_of(dialect))


_COLUMNS = (
    chunks.c.id, chunks.c.ordinal, chunks.c.start, chunks.c.end, chunks.c.text, chunks.c.context,
    chunks.c.locator, documents.c.path, documents.c.metadata, documents.c.status, documents.c.superseded_by,
)  # fmt: skip
_STATUSES = {status.value: status for status in Status}


def _alive(columns: Sequence[sa.Column[Any]], dialect: str) -> sa.Select[Any]:
    return (
        sa.select(*columns)
        .join(documents, chunks.c.document_id == documents.c.id)
        .where(
            chunks.c.born <= sa.bindparam("version"),
            sa.or_(chunks.c.died.is_(None), chunks.c.died > sa.bindparam("version")),
            is_among(chunks.c.id, "numbers", dialect),
        )
    )


_FOUND = {
    (dialect, has_text): _alive(_COLUMNS if has_text else (chunks.c.id, documents.c.status), dialect)
    for dialect in ("sqlite", "postgresql")
    for has_text in (True, False)
}


def _carrying(key: str, values: Iterable[str]) -> sa.Select[tuple[int]]:
    # `storable` here: what is compiled once is given to the driver as it stands.
    some = (document_keys.c.value == storable(value) for value in values)
    return sa.select(document_keys.c.document_id).where(
        document_keys.c.key == storable(key), sa.or_(sa.false(), *some)
    )


def documents_carrying(connection: sa.Connection, filter_: Filter) -> frozenset[int]:
    """Return the ids of documents that carry a value for every key of the filter."""
    query = sa.select(documents.c.id)
    for key, values in filter_.keys.items():
        query = query.where(documents.c.id.in_(_carrying(key, values)))
    return frozenset(connection.execute(query).scalars())


@lru_cache(maxsize=20_000)
def _locator(text: str) -> Locator:
    return from_text(Locator, text)


@lru_cache(maxsize=5_000)
def _metadata(text: str, status: str, superseded_by: str) -> Metadata:
    metadata = from_text(Metadata, text)
    if status == metadata.status and superseded_by == metadata.superseded_by:
        return metadata
    return replace(metadata, status=Status(status), superseded_by=superseded_by)
