"""Numbers that only grow: the published version, the filing change, the next ids."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from holdfast.storage.compiled import rows_of
from holdfast.storage.inserting import insert_into
from holdfast.storage.schema import counters, identity

PUBLISHED = "published"
PUBLISHED_CHUNKS = "published_chunks"
FILED = "filed"
DOCUMENT_ID = "document_id"
CHUNK_ID = "chunk_id"
PURGED = "purged"
"""Highest version whose dead chunks retention has deleted; a projection behind it is rebuilt."""
FORGOTTEN = "forgotten"
"""How often documents were forgotten; a projection that has not seen the last time is rebuilt."""
KNOWN = "known"
"""Last change of what the index holds of any document, or of what is recorded as its problem."""

STANDINGS = "standings"
"""Fact: by which rules standings were resolved, and how documents name each other; empty: resolve anew."""
QUARANTINE = "quarantine"
"""Fact: why a version was not published, or empty."""
DAMAGED = "damaged"
"""Fact: the files of an index that were found damaged since the last sync, with spaces between, or empty."""
CANARIES = "canaries"
"""Fact: the last access list that the leak test had a canary for."""

ALIVE = "alive"
"""Fact: how many chunks readers see, with what that count belongs to."""
SWEPT = "swept"
"""Fact: the embedder whose vectors alone are on record, none of them a leftover; empty when not known."""

_EVERYTHING = "SELECT name, value, NULL FROM counters UNION ALL SELECT name, NULL, value FROM identity"
"""As text: every search asks it twice, and this way nothing is compiled."""


def value(connection: sa.Connection, name: str) -> int:
    """Return a counter, 0 when it was never raised."""
    found = connection.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar()
    return int(found or 0)


def everything(connection: sa.Connection) -> tuple[dict[str, int], dict[str, str]]:
    """Return all counters and all named facts, in one question to the database."""
    numbers: dict[str, int] = {}
    facts: dict[str, str] = {}
    for name, number, text in rows_of(connection, _EVERYTHING):
        if number is None:
            facts[name] = text
        else:
            numbers[name] = int(number)
    return numbers, facts


def raise_by(connection: sa.Connection, name: str, by: int = 1) -> int:
    """Raise a counter and return its new value; two writers at once get different ones."""
    insert = insert_into(connection, counters).values(name=name, value=by)
    raised = insert.on_conflict_do_update(
        index_elements=[counters.c.name], set_={"value": counters.c.value + insert.excluded.value}
    ).returning(counters.c.value)
    return int(connection.execute(raised).scalar_one())


def database_id(connection: sa.Connection) -> str:
    """Return the id by which projections know the database they belong to, or empty before the first."""
    query = sa.select(identity.c.value).where(identity.c.name == "database_id")
    return str(connection.execute(query).scalar() or "")


def ensure_database_id(connection: sa.Connection) -> str:
    """Return the database's id, made at first use; the caller holds a write transaction."""
    made = insert_into(connection, identity).values(name="database_id", value=uuid.uuid4().hex)
    connection.execute(made.on_conflict_do_nothing())
    return database_id(connection)


def remember(connection: sa.Connection, name: str, text: str) -> None:
    """Keep a named fact about the published version."""
    insert = insert_into(connection, identity).values(name=name, value=text)
    kept = insert.on_conflict_do_update(
        index_elements=[identity.c.name], set_={"value": insert.excluded.value}
    )
    connection.execute(kept)


def remembered(connection: sa.Connection, name: str) -> str:
    """Return a named fact, or empty."""
    query = sa.select(identity.c.value).where(identity.c.name == name)
    return str(connection.execute(query).scalar() or "")
