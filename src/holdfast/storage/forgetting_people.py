"""Forget a person: their runs go, and what they did is on record under a name that leads nowhere."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from holdfast.domain.access import USER_PREFIX
from holdfast.storage.experiments import empty_whys, forget_runner
from holdfast.storage.replies import forget_replies_to
from holdfast.storage.schema import access_entries, access_lists, audit, documents, runs

DOCUMENT = "a forgotten document"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgottenPerson:
    """What was taken out, and what was not."""

    pseudonym: str
    """What stands in their place in the audit record."""
    runs: int = 0
    audit: int = 0
    """Audit entries that named them."""
    documents: int = 0
    """Documents whose access list still names them: permissions.yaml says so."""


def runs_asked_by(connection: sa.Connection, user: str) -> int:
    """Return how many runs of this person are on record: those that `forget_person` deletes."""
    query = sa.select(sa.func.count()).select_from(runs).where(runs.c.principal == user)
    return int(connection.execute(query).scalar_one())


def forget_person(connection: sa.Connection, user: str) -> ForgottenPerson:
    """Delete what they asked for, put a pseudonym into the audit record, drop lists nobody carries.

    Their runs go, and the replies that were kept for them. The audit record stays whole: that something
    was done outlives who did it. The pseudonym is drawn by lot and written down nowhere, so it leads back
    to nobody; one person's entries still belong together. The caller holds a write transaction and the
    sync lease.
    """
    pseudonym = f"forgotten-{secrets.token_hex(4)}"
    empty_whys(connection, sa.select(runs.c.id).where(runs.c.principal == user))
    forget_runner(connection, user, by=pseudonym)
    gone = connection.execute(sa.delete(runs).where(runs.c.principal == user)).rowcount
    forget_replies_to(connection, user)
    entry = f"{USER_PREFIX}{user}"
    lists = sa.select(access_entries.c.access_id).where(access_entries.c.entry == entry)
    carried = sa.select(documents.c.access_id)
    unused = list(
        connection.execute(
            sa.select(access_lists.c.id).where(
                access_lists.c.id.in_(lists), access_lists.c.id.not_in(carried)
            )
        ).scalars()
    )
    connection.execute(sa.delete(access_entries).where(access_entries.c.access_id.in_(unused)))
    connection.execute(sa.delete(access_lists).where(access_lists.c.id.in_(unused)))
    alive = documents.c.died.is_(None) & documents.c.access_id.in_(lists)
    named = connection.execute(sa.select(sa.func.count()).select_from(documents).where(alive))
    return ForgottenPerson(
        pseudonym=pseudonym,
        runs=gone,
        audit=replace_in_audit(connection, user, pseudonym),
        documents=int(named.scalar_one()),
    )


def replace_in_audit(connection: sa.Connection, name: str, by: str) -> int:
    """Put `by` where audit entries name somebody or something; return how many did."""
    word = re.compile(rf"(?<![\w@.-]){re.escape(name)}(?![\w@-])")

    def replaced(text: str) -> str:
        return word.sub(lambda _found: by, text)

    return _rewrite(connection, replaced)


def _rewrite(connection: sa.Connection, replaced: Callable[[str], str]) -> int:
    count = 0
    for row in connection.execute(sa.select(audit)).all():
        now = {"who": replaced(row.who), "thing": replaced(row.thing), "detail": replaced(row.detail)}
        if now != {"who": row.who, "thing": row.thing, "detail": row.detail}:
            connection.execute(sa.update(audit).where(audit.c.id == row.id).values(**now))
            count += 1
    return count
