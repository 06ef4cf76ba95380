"""Numbers that only grow: the published version, the filing change, the next ids."""

from __future__ import annotations

import uuid

import sqlalchemy as sa

from holdfast.storage.schema import counters, identity

PUBLISHED = "published"
PUBLISHED_CHUNKS = "published_chunks"
FILED = "filed"
DOCUMENT_ID = "document_id"
CHUNK_ID = "chunk_id"


def value(connection: sa.Connection, name: str) -> int:
    """Return a counter, 0 when it was never raised."""
    found = connection.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar()
    return int(found or 0)


def raise_by(connection: sa.Connection, name: str, by: int = 1) -> int:
    """Raise a counter and return its new value; the caller holds a write transaction."""
    new = value(connection, name) + by
    updated = connection.execute(sa.update(counters).where(counters.c.name == name).values(value=new))
    if updated.rowcount == 0:
        connection.execute(sa.insert(counters).values(name=name, value=new))
    return new


def database_id(connection: sa.Connection) -> str:
    """Return the id by which projections know the database they belong to, or empty before the first."""
    query = sa.select(identity.c.value).where(identity.c.name == "database_id")
    return str(connection.execute(query).scalar() or "")


def ensure_database_id(connection: sa.Connection) -> str:
    """Return the database's id, made at first use; the caller holds a write transaction."""
    known = database_id(connection)
    if known:
        return known
    made = uuid.uuid4().hex
    connection.execute(sa.insert(identity).values(name="database_id", value=made))
    return made


def remember(connection: sa.Connection, name: str, text: str) -> None:
    """Keep a named fact about the published version."""
    updated = connection.execute(sa.update(identity).where(identity.c.name == name).values(value=text))
    if updated.rowcount == 0:
        connection.execute(sa.insert(identity).values(name=name, value=text))


def remembered(connection: sa.Connection, name: str) -> str:
    """Return a named fact, or empty."""
    query = sa.select(identity.c.value).where(identity.c.name == name)
    return str(connection.execute(query).scalar() or "")
