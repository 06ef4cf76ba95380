"""Real chunks that stand for their access lists when the index is tested for leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from holdfast.storage.parts import in_parts
from holdfast.storage.schema import chunks, documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A chunk with the number of its document's access list."""

    chunk_id: int
    access_id: int
    text: str


def witnesses_of(connection: sa.Connection, newest: Mapping[int, int]) -> tuple[Witness, ...]:
    """Return one chunk, not ended, for each of these lists that has any: the newest document's last.

    `newest` are lists by number, each with the newest document that carries it.
    """
    found = _last_chunks(connection, sorted(newest.values()))
    # The newest document of a list may hold no chunk; then one is looked for among all that there are.
    if left := newest.keys() - {one.access_id for one in found}:
        found += _last_chunks(connection, _newest_holding_any(connection, sorted(left)))
    return tuple(found)


def _newest_holding_any(connection: sa.Connection, lists: Sequence[int]) -> list[int]:
    newest = (
        sa.select(sa.func.max(documents.c.id))
        .join(chunks, chunks.c.document_id == documents.c.id)
        .where(documents.c.died.is_(None), chunks.c.died.is_(None), documents.c.access_id.in_(list(lists)))
    )
    return list(connection.execute(newest.group_by(documents.c.access_id)).scalars())


def _last_chunks(connection: sa.Connection, numbers: Sequence[int]) -> list[Witness]:
    last = sa.select(sa.func.max(chunks.c.id)).where(
        chunks.c.document_id.in_(list(numbers)), chunks.c.died.is_(None)
    )
    query = (
        sa.select(chunks.c.id, documents.c.access_id, chunks.c.text)
        .join(documents, chunks.c.document_id == documents.c.id)
        .where(chunks.c.id.in_(last.group_by(chunks.c.document_id)))
    )
    return [
        Witness(chunk_id=row.id, access_id=row.access_id, text=row.text) for row in connection.execute(query)
    ]


def lists_of_chunks(connection: sa.Connection, numbers: Sequence[int]) -> dict[int, int]:
    """Return the access list's number of each of these chunks that has not ended.

    One that ends with the next version follows its successor's list in the records only.
    """
    found: dict[int, int] = {}
    for some in in_parts(numbers):
        query = (
            sa.select(chunks.c.id, documents.c.access_id)
            .join(documents, chunks.c.document_id == documents.c.id)
            .where(chunks.c.id.in_(some), chunks.c.died.is_(None))
        )
        found.update((row.id, row.access_id) for row in connection.execute(query))
    return found
