"""Write documents, chunks, vectors and problems under the version that is being made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import sqlalchemy as sa

from holdfast.domain.documents import Document, ParseStatus, Problem
from holdfast.domain.indexing import Trouble
from holdfast.domain.queries import FloatArray
from holdfast.errors import StorageError
from holdfast.storage import alive, counters, standings
from holdfast.storage.access_lists import access_id
from holdfast.storage.encoding import pack, pack_text, to_text
from holdfast.storage.entries import Entry
from holdfast.storage.inserting import insert_into
from holdfast.storage.on_record import on_record
from holdfast.storage.parts import in_parts, named, stored_name
from holdfast.storage.schema import chunks, document_keys, documents, problems, vectors

Name = tuple[str, str]
"""Source and path of a document."""

_KEY_LENGTH = 500
"""Longer keys are kept with the metadata only: PostgreSQL indexes no value above 2,704 bytes."""


_PASSED = (
    sa.update(documents)
    .where(documents.c.id == sa.bindparam("number"))
    .values(skip_key=sa.bindparam("skip"), stamp=sa.bindparam("file"), access_rule=sa.bindparam("rule"))
)


def write(connection: sa.Connection, entries: Sequence[Entry], *, version: int) -> int:
    """Write new revisions, alive from `version` on; the revisions before them end there.

    Of two entries with one name the last counts. One that says what the records say already becomes no
    revision: after a change of rules that matters to few documents only these are written. Returns how many
    were on record already.
    """
    whole = {stored_name(entry.document.source, entry.document.path): entry for entry in entries}
    counters.raise_by(connection, counters.KNOWN)
    lists = {access: access_id(connection, access) for access in {e.document.access.entries for e in entries}}
    same = on_record(connection, whole, lists)
    _pass_again(connection, {number: whole[name] for name, number in same.items()})
    latest = {name: entry for name, entry in whole.items() if name not in same}
    told = {
        name: standings.Told(
            metadata=entry.document.metadata, access_id=lists[entry.document.access.entries]
        )
        for name, entry in latest.items()
    }  # fmt: skip
    standings.note(connection, told)
    _end(connection, list(latest), version)
    _align_older(connection, whole, lists)
    last_document = counters.raise_by(connection, counters.DOCUMENT_ID, len(latest))
    count = sum(len(entry.chunks) for entry in latest.values())
    next_chunk = counters.raise_by(connection, counters.CHUNK_ID, count) - count + 1
    filed = counters.value(connection, counters.FILED)
    document_rows, key_rows, chunk_rows = [], [], []
    for number, entry in enumerate(latest.values(), last_document - len(latest) + 1):
        access = lists[entry.document.access.entries]
        document_rows.append(_document_row(number, entry, access, version=version, filed=filed))
        key_rows += _key_rows(number, entry.document)
        chunk_rows += [
            _chunk_row(next_chunk + i, number, entry, i, version) for i in range(len(entry.chunks))
        ]
        next_chunk += len(entry.chunks)
    for table, rows in ((documents, document_rows), (document_keys, key_rows), (chunks, chunk_rows)):
        if rows:
            connection.execute(sa.insert(table), rows)
    _write_vectors_of(connection, whole.values())
    solved(connection, list(whole))
    return len(same)


def _pass_again(connection: sa.Connection, entries: Mapping[int, Entry]) -> None:
    """Note by document number with which rules, and from which file, the same was found again."""
    rows = [
        {
            "number": number, "skip": entry.skip_key, "file": entry.document.stamp,
            "rule": entry.document.access.rule,
        }
        for number, entry in entries.items()
    ]  # fmt: skip
    if rows:
        connection.execute(_PASSED, rows)


def _document_row(number: int, entry: Entry, access: int, *, version: int, filed: int) -> dict[str, object]:
    document = entry.document
    return {
        "id": number,
        "source": document.source,
        "path": document.path,
        "parent": entry.parent,
        "digest": document.digest,
        "stamp": document.stamp,
        "skip_key": entry.skip_key,
        "access_id": access,
        "access_rule": document.access.rule,
        "filed": filed,
        "title": document.metadata.title,
        "status": document.metadata.status.value,
        "declared_status": document.metadata.status.value,
        "superseded_by": document.metadata.superseded_by,
        "metadata": entry.metadata,
        "text": pack_text(document.text),
        "sections": pack(document.sections),
        "chunk_count": len(entry.chunks),
        "born": version,
        "died": None,
        "ended_at": None,
    }


def _align_older(
    connection: sa.Connection, latest: Mapping[Name, Entry], lists: Mapping[frozenset[str], int]
) -> None:
    """Give older revisions today's access list: what was said of them then decides nothing any more."""
    columns = (documents.c.id, documents.c.source, documents.c.path, documents.c.access_id)
    stale = []
    for these in named(documents, list(latest)):
        for row in connection.execute(sa.select(*columns).where(these)):
            access = latest[row.source, row.path].document.access
            if row.access_id != lists[access.entries]:
                stale.append({"number": row.id, "access": lists[access.entries], "rule": access.rule})
    if stale:
        update = sa.update(documents).where(documents.c.id == sa.bindparam("number"))
        values: dict[str, sa.BindParameter[object]] = {
            "access_id": sa.bindparam("access"),
            "access_rule": sa.bindparam("rule"),
        }
        connection.execute(update.values(values), stale)


def _chunk_row(number: int, document: int, entry: Entry, i: int, version: int) -> dict[str, object]:
    chunk = entry.chunks[i]
    return {
        "id": number,
        "document_id": document,
        "ordinal": chunk.ordinal,
        "start": chunk.start,
        "end": chunk.end,
        "text": chunk.text,
        "context": chunk.context,
        "locator": to_text(chunk.locator),
        "text_key": entry.text_keys[i],
        "born": version,
        "died": None,
    }


def _key_rows(number: int, document: Document) -> list[dict[str, object]]:
    return [
        {"document_id": number, "key": key, "value": value}
        for key, values in document.metadata.keys.items()
        for value in dict.fromkeys(values)
        if len(key) + len(value) <= _KEY_LENGTH
    ]


def _write_vectors_of(connection: sa.Connection, entries: Iterable[Entry]) -> None:
    """Write the vectors of many documents, for each embedder at once."""
    groups: dict[str, list[tuple[tuple[str, ...], FloatArray]]] = {}
    for entry in entries:
        if entry.vectors is not None and entry.chunks:
            groups.setdefault(entry.fingerprint, []).append((entry.text_keys, entry.vectors))
    for fingerprint, parts in groups.items():
        keys = [key for text_keys, _ in parts for key in text_keys]
        write_vectors(connection, fingerprint, keys, np.concatenate([array for _, array in parts]))


def write_vectors(
    connection: sa.Connection, fingerprint: str, text_keys: Sequence[str], array: FloatArray
) -> None:
    """Keep vectors by the text they were made of; one already there stays."""
    unique = dict(zip(text_keys, array, strict=True))
    there = vectors_there(connection, fingerprint, list(unique))
    rows = [
        {"fingerprint": fingerprint, "text_key": key, "vector": vector.astype(np.float16).tobytes()}
        for key, vector in unique.items()
        if key not in there
    ]
    if rows:
        if counters.remembered(connection, counters.SWEPT) not in ("", fingerprint):
            counters.remember(connection, counters.SWEPT, "")  # vectors that nobody may ever publish
        connection.execute(insert_into(connection, vectors).on_conflict_do_nothing(), rows)


def vectors_there(connection: sa.Connection, fingerprint: str, text_keys: Sequence[str]) -> set[str]:
    """Return those of the text keys that have a vector of this fingerprint."""
    there: set[str] = set()
    for part in in_parts(text_keys):
        query = sa.select(vectors.c.text_key).where(
            vectors.c.fingerprint == fingerprint, vectors.c.text_key.in_(part)
        )
        there.update(connection.execute(query).scalars())
    return there


def trouble(connection: sa.Connection, troubles: Iterable[Trouble]) -> None:
    """Record documents that could not be taken in, in place of what was recorded of them before."""
    counters.raise_by(connection, counters.KNOWN)
    for one in troubles:
        connection.execute(
            sa.delete(problems).where(problems.c.source == one.source, problems.c.path == one.path)
        )
        connection.execute(
            sa.insert(problems).values(
                source=one.source,
                path=one.path,
                parent=one.parent,
                stage=one.stage,
                status=one.status,
                reason=one.reason,
                stamp=one.stamp,
                skip_key=one.skip_key,
            )
        )


def solved(connection: sa.Connection, names: Sequence[Name]) -> None:
    """Forget the problems of these documents."""
    for these in named(problems, names):
        connection.execute(sa.delete(problems).where(these))


def problems_now(connection: sa.Connection) -> tuple[Problem, ...]:
    """Return every recorded problem, by path; files that hold nothing, such as pictures in mails, last."""
    holds_nothing = sa.case((problems.c.status == ParseStatus.EMPTY, 1), else_=0)
    query = sa.select(problems).order_by(holds_nothing, problems.c.path)
    return tuple(
        Problem(document=row.path, stage=row.stage, reason=row.reason) for row in connection.execute(query)
    )


def remove(connection: sa.Connection, names: Sequence[Name], *, version: int) -> None:
    """End these documents at `version`."""
    counters.raise_by(connection, counters.KNOWN)
    standings.note(connection, {stored_name(*name): None for name in names})
    _end(connection, names, version)
    solved(connection, names)


def _end(connection: sa.Connection, names: Sequence[Name], version: int) -> None:
    now = datetime.now(UTC)
    for these in named(documents, names):
        current = these & documents.c.died.is_(None)
        numbers = list(connection.execute(sa.select(documents.c.id).where(current)).scalars())
        if numbers:
            ended = sa.update(documents).where(documents.c.id.in_(numbers))
            connection.execute(ended.values(died=version, ended_at=now))
            ended = sa.update(chunks).where(chunks.c.document_id.in_(numbers))
            connection.execute(ended.values(died=version))


def restamp(connection: sa.Connection, stamps: Mapping[Name, str]) -> None:
    """Keep new stamps of documents whose content did not change."""
    counters.raise_by(connection, counters.KNOWN)
    for (source, path), stamp in stamps.items():
        current = (documents.c.source == source) & (documents.c.path == path) & documents.c.died.is_(None)
        connection.execute(sa.update(documents).where(current).values(stamp=stamp))
        same = (problems.c.source == source) & (problems.c.path == path)
        connection.execute(sa.update(problems).where(same).values(stamp=stamp))


def refile_access(connection: sa.Connection, changes: Mapping[Name, tuple[frozenset[str], str]]) -> None:
    """Give documents (every revision, so that old runs follow) new access lists, seen at once."""
    if not changes:
        return
    counters.raise_by(connection, counters.KNOWN)
    standings.note_access(connection)
    filed = counters.raise_by(connection, counters.FILED)
    for (source, path), (entries, rule) in changes.items():
        number = access_id(connection, entries)
        connection.execute(
            sa.update(documents)
            .where(documents.c.source == source, documents.c.path == path)
            .values(access_id=number, access_rule=rule, filed=filed)
        )
    standings.lift_hidden(connection, filed=filed)


def publish(connection: sa.Connection, version: int) -> None:
    """Make `version` the one that readers see, in this transaction."""
    assert_next(connection, version)
    alive.follow(connection, version)
    counters.raise_by(connection, counters.PUBLISHED)
    chunks_now = counters.value(connection, counters.PUBLISHED_CHUNKS)
    last = counters.value(connection, counters.CHUNK_ID)
    counters.raise_by(connection, counters.PUBLISHED_CHUNKS, last - chunks_now)


def assert_next(connection: sa.Connection, version: int) -> None:
    """Raise StorageError unless `version` is the one after the published.

    A writer that was stopped for so long that its lease lapsed finds here that another went on.
    """
    published = counters.value(connection, counters.PUBLISHED)
    if version != published + 1:
        raise StorageError(
            f"another sync published version {published} while this one wrote version {version}",
            stage="storage",
            move="Run `holdfast sync` again; nothing published was lost.",
        )


def pending(connection: sa.Connection, version: int) -> bool:
    """Return whether anything was written or ended for a version that is not published yet."""
    # Numbers only grow: where any was born at this version, the newest was.
    newest = sa.select(documents.c.born).order_by(documents.c.id.desc()).limit(1)
    died = sa.select(documents.c.id).where(documents.c.died == version).limit(1)
    return connection.execute(newest).scalar() == version or connection.execute(died).first() is not None
