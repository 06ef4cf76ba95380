"""Access lists by number: each distinct set of entries once, never changed after it was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.storage.inserting import insert_into
from holdfast.storage.parts import in_parts
from holdfast.storage.schema import access_entries, access_lists, documents
from holdfast.storage.storable import storable


def access_id(connection: sa.Connection, entries: frozenset[str]) -> int:
    """Return the number of this set of entries, made at first use.

    An entry that no database can hold as it is (NUL, half a surrogate pair) lets nobody in: changed
    into something that can be held, it might be somebody else's name.
    """
    entries = _exact(entries)
    text = json.dumps(sorted(entries), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    query = sa.select(access_lists.c.id).where(access_lists.c.digest == digest)
    found = connection.execute(query).scalar()
    if found is not None:
        return int(found)
    insert = insert_into(connection, access_lists).values(digest=digest, entries=text)
    made = insert.on_conflict_do_nothing().returning(access_lists.c.id)
    number = connection.execute(made).scalar()
    if number is None:  # another writer was faster
        return int(connection.execute(query).scalar_one())
    if entries:
        rows = [{"access_id": number, "entry": entry} for entry in sorted(entries)]
        connection.execute(sa.insert(access_entries), rows)
    return int(number)


def visible_to(connection: sa.Connection, principal: Principal) -> frozenset[int]:
    """Return the numbers of all access lists that let the principal in."""
    return frozenset(connection.execute(_VISIBLE, {"entries": entries_of(principal)}).scalars())


def lists_in_use(connection: sa.Connection) -> dict[int, frozenset[str]]:
    """Return the entries, as they were written, of every list that a document carries, by number.

    Revisions that have ended, or end with the next version, don't count.
    """
    return entries_of_lists(connection, newest_documents(connection))


def newest_documents(connection: sa.Connection) -> dict[int, int]:
    """Return the newest document of every access list that any carries that has not ended, by list."""
    newest = sa.select(documents.c.access_id, sa.func.max(documents.c.id)).where(documents.c.died.is_(None))
    return {row[0]: row[1] for row in connection.execute(newest.group_by(documents.c.access_id))}


def entries_of_lists(connection: sa.Connection, numbers: Collection[int]) -> dict[int, frozenset[str]]:
    """Return the entries of these lists, as they were written, by number."""
    entries: dict[int, frozenset[str]] = {}
    for some in in_parts(sorted(numbers)):
        query = sa.select(access_lists.c.id, access_lists.c.entries).where(access_lists.c.id.in_(some))
        entries.update((row.id, frozenset(json.loads(row.entries))) for row in connection.execute(query))
    return entries


def entries_of(principal: Principal) -> list[str]:
    """Return the entries that let the principal in, as far as an access list on record can hold them."""
    return sorted(_exact(principal.entries))


def _exact(entries: frozenset[str]) -> frozenset[str]:
    return frozenset(entry for entry in entries if storable(entry) == entry)


_VISIBLE = (
    sa.select(access_entries.c.access_id)
    .where(access_entries.c.entry.in_(sa.bindparam("entries", expanding=True)))
    .distinct()
)
