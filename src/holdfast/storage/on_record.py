"""Find the documents of which a new pass found what the records say already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from holdfast.domain.documents import Document, Section
from holdfast.errors import StorageError
from holdfast.storage.encoding import pack, to_text, unpack_as, unpack_text
from holdfast.storage.entries import Entry
from holdfast.storage.parts import in_parts, named, stored_name
from holdfast.storage.schema import chunks, documents
from holdfast.storage.storable import storable

Name = tuple[str, str]
"""Source and path of a document."""
SECTIONS = tuple[Section, ...]


def on_record(
    connection: sa.Connection, entries: Mapping[Name, Entry], lists: Mapping[frozenset[str], int]
) -> dict[Name, int]:
    """Return the numbers of those current documents that are what their entry would make of them.

    Skip key, stamp and the rule that gave access may differ: they are no part of what readers get.
    `lists` are the numbers of access lists.
    """
    alike = _alike(connection, entries, lists)
    same = {}
    for numbers in in_parts(list(alike)):
        differ = _with_other_texts(connection, numbers, alike) | _cut_otherwise(connection, numbers, alike)
        for number in numbers:
            if number not in differ:
                document = alike[number].document
                same[stored_name(document.source, document.path)] = number
    return same


def _alike(
    connection: sa.Connection, entries: Mapping[Name, Entry], lists: Mapping[frozenset[str], int]
) -> dict[int, Entry]:
    """Return by number the entries of documents that are the same in everything but their texts."""
    query = sa.select(
        documents.c.id, documents.c.source, documents.c.path, documents.c.parent, documents.c.digest,
        documents.c.access_id, documents.c.metadata, documents.c.chunk_count,
    ).where(documents.c.died.is_(None))  # fmt: skip
    alike = {}
    for these in named(documents, list(entries)):
        for row in connection.execute(query.where(these)):
            entry = entries[row.source, row.path]
            document = entry.document
            if (
                row.digest == document.digest
                and row.parent == storable(entry.parent)
                and row.access_id == lists[document.access.entries]
                and row.chunk_count == len(entry.chunks)
                and row.metadata == storable(entry.metadata)
            ):
                alike[row.id] = entry
    return alike


def _with_other_texts(
    connection: sa.Connection, numbers: Sequence[int], entries: Mapping[int, Entry]
) -> set[int]:
    query = sa.select(documents.c.id, documents.c.text, documents.c.sections)
    rows = connection.execute(query.where(documents.c.id.in_(numbers)))
    return {row.id for row in rows if not _has_texts(entries[row.id].document, row.text, row.sections)}


def _has_texts(document: Document, text: bytes, sections: bytes) -> bool:
    try:
        if unpack_text(text) != storable(document.text):
            return False
        packed = pack(document.sections)
        # Another zlib packs otherwise, and an older version knew less of a section.
        return packed == sections or unpack_as(SECTIONS, packed) == unpack_as(SECTIONS, sections)
    except StorageError:  # a damaged record is no reason to fail: it is written anew
        return False


def _cut_otherwise(
    connection: sa.Connection, numbers: Sequence[int], entries: Mapping[int, Entry]
) -> set[int]:
    query = sa.select(
        chunks.c.document_id, chunks.c.ordinal, chunks.c.start, chunks.c.end, chunks.c.text, chunks.c.context,
        chunks.c.locator, chunks.c.text_key,
    ).where(chunks.c.document_id.in_(numbers))  # fmt: skip
    cut: dict[int, set[tuple[object, ...]]] = {number: set() for number in numbers}
    for number, *chunk in connection.execute(query):
        cut[number].add(tuple(chunk))
    return {number for number in numbers if cut[number] != _chunks_of(entries[number])}


def _chunks_of(entry: Entry) -> set[tuple[object, ...]]:
    return {
        (
            one.ordinal, one.start, one.end, storable(one.text), storable(one.context),
            storable(to_text(one.locator)), key,
        )
        for one, key in zip(entry.chunks, entry.text_keys, strict=True)
    }  # fmt: skip
