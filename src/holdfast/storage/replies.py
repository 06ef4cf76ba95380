"""Keep replies of models for those who ask the same again, as long as nothing they rest on is forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from holdfast.domain.prompts import Reply
from holdfast.storage.encoding import pack, unpack_as
from holdfast.storage.inserting import insert_into
from holdfast.storage.schema import replies, reply_evidence, runs

_FOUND = sa.select(replies.c.reply).where(
    replies.c.key == sa.bindparam("key"),
    replies.c.until > sa.bindparam("now"),
    replies.c.made > sa.bindparam("since"),
)
_IN_LIMIT = 500


def find_reply(connection: sa.Connection, key: str, *, now: float, keep_s: float) -> Reply | None:
    """Return the reply as it was made, at most `keep_s` seconds ago; whether it may be shown is not asked.

    Times are seconds since the epoch.
    """
    given = {"key": key, "now": now, "since": now - keep_s}
    found = connection.execute(_FOUND, given).scalar()
    return None if found is None else unpack_as(Reply, found)


def keep_reply(
    connection: sa.Connection,
    key: str,
    reply: Reply,
    *,
    run: str,
    principal: str,
    documents: Iterable[str],
    now: float,
    keep_s: float,
) -> None:
    """Keep a reply with the documents whose passages were in its prompt, in the place of an older one."""
    row = {
        "run": run, "principal": principal, "reply": pack(reply), "made": now, "until": now + keep_s,
    }  # fmt: skip
    insert = insert_into(connection, replies).values(key=key, **row)
    connection.execute(insert.on_conflict_do_update(index_elements=[replies.c.key], set_=row))
    connection.execute(sa.delete(reply_evidence).where(reply_evidence.c.key == key))
    rows = [{"key": key, "document": document} for document in sorted(set(documents))]
    if rows:
        connection.execute(sa.insert(reply_evidence), rows)


def forget_replies_on(connection: sa.Connection, paths: Sequence[str]) -> int:
    """Delete every reply whose prompt showed one of these documents; return how many."""
    count = 0
    for i in range(0, len(paths), _IN_LIMIT):
        some = reply_evidence.c.document.in_(paths[i : i + _IN_LIMIT])
        count += _deleted(connection, replies.c.key.in_(sa.select(reply_evidence.c.key).where(some)))
    return count


def forget_replies_of_runs(connection: sa.Connection, run_ids: Sequence[str]) -> int:
    """Delete every reply that one of these runs paid for; return how many."""
    parts = (run_ids[i : i + _IN_LIMIT] for i in range(0, len(run_ids), _IN_LIMIT))
    return sum(_deleted(connection, replies.c.run.in_(some)) for some in parts)


def forget_replies_without_run(connection: sa.Connection) -> int:
    """Delete every reply whose run is not on record; return how many.

    What an item of such a run repeated of a document can no longer be told.
    """
    return _deleted(connection, replies.c.run.not_in(sa.select(runs.c.id)))


def forget_replies_to(connection: sa.Connection, user: str) -> int:
    """Delete every reply that was made for this user; return how many."""
    return _deleted(connection, replies.c.principal == user)


def purge_replies(connection: sa.Connection, *, now: float, made_before: float, batch: int) -> int:
    """Delete up to `batch` replies whose time is over or that are older than `made_before`."""
    over = sa.or_(replies.c.until <= now, replies.c.made < made_before)
    return _deleted(connection, replies.c.key.in_(sa.select(replies.c.key).where(over).limit(batch)))


def _deleted(connection: sa.Connection, which: sa.ColumnElement[bool]) -> int:
    # Evidence goes with its reply (ON DELETE CASCADE).
    return connection.execute(sa.delete(replies).where(which)).rowcount
