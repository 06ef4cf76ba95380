"""Tell which documents are others now than readers of an earlier index version had."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from holdfast.domain.documents import Status
from holdfast.storage import counters
from holdfast.storage.schema import documents


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What became of documents, by path."""

    changed: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()


def since(connection: sa.Connection, paths: Collection[str], version: int) -> Since:
    """Return which of these documents have another content than at an index version, which are superseded.

    One whose content of then is no longer on record counts as changed. Nobody's access lists are asked.
    """
    published = counters.value(connection, counters.PUBLISHED)
    query = sa.select(
        documents.c.path, documents.c.digest, documents.c.status, documents.c.born, documents.c.died
    ).where(documents.c.path.in_(sorted(set(paths))), documents.c.born <= published)
    then, now = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    superseded = set()
    for row in connection.execute(query):
        if row.born <= version and (row.died is None or row.died > version):
            then[row.path].add(row.digest)
        if row.died is None or row.died > published:
            now[row.path].add(row.digest)
            superseded |= {row.path} if row.status == Status.SUPERSEDED else set()
    changed = {path for path in now if then[path] != now[path]}
    return Since(changed=tuple(sorted(changed)), superseded=tuple(sorted(superseded)))
