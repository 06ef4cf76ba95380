"""Keep what people decided about drafts, and what is to be told to whom."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from holdfast.domain.outputs import Record
from holdfast.domain.reviews import Action, Decision, Event, Notice
from holdfast.storage.encoding import pack, texts_in, unpack
from holdfast.storage.inserting import insert_into
from holdfast.storage.moments import aware
from holdfast.storage.review_tables import decisions, notices


def keep_decision(connection: sa.Connection, decision: Decision) -> None:
    """Write down a decision; earlier ones stay."""
    connection.execute(
        sa.insert(decisions).values(
            run=decision.run, at=decision.at, who=decision.who, action=decision.action.value,
            category=decision.category, to=decision.to, words=pack(decision.words),
            text=pack(decision.text if decision.record is None else decision.record),
            in_review=decision.in_review,
        )
    )  # fmt: skip


def decisions_on(connection: sa.Connection, run: str) -> tuple[Decision, ...]:
    """Return what was decided about a run's draft, oldest first; the caller found the run visible."""
    query = sa.select(decisions).where(decisions.c.run == run).order_by(decisions.c.id)
    return tuple(
        Decision(
            run=row.run, who=row.who, action=Action(row.action), at=aware(row.at),
            category=row.category, words=unpack(row.words), to=row.to, in_review=row.in_review,
            text=text, record=record,
        )
        for row in connection.execute(query)
        for text, record in [_sent(row.text)]
    )  # fmt: skip


def texts_sent(packed: bytes) -> tuple[str, ...]:
    """Return what a row of `decisions` sent as text, for a record also the texts of its fields."""
    text, record = _sent(packed)
    return (text,) if record is None else (text, *texts_in(record.output))


def _sent(packed: bytes) -> tuple[str, Record | None]:
    """Return the text of an edit, and its record where it is one."""
    kept = unpack(packed)
    if isinstance(kept, str):
        return kept, None
    cites = {path: tuple(numbers) for path, numbers in kept["cites"].items()}
    record = Record(output=kept["output"], cites=cites)
    return record.text, record


def give_notice(connection: sa.Connection, run: str, event: Event, *, to: str) -> bool:
    """Note that somebody is to be told; return False when they were, and are not told again.

    A case is overdue once; one that is opened or answered anew is told anew.
    """
    row = {"event": event.value, "to": to, "at": datetime.now(UTC), "seen_at": None, "queued": False}
    insert = insert_into(connection, notices).values(id=f"{run}:{event.value}", run=run, **row)
    if event is Event.OVERDUE:
        insert = insert.on_conflict_do_nothing()
    else:
        insert = insert.on_conflict_do_update(index_elements=["id"], set_=row)
    return connection.execute(insert.returning(notices.c.id)).first() is not None


def notices_to(connection: sa.Connection, user: str, *, limit: int = 50) -> tuple[Notice, ...]:
    """Return what a person has not seen yet, newest first."""
    query = (
        sa.select(notices)
        .where(notices.c.to == user, notices.c.seen_at.is_(None))
        .order_by(notices.c.at.desc(), notices.c.id)
        .limit(limit)
    )
    return tuple(_notice(row) for row in connection.execute(query))


def mark_seen(connection: sa.Connection, run: str, user: str) -> None:
    """Note that a person has looked at a run of which they were to be told."""
    mine = (notices.c.run == run) & (notices.c.to == user) & notices.c.seen_at.is_(None)
    connection.execute(sa.update(notices).where(mine).values(seen_at=datetime.now(UTC)))


def end_notice(connection: sa.Connection, run: str, event: Event) -> None:
    """Note that nothing is left of what somebody was told of a run."""
    over = (notices.c.id == f"{run}:{event.value}") & notices.c.seen_at.is_(None)
    connection.execute(sa.update(notices).where(over).values(seen_at=datetime.now(UTC)))


def find_notice(connection: sa.Connection, notice_id: str) -> Notice | None:
    """Return a notice, None when it is gone with its run."""
    row = connection.execute(sa.select(notices).where(notices.c.id == notice_id)).first()
    return None if row is None else _notice(row)


def unqueued(connection: sa.Connection, *, limit: int = 500) -> tuple[Notice, ...]:
    """Return notices for which no job was made yet, oldest first."""
    query = sa.select(notices).where(~notices.c.queued).order_by(notices.c.at, notices.c.id).limit(limit)
    return tuple(_notice(row) for row in connection.execute(query))


def mark_queued(connection: sa.Connection, notice: Notice) -> None:
    """Note that the jobs of a notice are made, unless it was made fresh meanwhile."""
    same = (notices.c.id == notice.id) & (notices.c.at == notice.at)
    connection.execute(sa.update(notices).where(same).values(queued=True))


def _notice(row: Any) -> Notice:
    return Notice(
        id=row.id, run=row.run, event=Event(row.event), to=row.to, at=aware(row.at),
        seen_at=aware(row.seen_at) if row.seen_at else None,
    )  # fmt: skip
