"""What the records say of the sources as a whole: syncs, changes, who may see how much."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.storage import counters
from holdfast.storage.access_lists import visible_to
from holdfast.storage.moments import aware
from holdfast.storage.schema import access_lists, documents, sources

MOST_VERSIONS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source."""

    name: str
    synced_at: datetime | None
    has_permissions: bool
    documents: int
    chunks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """Documents that share an access list and the rule it comes from."""

    entries: tuple[str, ...]
    rule: str
    documents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One index version: document revisions that came and went with it."""

    version: int
    came: int
    went: int
    at: datetime | None
    """When those went, where any did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one principal may see of all current documents."""

    visible: int
    all: int
    closed: Sequence[str]
    """Paths that they may not see, the first ones."""


def source_lines(connection: sa.Connection) -> tuple[SourceLine, ...]:
    """Return every source that was ever synced, by name."""
    query = (
        sa.select(
            documents.c.source,
            sa.func.count().label("documents"),
            sa.func.sum(documents.c.chunk_count).label("chunks"),
        )
        .where(*_current(connection))
        .group_by(documents.c.source)
    )  # fmt: skip
    counted = {row.source: row for row in connection.execute(query)}
    return tuple(
        SourceLine(
            name=row.name,
            synced_at=_aware(row.synced_at),
            has_permissions=row.had_permissions,
            documents=counted[row.name].documents if row.name in counted else 0,
            chunks=counted[row.name].chunks if row.name in counted else 0,
        )
        for row in connection.execute(sa.select(sources).order_by(sources.c.name))
    )


def access_lines(connection: sa.Connection) -> tuple[AccessLine, ...]:
    """Return who may see how many documents, and by which rule, most documents first."""
    query = (
        sa.select(access_lists.c.entries, documents.c.access_rule, sa.func.count().label("documents"))
        .join(access_lists, documents.c.access_id == access_lists.c.id)
        .where(*_current(connection))
        .group_by(access_lists.c.entries, documents.c.access_rule)
        .order_by(sa.func.count().desc())
    )
    return tuple(
        AccessLine(entries=tuple(json.loads(row.entries)), rule=row.access_rule, documents=row.documents)
        for row in connection.execute(query)
    )


def version_lines(connection: sa.Connection) -> tuple[VersionLine, ...]:
    """Return the newest index versions, newest first."""
    published = counters.value(connection, counters.PUBLISHED)
    first = max(1, published - MOST_VERSIONS + 1)
    came: Counter[int] = Counter()
    went: Counter[int] = Counter()
    ended: dict[int, datetime | None] = {}
    born = sa.select(documents.c.born, sa.func.count().label("times")).group_by(documents.c.born)
    for row in connection.execute(born.where(documents.c.born >= first)):
        came[row.born] = row.times
    died = sa.select(
        documents.c.died, sa.func.count().label("times"), sa.func.max(documents.c.ended_at).label("at")
    ).group_by(documents.c.died)
    for row in connection.execute(died.where(documents.c.died >= first)):
        went[row.died], ended[row.died] = row.times, _aware(row.at)
    return tuple(
        VersionLine(version=one, came=came[one], went=went[one], at=ended.get(one))
        for one in range(published, first - 1, -1)
    )


def view_of(connection: sa.Connection, principal: Principal, *, limit: int = 200) -> View:
    """Return how much a principal may see, with the paths that are closed to them."""
    current = _current(connection)
    closed = documents.c.access_id.not_in(visible_to(connection, principal))
    count = sa.select(sa.func.count()).select_from(documents)
    everything = connection.execute(count.where(*current)).scalar_one()
    shut = connection.execute(count.where(*current, closed)).scalar_one()
    paths = sa.select(documents.c.path).where(*current, closed).order_by(documents.c.path).limit(limit)
    return View(visible=everything - shut, all=everything, closed=tuple(connection.execute(paths).scalars()))


def _current(connection: sa.Connection) -> tuple[sa.ColumnElement[bool], ...]:
    published = counters.value(connection, counters.PUBLISHED)
    return (
        documents.c.born <= published,
        sa.or_(documents.c.died.is_(None), documents.c.died > published),
    )


def _aware(moment: datetime | str | None) -> datetime | None:
    if isinstance(moment, str):  # SQLite's max() of a moment is the text it is kept as
        moment = datetime.fromisoformat(moment)
    return None if moment is None else aware(moment)
