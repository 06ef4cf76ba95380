"""Keep which thread a run belongs to, and what of a draft was shown while there is no outcome yet."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.storage.access_lists import visible_to
from holdfast.storage.encoding import pack, unpack
from holdfast.storage.inserting import insert_into
from holdfast.storage.leases import is_dead, this_holder
from holdfast.storage.moments import aware
from holdfast.storage.review_tables import drafts
from holdfast.storage.runs import LOOKUP_PREFIX, hidden_runs
from holdfast.storage.schema import documents, runs

OPEN, CUT, ENDED = "open", "cut", "ended"
ALIVE_S = 20.0
"""Seconds after which a draft that nobody writes any more counts as cut off: its writer is gone."""
LONGEST = 300
"""Characters of a question in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDraft:
    """A draft without an outcome: it is being written, or was cut off."""

    run: str
    thread: str
    item: Any
    """Without its history where the principal may not see the documents behind it any more."""
    text: str
    """What was shown so far; empty then, too."""
    state: Literal["open", "cut"]
    after: str = ""
    """The newest run of its thread that is on record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """Questions that belong together, by the newest of them."""

    id: str
    run: str
    """The newest run."""
    question: str
    """The first one."""
    at: datetime
    kind: str
    """How the newest run ended; empty while there is no outcome."""
    count: int


def begin_draft(connection: sa.Connection, run: str, thread: str, item: WorkItem) -> None:
    """Note that a run has begun, in a thread or as the first of a new one."""
    now = datetime.now(UTC)
    insert = insert_into(connection, drafts).values(
        run=run, thread=thread or run, principal=item.principal.user, state=OPEN, item=pack(item),
        text=pack(""), evidence=_listed(item.rests_on), holder=this_holder(), begun_at=now, touched_at=now,
    )  # fmt: skip
    connection.execute(insert.on_conflict_do_nothing())


def write_draft(connection: sa.Connection, run: str, text: str, evidence: Collection[str]) -> None:
    """Keep what was shown so far with the documents behind it; also says that its writer lives."""
    connection.execute(
        sa.update(drafts)
        .where(drafts.c.run == run, drafts.c.state == OPEN)
        .values(text=pack(text), evidence=_listed(evidence), touched_at=datetime.now(UTC))
    )


def _listed(evidence: Collection[str]) -> str:
    return json.dumps(sorted(evidence), ensure_ascii=False)


def end_draft(connection: sa.Connection, run: str, *, has_outcome: bool) -> None:
    """End a draft: with an outcome the run holds all of it, else what was shown stays."""
    values: dict[str, object] = {"state": CUT, "touched_at": datetime.now(UTC)}
    if has_outcome:
        values = {**values, "state": ENDED, "item": pack({}), "text": pack(""), "evidence": "[]"}
    connection.execute(sa.update(drafts).where(drafts.c.run == run).values(**values))


def find_draft(connection: sa.Connection, run: str, principal: Principal) -> KeptDraft | None:
    """Return a draft of the principal's own that has no outcome; None where there is none."""
    mine = (drafts.c.run == run) & (drafts.c.principal == principal.user) & (drafts.c.state != ENDED)
    row = connection.execute(sa.select(drafts).where(mine)).first()
    item = None if row is None else unpack(row.item)
    if row is None or not item:
        return None
    may_see = _may_see(connection, json.loads(row.evidence), principal)
    return KeptDraft(
        run=row.run,
        thread=row.thread,
        item=item if may_see else {**item, "history": []},
        text=unpack(row.text) if may_see else "",
        state="open" if row.state == OPEN and _is_written(row) else "cut",
        after=_last_run(connection, row.thread),
    )


def _is_written(row: Any) -> bool:
    """Return whether the draft's writer lives."""
    is_silent = aware(row.touched_at) < datetime.now(UTC) - timedelta(seconds=ALIVE_S)
    return not is_silent and not is_dead(row.holder)


def _last_run(connection: sa.Connection, thread: str) -> str:
    query = (
        sa.select(drafts.c.run)
        .join(runs, runs.c.id == drafts.c.run)
        .where(drafts.c.thread == thread)
        .order_by(drafts.c.begun_at.desc())
        .limit(1)
    )
    return str(connection.execute(query).scalar() or "")


def thread_of(connection: sa.Connection, run: str) -> str:
    """Return the thread that a run belongs to: itself where none is known."""
    found = connection.execute(sa.select(drafts.c.thread).where(drafts.c.run == run)).scalar()
    return str(found or run)


def threads_of(connection: sa.Connection, principal: Principal, *, limit: int = 8) -> tuple[Thread, ...]:
    """Return the principal's newest threads; one whose evidence they may not see today is left out."""
    last = sa.func.max(drafts.c.begun_at).label("at")
    mine = (
        sa.select(drafts.c.thread, last, sa.func.count().label("count"))
        .where(drafts.c.principal == principal.user)
        .group_by(drafts.c.thread)
        .order_by(sa.desc("at"))
        .limit(limit)
    )
    rows = connection.execute(mine).all()
    found = [_thread(connection, row, principal) for row in rows]
    hidden = hidden_runs(connection, [one.run for one in found if one], principal)
    return tuple(one for one in found if one is not None and one.run not in hidden)


def _thread(connection: sa.Connection, row: Any, principal: Principal) -> Thread | None:
    newest = (
        sa.select(drafts.c.run, drafts.c.begun_at, runs.c.kind)
        .outerjoin(runs, runs.c.id == drafts.c.run)
        .where(drafts.c.thread == row.thread, drafts.c.principal == principal.user)
        .order_by(drafts.c.begun_at.desc())
        .limit(1)
    )
    last = connection.execute(newest).one()
    question = _question(connection, row.thread, principal)
    if question is None:
        return None
    return Thread(
        id=row.thread, run=last.run, question=question[:LONGEST], at=aware(last.begun_at),
        kind=last.kind or "", count=row.count,
    )  # fmt: skip


def _question(connection: sa.Connection, run: str, principal: Principal) -> str | None:
    """Return the question of a run that the principal asked, None where it is gone."""
    mine = sa.select(runs.c.item).where(runs.c.id == run, runs.c.principal == principal.user)
    item = connection.execute(mine).scalar()
    if item is None:
        item = connection.execute(sa.select(drafts.c.item).where(drafts.c.run == run)).scalar()
    found = unpack(item) if item is not None else {}
    return str(found["question"]) if "question" in found else None


def _may_see(connection: sa.Connection, evidence: Collection[str], principal: Principal) -> bool:
    paths = {one for one in evidence if not one.startswith(LOOKUP_PREFIX)}
    query = sa.select(documents.c.path, documents.c.access_id).where(documents.c.path.in_(paths))
    rows = connection.execute(query).all()
    allowed = visible_to(connection, principal)
    return {row.path for row in rows} == paths and all(row.access_id in allowed for row in rows)
