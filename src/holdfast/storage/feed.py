"""What projections of the index need to catch up: chunks born, died and refiled since a change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from holdfast.domain.queries import FloatArray
from holdfast.storage import counters
from holdfast.storage.among import given, is_among
from holdfast.storage.parts import in_parts
from holdfast.storage.schema import chunks, document_keys, documents, vectors

_BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where the records stand: projections compare this with where they stand themselves."""

    database_id: str
    published: int
    """Version that readers see."""
    chunks: int
    """Highest chunk id at the time of that publication."""
    filed: int
    purged: int
    """Highest version whose dead chunks are no longer on record."""
    forgotten: int
    """How often documents were forgotten."""
    fingerprint: str
    """Embedder that made the published version's vectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexable:
    """A chunk as a projection needs it."""

    chunk_id: int
    document_id: int
    access_id: int
    status: str
    text: str
    """Context, then text."""
    language: str
    text_key: str
    facets: tuple[str, ...]
    """`key=value` of the document."""


def state(connection: sa.Connection) -> State:
    """Return the published version and the last changes of access, standing and what is kept."""
    numbers, facts = counters.everything(connection)
    return State(
        database_id=facts.get("database_id", ""),
        published=numbers.get(counters.PUBLISHED, 0),
        chunks=numbers.get(counters.PUBLISHED_CHUNKS, 0),
        filed=numbers.get(counters.FILED, 0),
        purged=numbers.get(counters.PURGED, 0),
        forgotten=numbers.get(counters.FORGOTTEN, 0),
        fingerprint=facts.get("fingerprint", ""),
    )


def added_since(connection: sa.Connection, after: int) -> Iterator[list[Indexable]]:
    """Yield, in batches, chunks with an id above `after` that are not dead for readers, ascending by id.

    Chunks of a version that is not published yet are among them: readers' queries do not see them,
    and the moment of publication has nothing left to do.
    """
    published = counters.value(connection, counters.PUBLISHED)
    return _indexables(connection, (chunks.c.id > after) & _alive_at(published))


def alive_at(connection: sa.Connection, version: int) -> Iterator[list[Indexable]]:
    """Yield, in batches, the chunks that readers of an earlier version had, ascending by id."""
    return _indexables(connection, (chunks.c.born <= version) & _alive_at(version))


def last_chunk(connection: sa.Connection) -> int:
    """Return the highest chunk id ever given."""
    return counters.value(connection, counters.CHUNK_ID)


def refiled_since(connection: sa.Connection, after: int, upto: int) -> Iterator[list[Indexable]]:
    """Yield, in batches, alive chunks whose document changed access or standing in (after, upto]."""
    if after >= upto:
        return
    changed = (documents.c.filed > after) & (documents.c.filed <= upto) & documents.c.died.is_(None)
    numbers = list(connection.execute(sa.select(documents.c.id).where(changed)).scalars())
    # By their numbers: asked for with the chunks' own order, a database walks through all chunks there are.
    for some in in_parts(numbers):
        yield from _indexables(connection, chunks.c.document_id.in_(some) & _alive())


def died_since(connection: sa.Connection, after: int, upto: int) -> list[int]:
    """Return ids of chunks that died in (after, upto]."""
    query = sa.select(chunks.c.id).where(chunks.c.died > after, chunks.c.died <= upto)
    return list(connection.execute(query).scalars())


def alive_count(connection: sa.Connection, version: int) -> int:
    """Return how many chunks are alive at a version."""
    query = sa.select(sa.func.count()).select_from(chunks).where(
        chunks.c.born <= version, _alive_at(version)
    )  # fmt: skip
    return int(connection.execute(query).scalar_one())


def vectors_of(
    connection: sa.Connection, fingerprint: str, text_keys: Sequence[str], dimension: int
) -> dict[str, FloatArray]:
    """Return vectors, each of shape (dimension,), by text key; those that are missing are left out."""
    found: dict[str, FloatArray] = {}
    dialect = connection.dialect.name
    for i in range(0, len(text_keys), _BATCH):
        asked = {"fingerprint": fingerprint, "keys": given(text_keys[i : i + _BATCH], dialect)}
        for key, data in connection.execute(_VECTORS[dialect], asked):
            vector = np.frombuffer(data, dtype=np.float16).astype(np.float32)
            if vector.shape == (dimension,):
                found[key] = vector
    return found


_VECTORS = {
    dialect: sa.select(vectors.c.text_key, vectors.c.vector).where(
        vectors.c.fingerprint == sa.bindparam("fingerprint"), is_among(vectors.c.text_key, "keys", dialect)
    )
    for dialect in ("sqlite", "postgresql")
}


def has_vectors(connection: sa.Connection, fingerprint: str) -> bool:
    """Return whether any vector of this embedder is on record."""
    query = sa.select(vectors.c.text_key).where(vectors.c.fingerprint == fingerprint).limit(1)
    return connection.execute(query).first() is not None


def without_vectors(connection: sa.Connection, fingerprint: str, *, limit: int) -> list[tuple[str, str]]:
    """Return up to `limit` (text key, indexed text) of chunks not ended that have no vector yet."""
    there = sa.select(vectors.c.text_key).where(vectors.c.fingerprint == fingerprint)
    query = (
        sa.select(chunks.c.text_key, chunks.c.context, chunks.c.text)
        .where(_alive(), chunks.c.text_key.not_in(there))
        .order_by(chunks.c.id)
        .limit(limit)
    )
    texts = {row.text_key: _joined(row.context, row.text) for row in connection.execute(query)}
    return list(texts.items())


def _alive_at(version: int) -> sa.ColumnElement[bool]:
    return sa.or_(chunks.c.died.is_(None), chunks.c.died > version)


def _alive() -> sa.ColumnElement[bool]:
    return chunks.c.died.is_(None)


def _indexables(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Iterator[list[Indexable]]:
    after = 0
    while True:
        query = (
            sa.select(
                chunks.c.id, chunks.c.document_id, chunks.c.context, chunks.c.text, chunks.c.text_key,
                documents.c.access_id, documents.c.status, documents.c.metadata,
            )
            .join(documents, chunks.c.document_id == documents.c.id)
            .where(which, chunks.c.id > after)
            .order_by(chunks.c.id)
            .limit(_BATCH)
        )  # fmt: skip
        rows = connection.execute(query).all()
        if not rows:
            return
        after = rows[-1].id
        facets = _facets(connection, {row.document_id for row in rows})
        yield [_indexable(row, facets.get(row.document_id, ())) for row in rows]


def _indexable(row: Any, facets: tuple[str, ...]) -> Indexable:
    return Indexable(
        chunk_id=row.id,
        document_id=row.document_id,
        access_id=row.access_id,
        status=row.status,
        text=_joined(row.context, row.text),
        language=_language(row.metadata),
        text_key=row.text_key,
        facets=facets,
    )


def _joined(context: str, text: str) -> str:
    return f"{context}\n{text}" if context else text


def _language(metadata: str) -> str:
    # Read by position instead of parsing the JSON of every chunk's document: `to_text` writes it so.
    mark = '"language":"'
    at = metadata.find(mark)
    return metadata[at + len(mark) : metadata.find('"', at + len(mark))] if at >= 0 else ""


def _facets(connection: sa.Connection, numbers: Iterable[int]) -> dict[int, tuple[str, ...]]:
    facets: dict[int, list[str]] = {}
    for some in in_parts(sorted(numbers)):
        query = sa.select(document_keys).where(document_keys.c.document_id.in_(some))
        for row in connection.execute(query):
            facets.setdefault(row.document_id, []).append(f"{row.key}={row.value}")
    return {number: tuple(values) for number, values in facets.items()}
