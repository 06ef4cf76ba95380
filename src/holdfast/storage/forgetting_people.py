"""Forget a person: their runs go, and what they did is on record under a name that leads nowhere."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from holdfast.domain.access import USER_PREFIX
from holdfast.domain.items import REPLAY_PREFIX
from holdfast.storage.encoding import pack, unpack
from holdfast.storage.experiments import empty_whys, forget_runner
from holdfast.storage.replies import forget_replies_to
from holdfast.storage.review_tables import decisions, drafts, notices, review_items
from holdfast.storage.schema import access_entries, access_lists, audit, documents, experiments, runs

DOCUMENT = "a forgotten document"


NAMED_IN_REVIEW: tuple[sa.Column[str], ...] = (
    decisions.c.who, decisions.c.to, notices.c.to, review_items.c.owner, review_items.c.substitute,
    review_items.c.claimed_by, review_items.c.done_by,
)  # fmt: skip
"""Columns of review whose whole value may be a person's name."""


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
    query = sa.select(sa.func.count()).select_from(runs).where(_is_theirs(user))
    return int(connection.execute(query).scalar_one())


def is_person_on_record(connection: sa.Connection, user: str) -> bool:
    """Return whether anything names this person: a run, a list of who may see what, a review, the audit."""
    if user in people_on_record(connection):
        return True
    renamed = _renamer(user, "")
    texts = [
        text for row in connection.execute(sa.select(audit)) for text in (row.who, row.thing, row.detail)
    ]
    texts += [unpack(words) for words in connection.execute(sa.select(decisions.c.words)).scalars()]
    return any(renamed(text) != text for text in texts)


def people_on_record(connection: sa.Connection) -> frozenset[str]:
    """Return everybody who asked, may see something by name, or has to do with a case of the queue."""
    asked = (runs.c.principal, drafts.c.principal, review_items.c.asker, experiments.c.principal)
    found: set[str] = set()
    for column in (*asked, *NAMED_IN_REVIEW):
        found.update(connection.execute(sa.select(column).distinct()).scalars())
    entries = connection.execute(sa.select(access_entries.c.entry).distinct()).scalars()
    found.update(one.removeprefix(USER_PREFIX) for one in entries if one.startswith(USER_PREFIX))
    return frozenset(name for name in found if name)


def _is_theirs(user: str) -> sa.ColumnElement[bool]:
    """Return the condition that a run holds what this person asked: they did, or somebody replayed it."""
    asked = runs.alias()
    replays = sa.select(sa.literal(REPLAY_PREFIX) + asked.c.id).where(asked.c.principal == user)
    return sa.or_(runs.c.principal == user, runs.c.item_id.in_(replays))


def forget_person(connection: sa.Connection, user: str) -> ForgottenPerson:
    """Delete what they asked for, put a pseudonym into the audit record, drop lists nobody carries.

    Their runs go, with replays of them, and the replies that were kept for them. The audit record stays
    whole: that something was done outlives who did it. The pseudonym is drawn by lot and written down
    nowhere, so it leads back to nobody; one person's entries still belong together. The caller holds a write
    transaction and the sync lease.
    """
    pseudonym = f"forgotten-{secrets.token_hex(4)}"
    empty_whys(connection, sa.select(runs.c.id).where(_is_theirs(user)))
    forget_runner(connection, user, by=pseudonym)
    # Decisions on their runs, and notices of them, go with the runs (ON DELETE CASCADE).
    gone = connection.execute(sa.delete(runs).where(_is_theirs(user))).rowcount
    forget_replies_to(connection, user)
    connection.execute(sa.delete(drafts).where(drafts.c.principal == user))
    connection.execute(sa.delete(review_items).where(review_items.c.asker == user))
    _rename_in_review(connection, user, pseudonym)
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
    return _rewrite(connection, _renamer(name, by))


def _renamer(name: str, by: str) -> Callable[[str], str]:
    word = re.compile(rf"(?<![\w@.-]){re.escape(name)}(?![\w@-])")
    return lambda text: word.sub(lambda _found: by, text)


def _rename_in_review(connection: sa.Connection, user: str, by: str) -> None:
    """Put the pseudonym where they reviewed, own a case or are to be told; what they decided stays."""
    for column in NAMED_IN_REVIEW:
        mine = sa.update(column.table).where(column == user).values({column.name: by})
        connection.execute(mine)
    renamed = _renamer(user, by)
    for row in connection.execute(sa.select(decisions.c.id, decisions.c.words)).all():
        words = unpack(row.words)
        if (now := renamed(words)) != words:
            changed = sa.update(decisions).where(decisions.c.id == row.id).values(words=pack(now))
            connection.execute(changed)


def _rewrite(connection: sa.Connection, replaced: Callable[[str], str]) -> int:
    count = 0
    for row in connection.execute(sa.select(audit)).all():
        now = {"who": replaced(row.who), "thing": replaced(row.thing), "detail": replaced(row.detail)}
        if now != {"who": row.who, "thing": row.thing, "detail": row.detail}:
            connection.execute(sa.update(audit).where(audit.c.id == row.id).values(**now))
            count += 1
    return count
