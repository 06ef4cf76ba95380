"""What earlier syncs learned of each source."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from holdfast.storage.schema import sources


def had_permissions(connection: sa.Connection, name: str) -> bool:
    """Return whether anybody ever wrote who may see what in this source."""
    query = sa.select(sources.c.had_permissions).where(sources.c.name == name)
    return bool(connection.execute(query).scalar())


def any_had_permissions(connection: sa.Connection) -> bool:
    """Return whether any source that was ever synced into these records had permissions."""
    return connection.execute(sa.select(sources.c.name).where(sources.c.had_permissions)).first() is not None


def permissions_digest(connection: sa.Connection, name: str) -> str | None:
    """Return the digest of the permissions that the index follows, or None before the first sync."""
    query = sa.select(sources.c.permissions_digest).where(sources.c.name == name)
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def remember_source(
    connection: sa.Connection, name: str, *, has_permissions: bool, permissions_digest: str
) -> None:
    """Keep what this sync learned; that a source had permissions is never forgotten."""
    had = had_permissions(connection, name)
    connection.execute(sa.delete(sources).where(sources.c.name == name))
    connection.execute(
        sa.insert(sources).values(
            name=name,
            had_permissions=had or has_permissions,
            permissions_digest=permissions_digest,
            synced_at=datetime.now(UTC),
        )
    )
