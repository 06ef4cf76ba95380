from __future__ import annotations

import threading
import time

import sqlalchemy as sa

from holdfast.storage.database import Database, open_database
from holdfast.storage.jobs import JobRecords
from holdfast.storage.schema import jobs


def add(records: JobRecords, key: str, *, due: float = 0.0) -> bool:
    return records.add(key=key, handler="m:f", arguments={"n": 1, "word": "ä"}, due=due)


def test_a_key_is_taken_in_once(database: Database) -> None:
    records = JobRecords(database)
    assert add(records, "a")
    assert not add(records, "a")
    job = records.take(lease_s=9)
    assert job is not None
    assert (job.key, job.handler, job.arguments, job.attempts) == ("a", "m:f", {"n": 1, "word": "ä"}, 1)
    assert records.finish(job)
    assert not add(records, "a")
    assert records.counts() == {"done": 1}


def test_what_is_due_longest_comes_first_and_what_is_not_due_waits(database: Database) -> None:
    records = JobRecords(database)
    for key, due in (("later", time.time() + 60), ("second", 2.0), ("first", 1.0)):
        add(records, key, due=due)
    taken = [records.take(lease_s=9), records.take(lease_s=9), records.take(lease_s=9)]
    assert [job.key if job else None for job in taken] == ["first", "second", None]


def test_a_lapsed_lease_is_taken_over_and_its_old_holder_has_no_say(database: Database) -> None:
    records = JobRecords(database)
    add(records, "a")
    first = records.take(lease_s=-1)
    second = records.take(lease_s=9)
    assert first is not None
    assert second is not None
    assert (first.attempts, second.attempts) == (1, 2)
    assert not records.finish(first)
    assert not records.renew(first, lease_s=9)
    assert not records.fail(first, error="late", again_at=None)
    assert records.renew(second, lease_s=9)
    assert records.take(lease_s=9) is None
    assert records.finish(second)


def test_the_job_of_a_killed_process_is_free_at_once(database: Database) -> None:
    records = JobRecords(database)
    add(records, "a")
    assert records.take(lease_s=1000) is not None
    assert records.take(lease_s=9) is None
    with database.write() as connection:
        holder = connection.execute(sa.select(jobs.c.holder)).scalar_one()
        host, pid, started, thread = holder.split(":")
        gone = f"{host}:{pid}:{int(started) - 1}:{thread}"
        connection.execute(sa.update(jobs).values(holder=gone))
    again = records.take(lease_s=9)
    assert again is not None
    assert again.attempts == 2


def test_a_failed_attempt_comes_again_or_never(database: Database) -> None:
    records = JobRecords(database)
    add(records, "a")
    job = records.take(lease_s=9)
    assert job is not None
    assert records.fail(job, error="not yet", again_at=time.time() - 1)
    job = records.take(lease_s=9)
    assert job is not None
    assert job.attempts == 2
    assert records.fail(job, error="never \x00", again_at=None)
    assert records.take(lease_s=9) is None
    assert records.errors() == (("a", "never \ufffd"),)


def test_two_workers_at_once_never_hold_the_same_job(url: str, database: Database) -> None:
    records = JobRecords(database)
    for number in range(20):
        add(records, f"{number}")
    taken: list[int] = []

    def work() -> None:
        own = open_database(url)
        mine = JobRecords(own)
        while (job := mine.take(lease_s=60)) is not None:
            taken.append(job.id)
        own.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 20
    assert len(set(taken)) == 20
