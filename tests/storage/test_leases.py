from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa

from holdfast.errors import StorageError
from holdfast.storage.database import Database, open_database
from holdfast.storage.leases import is_dead, lease, this_holder
from holdfast.storage.schema import leases

HOLD = """
import sys, time
from holdfast.storage.database import open_database
from holdfast.storage.leases import lease
with lease(open_database(sys.argv[1]), "sync", wait_s=0):
    print("held", flush=True)
    time.sleep(60)
"""


def test_one_holder_at_a_time(url: str, database: Database) -> None:
    told: list[str] = []
    other = open_database(url)
    with lease(database, "sync", wait_s=0):
        with (
            pytest.raises(StorageError, match=r"sync is already running \(process \d+ on .*Wait"),
            lease(other, "sync", wait_s=0, waiting=told.append),
        ):
            pytest.fail("two holders")
        with lease(other, "something else", wait_s=0):
            pass
    with lease(other, "sync", wait_s=0):
        pass
    assert len(told) == 1
    assert told[0].startswith("process ")
    other.close()


def test_of_many_that_start_at_once_each_gets_its_turn(url: str) -> None:
    inside, most = 0, 0
    lock, barrier = threading.Lock(), threading.Barrier(3)

    def work() -> None:
        nonlocal inside, most
        own = open_database(url)
        barrier.wait()
        with lease(own, "sync", wait_s=30):
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.02)
            with lock:
                inside -= 1
        own.close()

    for _ in range(4):  # each time all of them find it free
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1


def test_nobody_waits_for_a_process_that_was_killed(url: str, database: Database) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()
    process.stdout.close()
    with lease(database, "sync", wait_s=0):
        pass


def test_a_lease_of_another_machine_counts_until_it_lapses(database: Database) -> None:
    row = {"name": "sync", "holder": "elsewhere/1:12:345:6"}
    with database.write() as connection:
        connection.execute(sa.insert(leases).values(**row, until=time.time() + 20))
    with pytest.raises(StorageError, match="process 12 on elsewhere"), lease(database, "sync", wait_s=0):
        pytest.fail("two holders")
    with database.write() as connection:
        connection.execute(sa.update(leases).values(until=time.time() - 1))
    with lease(database, "sync", wait_s=0):
        pass


def test_the_living_are_not_taken_for_dead() -> None:
    assert not is_dead(this_holder())
    host, pid, started, thread = this_holder().split(":")
    assert is_dead(f"{host}:{pid}:{int(started) + 1}:{thread}")
    assert not is_dead(f"another{host}:{pid}:1:{thread}")
