"""What the records say of one document: how it was read, whether it counts today, who may see it."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from holdfast.domain.documents import Section
from holdfast.storage.encoding import unpack_as
from holdfast.storage.schema import access_lists, chunks, documents, problems, run_evidence

_NEAR = 0.5
"""Likeness (difflib) from which a name is offered for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A document of one source, by its newest revision; without one, only its problem is on record."""

    source: str
    path: str
    parent: str
    is_alive: bool = False
    """False: it has ended, or was never taken in."""
    digest: str = ""
    stamp: str = ""
    title: str = ""
    status: str = ""
    superseded_by: str = ""
    entries: frozenset[str] = frozenset()
    """Access-list entries; empty: nobody."""
    rule: str = ""
    """Which rule gave them: file, line and pattern."""
    chunks: tuple[int, ...] = ()
    """Numbers of its chunks, in order."""
    characters: int = 0
    hidden_characters: int = 0
    """Of text that a reader of the original does not see."""
    problem_stage: str = ""
    problem_status: str = ""
    problem: str = ""
    """Why the file as it is now could not be taken in, or only in part."""


def describe(connection: sa.Connection, path: str, *, source: str = "") -> tuple[Described, ...]:
    """Return what is on record under this path, one for each source that has it."""
    of_source = () if not source else (source,)
    rows: dict[str, Any] = {}
    query = sa.select(documents).where(documents.c.path == path).order_by(documents.c.id)
    for row in connection.execute(query):
        rows[row.source] = row
    troubles = {
        row.source: row for row in connection.execute(sa.select(problems).where(problems.c.path == path))
    }
    names = sorted(rows.keys() | troubles.keys())
    return tuple(
        _described(connection, path, name, rows.get(name), troubles.get(name))
        for name in names
        if not of_source or name in of_source
    )


def _described(connection: sa.Connection, path: str, source: str, row: Any, trouble: Any) -> Described:
    told = {} if trouble is None else {
        "problem_stage": trouble.stage, "problem_status": trouble.status, "problem": trouble.reason,
    }  # fmt: skip
    if row is None:
        return Described(source=source, path=path, parent=trouble.parent, stamp=trouble.stamp, **told)
    sections: tuple[Section, ...] = unpack_as(tuple[Section, ...], row.sections)
    entries = sa.select(access_lists.c.entries).where(access_lists.c.id == row.access_id)
    numbers = sa.select(chunks.c.id).where(chunks.c.document_id == row.id).order_by(chunks.c.ordinal)
    return Described(
        source=source, path=path, parent=row.parent, is_alive=row.died is None, digest=row.digest,
        stamp=row.stamp, title=row.title, status=row.status, superseded_by=row.superseded_by,
        entries=frozenset(json.loads(connection.execute(entries).scalar_one())), rule=row.access_rule,
        chunks=tuple(connection.execute(numbers).scalars()),
        characters=max((section.end for section in sections), default=0),
        hidden_characters=sum(section.end - section.start for section in sections if section.hidden),
        **told,
    )  # fmt: skip


def nearest_names(connection: sa.Connection, path: str, *, most: int = 5) -> tuple[str, ...]:
    """Return paths of documents that are much like this one, the likest first."""
    known = set(connection.execute(sa.select(documents.c.path).where(documents.c.died.is_(None))).scalars())
    known.update(connection.execute(sa.select(problems.c.path)).scalars())
    by_end = [name for name in sorted(known) if name.endswith(f"/{path}")]
    like = difflib.get_close_matches(path, sorted(known), n=most, cutoff=_NEAR)
    by_word = [name for name in sorted(known) if path.casefold() in name.casefold()]
    return tuple(dict.fromkeys([*by_end, *like, *by_word]))[:most]


def copies_of(connection: sa.Connection, one: Described) -> tuple[str, ...]:
    """Return paths of other documents on record with the very same content."""
    query = sa.select(documents.c.path).where(
        documents.c.digest == one.digest,
        documents.c.died.is_(None),
        sa.not_((documents.c.source == one.source) & (documents.c.path == one.path)),
    )
    return tuple(sorted(set(connection.execute(query).scalars()))) if one.digest else ()


def is_evidence(connection: sa.Connection, path: str) -> bool:
    """Return whether any run on record names a document of this path."""
    query = sa.select(run_evidence.c.run_id).where(run_evidence.c.document == path).limit(1)
    return connection.execute(query).first() is not None
