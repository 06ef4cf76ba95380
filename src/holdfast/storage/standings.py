"""What documents say of their standing, as resolved among all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import sqlalchemy as sa

from holdfast.domain.documents import Metadata, Status
from holdfast.domain.indexing import Standing
from holdfast.storage import counters
from holdfast.storage.encoding import from_text
from holdfast.storage.schema import access_lists, documents

Name = tuple[str, str]
"""Source and path of a document."""

_SOME = ('%"supersedes":["%', '%"superseded_by":"_%')
"""Parts of the JSON of metadata that claim anything, so that nothing is unpacked where none does."""


def has_claims(connection: sa.Connection) -> bool:
    """Return whether any document that has not ended says that it supersedes another, or is superseded."""
    claims = sa.or_(*(documents.c.metadata.like(some) for some in _SOME))
    query = sa.select(documents.c.id).where(documents.c.died.is_(None), claims).limit(1)
    return connection.execute(query).first() is not None


def standings(connection: sa.Connection) -> tuple[Standing, ...]:
    """Return what documents say of their standing, for those that have not ended."""
    query = (
        sa.select(
            documents.c.source, documents.c.path, documents.c.title, documents.c.metadata,
            access_lists.c.entries,
        )
        .join(access_lists, documents.c.access_id == access_lists.c.id)
        .where(documents.c.died.is_(None))
    )  # fmt: skip
    return tuple(
        Standing(
            source=row.source, path=row.path, title=row.title, metadata=from_text(Metadata, row.metadata),
            entries=frozenset(json.loads(row.entries)),
        )
        for row in connection.execute(query)
    )  # fmt: skip


def standings_digest(connection: sa.Connection, rules: str) -> str:
    """Return what changes when any document's standing, as said or as resolved by these rules, does."""
    query = sa.select(
        documents.c.source, documents.c.path, documents.c.title, documents.c.metadata, documents.c.status,
        documents.c.superseded_by, documents.c.access_id,
    ).where(documents.c.died.is_(None))  # fmt: skip
    total = 0
    for row in connection.execute(query):
        told = "\0".join(map(str, row)).encode("utf-8", "replace")
        # A sum does not depend on the order of the rows, which a rewritten document changes.
        total += int.from_bytes(hashlib.blake2b(told, digest_size=16).digest())
    return f"{rules} {total % (1 << 128):032x}"


def refile_standing(connection: sa.Connection, superseded: Mapping[Name, str]) -> int:
    """Mark alive documents as superseded by another, undo stale marks; return how many changed."""
    changed = standing_changes(connection, superseded)
    if changed:
        filed = counters.raise_by(connection, counters.FILED)
        update = (
            sa.update(documents)
            .where(documents.c.id == sa.bindparam("number"))
            .values(status=sa.bindparam("new_status"), superseded_by=sa.bindparam("successor"), filed=filed)
        )
        connection.execute(update, changed)
    return len(changed)


def standing_changes(connection: sa.Connection, superseded: Mapping[Name, str]) -> list[dict[str, object]]:
    """Return number, new status and successor of each document that `refile_standing` would change."""
    query = sa.select(
        documents.c.id, documents.c.source, documents.c.path, documents.c.status,
        documents.c.declared_status, documents.c.superseded_by,
    ).where(documents.c.died.is_(None))  # fmt: skip
    changed: list[dict[str, object]] = []
    for row in connection.execute(query).all():
        successor = superseded.get((row.source, row.path), "")
        status = Status.SUPERSEDED.value if successor else row.declared_status
        if (status, successor) != (row.status, row.superseded_by) and (successor or status != row.status):
            changed.append({"number": row.id, "new_status": status, "successor": successor})
    return changed
