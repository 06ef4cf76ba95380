"""Access lists by number: each distinct set of entries once, never changed after it was made."""

from __future__ import annotations

import json

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.storage.schema import access_entries, access_lists


def access_id(connection: sa.Connection, entries: frozenset[str]) -> int:
    """Return the number of this set of entries, made at first use."""
    text = json.dumps(sorted(entries), ensure_ascii=False)
    found = connection.execute(sa.select(access_lists.c.id).where(access_lists.c.entries == text)).scalar()
    if found is not None:
        return int(found)
    insert = sa.insert(access_lists).values(entries=text).returning(access_lists.c.id)
    number = int(connection.execute(insert).scalar_one())
    if entries:
        rows = [{"access_id": number, "entry": entry} for entry in sorted(entries)]
        connection.execute(sa.insert(access_entries), rows)
    return number


def visible_to(connection: sa.Connection, principal: Principal) -> frozenset[int]:
    """Return the numbers of all access lists that let the principal in."""
    query = (
        sa.select(access_entries.c.access_id)
        .where(access_entries.c.entry.in_(sorted(principal.entries)))
        .distinct()
    )
    return frozenset(int(number) for number in connection.execute(query).scalars())
