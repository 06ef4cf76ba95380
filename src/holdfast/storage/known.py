"""Remember what the index holds of each document, as long as nobody else changes it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from holdfast.domain.documents import ParseStatus
from holdfast.domain.indexing import Known
from holdfast.storage import counters
from holdfast.storage.access_lists import entries_of_lists
from holdfast.storage.database import Database
from holdfast.storage.parts import named, stored_name
from holdfast.storage.schema import documents, problems

Name = tuple[str, str]
"""Source and path of a document."""
Moment = tuple[object, ...]
"""Differs after every change of what is known."""

_HAS_TEXT = frozenset(status.value for status in ParseStatus if status.has_text)


class KnownDocuments:
    """What is known, read whole once; after a change of one's own only what changed is read again."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._known: dict[Name, Known] = {}
        self._moment: Moment | None = None

    def now(self) -> dict[Name, Known]:
        """Return what is indexed or recorded as a problem, by source and path."""
        with self._lock:
            with self._database.read() as connection:
                moment = moment_of(connection)
                if moment != self._moment:
                    self._known, self._moment = known_documents(connection), moment
            return dict(self._known)

    @contextmanager
    def changing(self, names: Collection[Name] = ()) -> Iterator[sa.Connection]:
        """Yield a write transaction that changes no other documents than these.

        The counter is raised before anything else: who changes documents in another process waits for it
        until this transaction ends, so that nothing comes between that is not read here.
        """
        changed = list({stored_name(*name) for name in names})
        with self._lock:
            with self._database.write() as connection:
                before = moment_of(connection, known=counters.raise_by(connection, counters.KNOWN) - 1)
                is_followed = before == self._moment
                yield connection
                after = moment_of(connection)
                read = known_documents(connection, changed) if is_followed and changed else {}
            if is_followed:
                for name in changed:
                    self._known.pop(name, None)
                self._known |= read
                self._moment = after


def known_documents(connection: sa.Connection, names: Sequence[Name] | None = None) -> dict[Name, Known]:
    """Return what is indexed or recorded as a problem, of all documents or of these, by source and path."""
    known: dict[Name, Known] = {}
    query = sa.select(
        documents.c.source, documents.c.path, documents.c.parent, documents.c.stamp, documents.c.skip_key,
        documents.c.access_id,
    ).where(documents.c.died.is_(None))  # fmt: skip
    rows: list[Any] = list(_rows(connection, query, documents, names))
    lists = entries_of_lists(connection, {row[-1] for row in rows})
    for source, path, parent, stamp, skip_key, access in rows:
        known[source, path] = Known(
            source=source, path=path, parent=parent, stamp=stamp, skip_key=skip_key, entries=lists[access],
            is_indexed=True,
        )  # fmt: skip
    for row in _rows(connection, sa.select(problems), problems, names):
        before = known.get((row.source, row.path))
        known[row.source, row.path] = Known(
            source=row.source, path=row.path, parent=row.parent, stamp=row.stamp, skip_key=row.skip_key,
            entries=before.entries if before else frozenset(), is_indexed=before is not None,
            has_failed=row.status not in _HAS_TEXT,
        )  # fmt: skip
    return known


def _rows(
    connection: sa.Connection,
    query: sa.Select[tuple[object, ...]],
    table: sa.Table,
    names: Sequence[Name] | None,
) -> Iterator[sa.Row[tuple[object, ...]]]:
    if names is None:
        yield from connection.execute(query)
    else:
        for these in named(table, names):
            yield from connection.execute(query.where(these))


def moment_of(connection: sa.Connection, known: int | None = None) -> Moment:
    """Return the moment of the records; with `known` in the place of that counter.

    Beside the counter of such changes stand those that an earlier release raises for them.
    """
    numbers, facts = counters.everything(connection)
    return (
        facts.get("database_id", ""),
        numbers.get(counters.KNOWN, 0) if known is None else known,
        *(numbers.get(name, 0) for name in _OTHERS),
    )


_OTHERS = (counters.FILED, counters.DOCUMENT_ID, counters.PUBLISHED, counters.FORGOTTEN)
