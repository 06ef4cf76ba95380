"""Keep jobs: each is taken by one holder at a time, and taken over when its holder is gone."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from holdfast.storage.database import Database
from holdfast.storage.inserting import insert_into
from holdfast.storage.leases import is_dead, this_holder
from holdfast.storage.schema import jobs

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenJob:
    """A job as its holder got it; `attempts` counts this one and tells it from later ones."""

    id: int
    key: str
    handler: str
    arguments: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How far a job is."""

    status: str
    """`waiting`, `running`, `done` or `failed`."""
    moment: datetime
    """When it ended, or, of one that has not, when it is due."""
    error: str
    """Why its last attempt failed, or empty."""


class JobRecords:
    """The jobs table of one database; safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, *, key: str, handler: str, arguments: Mapping[str, Any], due: float) -> bool:
        """Record a job; return False when one with this key is there already, whatever became of it."""
        row = {
            "key": key,
            "handler": handler,
            "arguments": json.dumps(arguments, sort_keys=True),
            "status": WAITING,
            "due": due,
            "created_at": datetime.now(UTC),
        }
        with self._database.write() as connection:
            insert = insert_into(connection, jobs).values(row).on_conflict_do_nothing()
            return connection.execute(insert.returning(jobs.c.id)).first() is not None

    def take(self, *, lease_s: float, handlers: Collection[str] = ()) -> TakenJob | None:
        """Return the job that is due longest, now held by this thread; None when there is none.

        Where handlers are given only one of theirs.
        """
        now = time.time()
        with self._database.write() as connection:
            self._free_the_dead(connection, now)
            ready = sa.or_(
                sa.and_(jobs.c.status == WAITING, jobs.c.due <= now),
                sa.and_(jobs.c.status == RUNNING, jobs.c.lease_until <= now),
            )
            query = sa.select(jobs).where(ready).order_by(jobs.c.due, jobs.c.id).limit(1)
            if handlers:
                query = query.where(jobs.c.handler.in_(sorted(handlers)))
            row = connection.execute(query.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            connection.execute(
                sa.update(jobs)
                .where(jobs.c.id == row.id)
                .values(
                    status=RUNNING, holder=this_holder(), attempts=row.attempts + 1, lease_until=now + lease_s
                )
            )
        return TakenJob(
            id=row.id,
            key=row.key,
            handler=row.handler,
            arguments=json.loads(row.arguments),
            attempts=row.attempts + 1,
        )

    def _free_the_dead(self, connection: sa.Connection, now: float) -> None:
        """Let nobody wait for the lease of a process of this host that was killed."""
        query = sa.select(jobs.c.id, jobs.c.holder, jobs.c.attempts).where(
            jobs.c.status == RUNNING, jobs.c.lease_until > now
        )
        for row in connection.execute(query).all():
            if is_dead(row.holder):
                same = (jobs.c.id == row.id) & (jobs.c.attempts == row.attempts)
                connection.execute(sa.update(jobs).where(same).values(lease_until=0.0))

    def renew(self, job: TakenJob, *, lease_s: float) -> bool:
        """Hold the job for longer; return False when it was taken over meanwhile."""
        return self._changed(job, lease_until=time.time() + lease_s)

    def finish(self, job: TakenJob) -> bool:
        """Note that the job is done; return False when it was taken over meanwhile."""
        return self._changed(job, status=DONE, error="", lease_until=0.0, due=time.time())

    def fail(self, job: TakenJob, *, error: str, again_at: float | None) -> bool:
        """Note why an attempt failed and when the next one is due, None for never."""
        status, due = (FAILED, time.time()) if again_at is None else (WAITING, again_at)
        return self._changed(job, status=status, error=error, lease_until=0.0, due=due)

    def _changed(self, job: TakenJob, **values: object) -> bool:
        mine = (jobs.c.id == job.id) & (jobs.c.attempts == job.attempts) & (jobs.c.status == RUNNING)
        with self._database.write() as connection:
            return connection.execute(sa.update(jobs).where(mine).values(**values)).rowcount == 1

    def latest(self, prefix: str) -> JobState | None:
        """Return the newest job whose key begins so, None when there is none."""
        query = sa.select(jobs).where(jobs.c.key.startswith(prefix, autoescape=True))
        with self._database.read() as connection:
            row = connection.execute(query.order_by(jobs.c.id.desc()).limit(1)).first()
        if row is None:
            return None
        return JobState(status=row.status, moment=datetime.fromtimestamp(row.due, UTC), error=row.error)

    def counts(self) -> dict[str, int]:
        """Return how many jobs there are, by status."""
        query = sa.select(jobs.c.status, sa.func.count()).group_by(jobs.c.status)
        with self._database.read() as connection:
            return {status: int(count) for status, count in connection.execute(query)}

    def errors(self, *, limit: int = 20) -> tuple[tuple[str, str], ...]:
        """Return key and last error of the jobs that failed for good, newest first."""
        query = sa.select(jobs.c.key, jobs.c.error).where(jobs.c.status == FAILED)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(jobs.c.due.desc(), jobs.c.id.desc()).limit(limit))
            return tuple((row.key, row.error) for row in rows)
