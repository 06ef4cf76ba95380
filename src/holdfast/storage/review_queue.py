"""The queue of cases that wait for a person: each is held by one reviewer at a time."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.reviews import FORGOTTEN, Action, Admission, Cause, Finished, ReviewItem, State, Waiting
from holdfast.storage.encoding import unpack
from holdfast.storage.inserting import insert_into
from holdfast.storage.moments import aware
from holdfast.storage.parts import in_parts
from holdfast.storage.review_tables import review_items
from holdfast.storage.runs import hidden_runs
from holdfast.storage.schema import runs

OPEN, CLAIMED, DONE = "open", "claimed", "done"
_AT_ONCE = 500
_RISKS = ("high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Cases in their order, and how many were left out."""

    items: tuple[ReviewItem, ...]
    hidden: int
    """Cases that hold text of documents which the principal may not see today."""
    more: bool = False
    """There are further ones behind the last."""


def admit(connection: sa.Connection, run: str, asker: str, admission: Admission) -> bool:
    """Put a case into the queue; return False when it waits there already, and leave it as it is.

    One that was finished comes in again: whoever asked handed it over once more.
    """
    row = {
        "asker": asker, "cause": admission.cause.value, "risk": admission.risk, "route": admission.route,
        "confidence": admission.confidence, "opened_at": datetime.now(UTC), "due_at": admission.due_at,
        "owner": admission.owner, "substitute": admission.substitute, "state": OPEN, "claimed_by": "",
        "claimed_until": 0.0, "done_by": "", "done_at": None, "verdict": "", "category": "",
    }  # fmt: skip
    insert = insert_into(connection, review_items).values(run=run, **row)
    again = insert.on_conflict_do_update(index_elements=["run"], set_=row, where=review_items.c.state == DONE)
    return connection.execute(again.returning(review_items.c.run)).first() is not None


def doubt(connection: sa.Connection, run: str, asker: str, admission: Admission) -> bool:
    """Put a run into the queue that who asked found wrong; return False when it waits there already.

    One that was finished waits again, as old as it is, with what was decided last; one whose texts were
    taken out stays closed.
    """
    again = (
        sa.update(review_items)
        .where(review_items.c.run == run, review_items.c.state == DONE, review_items.c.verdict != FORGOTTEN)
        .values(
            cause=admission.cause.value, risk=admission.risk, due_at=admission.due_at, state=OPEN,
            claimed_by="", claimed_until=0.0,
        )
    )  # fmt: skip
    if connection.execute(again).rowcount:
        return True
    known = connection.execute(sa.select(review_items.c.run).where(review_items.c.run == run)).first()
    return known is None and admit(connection, run, asker, admission)


def withdraw(connection: sa.Connection, run: str) -> bool:
    """Take back a case that who asked had found wrong; return False when it is none, or somebody holds it.

    One that was finished before is finished again, as it was decided then.
    """
    is_free = sa.or_(review_items.c.state == OPEN, review_items.c.claimed_until <= time.time())
    mine = sa.and_(
        review_items.c.run == run, review_items.c.cause == Cause.FOUND_WRONG.value,
        review_items.c.state != DONE, is_free,
    )  # fmt: skip
    ended = (
        sa.update(review_items)
        .where(mine, review_items.c.done_at.is_not(None))
        .values(state=DONE, claimed_by="", claimed_until=0.0)
    )
    taken = sa.delete(review_items).where(mine, review_items.c.done_at.is_(None))
    return bool(connection.execute(ended).rowcount or connection.execute(taken).rowcount)


def reopen(connection: sa.Connection, run: str) -> bool:
    """Let a finished case wait again, as old as it is; return False when it is not finished."""
    open_again = (
        sa.update(review_items)
        .where(review_items.c.run == run, review_items.c.state == DONE)
        .values(state=OPEN, claimed_by="", claimed_until=0.0)
    )
    return connection.execute(open_again).rowcount == 1


def claim(connection: sa.Connection, run: str, who: str, *, until: float) -> bool:
    """Hold a case until a moment (seconds since the epoch); return False when that cannot be.

    Another holds it then, or it is done. One statement, so that of two reviewers at two connections one
    gets it; whoever holds it already holds it for longer.
    """
    free = sa.or_(
        review_items.c.state == OPEN,
        review_items.c.claimed_until <= time.time(),
        review_items.c.claimed_by == who,
    )
    taken = (
        sa.update(review_items)
        .where(review_items.c.run == run, review_items.c.state != DONE, free)
        .values(state=CLAIMED, claimed_by=who, claimed_until=until)
    )
    return connection.execute(taken).rowcount == 1


def release(connection: sa.Connection, run: str, who: str) -> bool:
    """Let go of a case; return False when it is not held by this person."""
    mine = (
        (review_items.c.run == run) & (review_items.c.state == CLAIMED) & (review_items.c.claimed_by == who)
    )
    freed = sa.update(review_items).where(mine).values(state=OPEN, claimed_by="", claimed_until=0.0)
    return connection.execute(freed).rowcount == 1


def reassign(connection: sa.Connection, run: str, who: str, *, owner: str, substitute: str) -> bool:
    """Make somebody else the owner and let go of the case; return False unless this person holds it."""
    mine = _held_by(run, who)
    moved = (
        sa.update(review_items)
        .where(mine)
        .values(owner=owner, substitute=substitute, state=OPEN, claimed_by="", claimed_until=0.0)
    )
    return connection.execute(moved).rowcount == 1


def finish(connection: sa.Connection, run: str, who: str, *, verdict: Action, category: str = "") -> bool:
    """End a case with its verdict; return False unless this person holds it now."""
    ended = (
        sa.update(review_items)
        .where(_held_by(run, who))
        .values(
            state=DONE, done_by=who, done_at=datetime.now(UTC), verdict=verdict.value, category=category,
            claimed_by="", claimed_until=0.0,
        )
    )  # fmt: skip
    return connection.execute(ended).rowcount == 1


def _held_by(run: str, who: str) -> sa.ColumnElement[bool]:
    return sa.and_(
        review_items.c.run == run,
        review_items.c.state == CLAIMED,
        review_items.c.claimed_by == who,
        review_items.c.claimed_until > time.time(),
    )


def find_item(
    connection: sa.Connection, run: str, principal: Principal, *, lookups: Collection[str] = ()
) -> ReviewItem | None:
    """Return a case by its run's id or an unambiguous beginning of it; None when there is none to be seen."""
    query = _selected().where(review_items.c.run.startswith(run, autoescape=True)).limit(2)
    rows = connection.execute(query).all()
    if len(rows) != 1 or hidden_runs(connection, [rows[0].run], principal, lookups=lookups):
        return None
    return _item(rows[0], time.time())


def any_item(connection: sa.Connection, run: str) -> ReviewItem | None:
    """Return a case for what tells of it without its texts; nobody's access lists are asked."""
    row = connection.execute(_selected().where(review_items.c.run == run)).first()
    return None if row is None else replace(_item(row, time.time()), question="")


def items_of(connection: sa.Connection, found: Collection[str]) -> dict[str, ReviewItem]:
    """Return the cases of these runs, by run, for lists of runs that the caller found visible."""
    query = _selected().where(review_items.c.run.in_(found))
    now = time.time()
    return {row.run: replace(_item(row, now), question="") for row in connection.execute(query)}


def waiting(
    connection: sa.Connection,
    principal: Principal,
    *,
    lookups: Collection[str] = (),
    only: Collection[str] = (),
    limit: int = 200,
) -> Queue:
    """Return the cases that wait, the highest risk first, then the oldest.

    Those left out are counted over the whole queue up to the last one shown. `only` are runs.
    """
    rank = sa.case({risk: number for number, risk in enumerate(_RISKS)}, value=review_items.c.risk, else_=9)
    query = _selected().where(review_items.c.state != DONE)
    if only:
        query = query.where(review_items.c.run.in_(only))
    return _visible(
        connection,
        query.order_by(rank, review_items.c.opened_at, review_items.c.run),
        principal,
        lookups,
        limit,
    )


def finished(
    connection: sa.Connection, principal: Principal, *, lookups: Collection[str] = (), limit: int = 50
) -> Queue:
    """Return the cases that were finished, newest first; those whose run is gone are left out."""
    query = _selected().where(review_items.c.state == DONE)
    return _visible(
        connection,
        query.order_by(review_items.c.done_at.desc(), review_items.c.run),
        principal,
        lookups,
        limit,
    )


def _visible(
    connection: sa.Connection, query: Any, principal: Principal, lookups: Collection[str], limit: int
) -> Queue:
    now, kept, hidden = time.time(), list[ReviewItem](), 0
    # Partitions, so that a long queue is read only as far as it is shown.
    found = connection.execute(query.execution_options(yield_per=_AT_ONCE))
    for rows in found.partitions():
        closed = hidden_runs(connection, [row.run for row in rows], principal, lookups=lookups)
        for row in rows:
            if row.run in closed:
                hidden += 1
            elif len(kept) == limit:
                found.close()
                return Queue(items=tuple(kept), hidden=hidden, more=True)
            else:
                kept.append(_item(row, now))
    return Queue(items=tuple(kept), hidden=hidden)


def waiting_among(connection: sa.Connection, wanted: Collection[str]) -> tuple[Waiting, ...]:
    """Return which of these runs wait for a person, and whose they are; nobody's access lists are asked."""
    now, found = time.time(), list[Waiting]()
    for some in in_parts(list(wanted)):
        query = sa.select(review_items).where(review_items.c.run.in_(some), review_items.c.state != DONE)
        found += [
            Waiting(
                run=row.run, asker=row.asker, owner=row.owner,
                holder=row.claimed_by if row.state == CLAIMED and row.claimed_until > now else "",
            )
            for row in connection.execute(query.order_by(review_items.c.opened_at, review_items.c.run))
        ]  # fmt: skip
    return tuple(found)


def close_forgotten(connection: sa.Connection, cases: Iterable[Waiting]) -> None:
    """Close cases whose texts were taken out: nobody can decide them any more."""
    for one in cases:
        closed = sa.update(review_items).where(review_items.c.run == one.run)
        connection.execute(
            closed.values(
                state=DONE, done_by="", done_at=datetime.now(UTC), verdict=FORGOTTEN, category="",
                claimed_by="", claimed_until=0.0,
            )
        )  # fmt: skip


def counted(connection: sa.Connection, *, since: datetime | None = None) -> tuple[Finished, ...]:
    """Return who finished how much since a moment, most first; cases whose run is gone count too."""
    ended = (review_items.c.state == DONE) & (review_items.c.verdict != FORGOTTEN)
    query = sa.select(review_items).where(ended)
    if since is not None:
        query = query.where(review_items.c.done_at >= since)
    found: dict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.done_by].append(row)
    sums = [
        Finished(
            who=who,
            accepted=sum(row.verdict == Action.ACCEPT for row in rows),
            edited=sum(row.verdict == Action.EDIT for row in rows),
            rejected=sum(row.verdict == Action.REJECT for row in rows),
            median_minutes=statistics.median(
                (row.done_at - row.opened_at).total_seconds() / 60 for row in rows
            ),
        )
        for who, rows in found.items()
    ]
    return tuple(sorted(sums, key=lambda one: (-one.total, one.who)))


def overdue(connection: sa.Connection, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return the runs that wait too long, each with who is to be told: substitute, else owner, else all."""
    query = sa.select(review_items).where(review_items.c.state != DONE, review_items.c.due_at < now)
    return tuple((row.run, row.substitute or row.owner) for row in connection.execute(query))


def _selected() -> sa.Select[Any]:
    return sa.select(review_items, runs.c.item, runs.c.kind).join(runs, runs.c.id == review_items.c.run)


def _item(row: Any, now: float) -> ReviewItem:
    is_free = row.state == CLAIMED and row.claimed_until <= now
    is_claimed = row.state == CLAIMED and not is_free
    return ReviewItem(
        run=row.run,
        question=str(unpack(row.item)["question"]),
        kind=row.kind,
        asker=row.asker,
        cause=Cause(row.cause),
        risk=row.risk,
        route=row.route,
        confidence=row.confidence,
        opened_at=aware(row.opened_at),
        due_at=aware(row.due_at),
        owner=row.owner,
        substitute=row.substitute,
        state=cast("State", OPEN if is_free else row.state),
        claimed_by=row.claimed_by if is_claimed else "",
        claimed_until=datetime.fromtimestamp(row.claimed_until, UTC) if is_claimed else None,
        done_by=row.done_by,
        done_at=aware(row.done_at) if row.done_at else None,
        verdict=row.verdict,
        category=row.category,
    )
