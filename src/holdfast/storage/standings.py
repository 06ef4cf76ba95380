"""Resolve how documents stand to each other only after a change that may matter to any."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from holdfast.domain.access import lets_in_all
from holdfast.domain.documents import Metadata, Status
from holdfast.domain.indexing import Standing
from holdfast.storage import counters
from holdfast.storage.encoding import from_text
from holdfast.storage.parts import in_parts, named
from holdfast.storage.schema import access_lists, documents

Name = tuple[str, str]
"""Source and path of a document."""

_SOME = ('%"supersedes":["%', '%"superseded_by":"_%')
"""Parts of the JSON of metadata that claim anything, so that nothing is unpacked where none does."""


class Naming(StrEnum):
    """How the documents of an index name each other when they tell their standing."""

    NONE = "none"
    """No document names another: none supersedes any, whatever it is called."""
    OLDER = "older"
    """Some name those that they supersede; none names its successor."""
    BOTH = "both"
    """Some name their successor, so that of several the newest counts: dates matter as well."""


def is_resolved(connection: sa.Connection, rules: str) -> bool:
    """Return whether standings are as these rules resolve them; without looking at any document."""
    kept = _kept(connection)
    return kept is not None and kept[0] == rules


def keep_resolved(connection: sa.Connection, rules: str, naming: Naming) -> None:
    """Remember that standings are as these rules resolve them."""
    counters.remember(connection, counters.STANDINGS, f"{rules} {naming}")


def forget_resolved(connection: sa.Connection) -> None:
    """Have standings resolved with the next sync."""
    counters.remember(connection, counters.STANDINGS, "")


def naming_of(told: Iterable[Standing]) -> Naming:
    """Return how these documents name each other."""
    naming = Naming.NONE
    for one in told:
        if one.metadata.superseded_by:
            return Naming.BOTH
        if one.metadata.supersedes:
            naming = Naming.OLDER
    return naming


def has_claims(connection: sa.Connection) -> bool:
    """Return whether any document that has not ended says that it supersedes another, or is superseded."""
    if (kept := _kept(connection)) is not None:
        return kept[1] is not Naming.NONE
    claims = sa.or_(*(documents.c.metadata.like(some) for some in _SOME))
    query = sa.select(documents.c.id).where(documents.c.died.is_(None), claims).limit(1)
    return connection.execute(query).first() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a document's new revision says of its standing, and who may read it."""

    metadata: Metadata
    access_id: int


def note_access(connection: sa.Connection) -> None:
    """Have standings resolved anew where any is named: who may read a document decides what it supersedes."""
    kept = _kept(connection)
    if kept is not None and kept[1] is not Naming.NONE:
        forget_resolved(connection)


def note(connection: sa.Connection, changes: Mapping[Name, Told | None]) -> None:
    """Have standings resolved anew if one of these changes may matter to any; None ends a document.

    To be called before the change, while the revisions before it are still the current ones.
    """
    kept = _kept(connection)
    if kept is None or not changes:
        return
    before: dict[Name, Any] = {}
    for these in named(documents, list(changes)):
        rows = connection.execute(_told().where(these))
        before.update(((row.source, row.path), row) for row in rows)
    if any(_matters(before.get(name), after, kept[1]) for name, after in changes.items()):
        forget_resolved(connection)


def lift_hidden(connection: sa.Connection, *, filed: int) -> None:
    """Take back supersessions by documents that not everyone may read any more who may read the older one.

    Between two syncs nobody is left with neither, nor told the name of what is closed to them.
    """
    lists = {
        row.id: frozenset(json.loads(row.entries))
        for row in connection.execute(sa.select(access_lists.c.id, access_lists.c.entries))
    }
    newer = documents.alias()
    query = (
        sa.select(documents.c.id, documents.c.access_id, newer.c.access_id.label("newer_access"))
        .join(
            newer,
            (newer.c.source == documents.c.source)
            & (newer.c.path == documents.c.superseded_by)
            & newer.c.died.is_(None),
        )
        .where(documents.c.died.is_(None), documents.c.status == Status.SUPERSEDED.value)
    )
    left = [
        row.id
        for row in connection.execute(query)
        if not lets_in_all(lists[row.newer_access], whom=lists[row.access_id])
    ]
    for some in in_parts(left):
        lifted = sa.update(documents).where(documents.c.id.in_(some))
        declared = {"status": documents.c.declared_status, "superseded_by": "", "filed": filed}
        connection.execute(lifted.values(declared))


def _kept(connection: sa.Connection) -> tuple[str, Naming] | None:
    rules, _, naming = counters.remembered(connection, counters.STANDINGS).rpartition(" ")
    return (rules, Naming(naming)) if rules and naming in set(Naming) else None


def _matters(row: Any, told: Told | None, naming: Naming) -> bool:
    """Return whether a document's change can change what any document's standing is resolved to."""
    before = None if row is None else from_text(Metadata, row.metadata)
    after = None if told is None else told.metadata
    if row is not None and (row.status, row.superseded_by) != _declared(row.declared_status, before):
        return True  # what was resolved for it is not in the new revision
    if before is None or after is None:
        return _names(before) or _names(after) or (naming is not Naming.NONE and before is not after)
    if naming is not Naming.NONE and told is not None and row.access_id != told.access_id:
        return True  # nobody may be left with neither of two documents
    if _names(before) or _names(after) or naming is Naming.BOTH:
        return _resolved_from(before) != _resolved_from(after)
    # Its dates only count where it succeeds another, which nobody says.
    return naming is Naming.OLDER and _called(before) != _called(after)


def _declared(status: str, metadata: Metadata | None) -> tuple[str, str]:
    return status, metadata.superseded_by if metadata else ""


def _names(metadata: Metadata | None) -> bool:
    return metadata is not None and bool(metadata.supersedes or metadata.superseded_by)


def _called(one: Metadata) -> tuple[object, ...]:
    return one.title, one.number, {key: tuple(values) for key, values in one.keys.items()}


def _resolved_from(one: Metadata) -> tuple[object, ...]:
    """Return everything that a resolution reads of a document."""
    names = tuple(one.supersedes), one.superseded_by
    return one.status, *names, one.created, one.effective, *_called(one)


def standings(connection: sa.Connection) -> tuple[Standing, ...]:
    """Return what documents say of their standing, for those that have not ended."""
    query = _told().add_columns(access_lists.c.entries)
    query = query.join(access_lists, documents.c.access_id == access_lists.c.id)
    return tuple(
        Standing(
            source=row.source, path=row.path, title=row.title, metadata=from_text(Metadata, row.metadata),
            entries=frozenset(json.loads(row.entries)),
        )
        for row in connection.execute(query)
    )  # fmt: skip


def _told() -> sa.Select[tuple[Any, ...]]:
    return sa.select(
        documents.c.source, documents.c.path, documents.c.title, documents.c.metadata, documents.c.status,
        documents.c.declared_status, documents.c.superseded_by, documents.c.access_id,
    ).where(documents.c.died.is_(None))  # fmt: skip


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
