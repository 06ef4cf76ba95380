from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from holdfast.engines.jobs import LocalJobEngine
from holdfast.errors import NotAllowed, UsageError
from holdfast.protocols import JobEngine
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.jobs import JobRecords, TakenJob

HANDLERS = """
import asyncio, pathlib, time

def note(file, word, **_):
    with open(file, "a") as out:
        out.write(word + " ")

async def note_later(file, word):
    await asyncio.sleep(0)
    note(file, word)

def fail(file, **_):
    note(file, "tried")
    raise ValueError("not today")

def fail_once(file):
    before = pathlib.Path(file).exists()
    note(file, "tried")
    if not before:
        raise OSError("away")

def hang(file):
    note(file, "hangs")
    time.sleep(60)

async def wait(file):
    note(file, "waits")
    await asyncio.sleep(60)
"""


@pytest.fixture
def engine(tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> LocalJobEngine[TakenJob]:
    (tmp_path / "job_handlers.py").write_text(HANDLERS)
    monkeypatch.syspath_prepend(tmp_path)
    return made_engine(database)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(sqlite_url(tmp_path / "jobs.sqlite"))
    yield opened
    opened.close()


def made_engine(database: Database, *, attempts: int = 3, lease_s: float = 60.0) -> LocalJobEngine[TakenJob]:
    return LocalJobEngine(
        JobRecords(database), packages=("holdfast", "job_handlers"), attempts=attempts, lease_s=lease_s,
        backoff_s=0.0,
    )  # fmt: skip


def told(tmp_path: Path) -> str:
    file = tmp_path / "told"
    return file.read_text().strip() if file.exists() else ""


def test_due_jobs_run_in_order_and_once(engine: LocalJobEngine[TakenJob], tmp_path: Path) -> None:
    socket: JobEngine = engine
    file = str(tmp_path / "told")
    now = datetime.now(UTC)
    assert socket.enqueue("job_handlers:note", {"file": file, "word": "second"}, key="b", due=now)
    earlier, later = now - timedelta(hours=1), now + timedelta(hours=1)
    assert socket.enqueue("job_handlers:note_later", {"file": file, "word": "first"}, key="a", due=earlier)
    assert socket.enqueue("job_handlers:note", {"file": file, "word": "never"}, key="c", due=later)
    assert not socket.enqueue("job_handlers:note", {"file": file, "word": "again"}, key="a")
    assert asyncio.run(socket.work()) == 2
    assert asyncio.run(socket.work()) == 0
    assert told(tmp_path) == "first second"


def test_work_stops_at_its_limit(engine: LocalJobEngine[TakenJob], tmp_path: Path) -> None:
    for number in range(3):
        arguments = {"file": str(tmp_path / "told"), "word": f"{number}"}
        engine.enqueue("job_handlers:note", arguments, key=f"{number}")
    assert asyncio.run(engine.work(limit=2)) == 2
    assert asyncio.run(engine.work()) == 1


def test_a_job_that_fails_is_tried_again_and_then_given_up(
    engine: LocalJobEngine[TakenJob], database: Database, tmp_path: Path
) -> None:
    engine.enqueue("job_handlers:fail", {"file": str(tmp_path / "told")}, key="a")
    engine.enqueue("job_handlers:fail_once", {"file": str(tmp_path / "other")}, key="b")
    while asyncio.run(engine.work()):
        pass
    assert told(tmp_path) == "tried tried tried"
    assert JobRecords(database).counts() == {"failed": 1, "done": 1}
    assert JobRecords(database).errors() == (("a", "ValueError: not today"),)


def test_between_attempts_the_engine_waits_longer_each_time(database: Database) -> None:
    engine = LocalJobEngine(JobRecords(database), backoff_s=100.0)
    waits = [engine._again_at(attempts) for attempts in (1, 2, 3, 4)]
    now = time.time()
    assert [round((at or 0) - now, -1) for at in waits] == [100, 200, 400, 800]
    assert engine._again_at(5) is None


def test_a_handler_that_does_not_exist_is_a_failed_job(
    engine: LocalJobEngine[TakenJob], database: Database
) -> None:
    engine.enqueue("job_handlers:missing", {}, key="a")
    while asyncio.run(engine.work()):
        pass
    ((_, error),) = JobRecords(database).errors()
    assert error.startswith("AttributeError")


def test_only_handlers_of_named_packages_are_taken(engine: LocalJobEngine[TakenJob]) -> None:
    with pytest.raises(NotAllowed, match=r"os:system.*may not run jobs.*holdfast"):
        engine.enqueue("os:system", {"command": "true"}, key="a")
    with pytest.raises(UsageError, match="module:function"):
        engine.enqueue("job_handlers", {}, key="a")


def test_a_foreign_handler_in_the_table_is_not_run(
    engine: LocalJobEngine[TakenJob], database: Database
) -> None:
    JobRecords(database).add(key="a", handler="os:abort", arguments={}, due=0)
    while asyncio.run(engine.work()):
        pass
    ((_, error),) = JobRecords(database).errors()
    assert error.startswith("NotAllowed")


def test_arguments_that_are_no_json_are_refused(engine: LocalJobEngine[TakenJob]) -> None:
    with pytest.raises(UsageError, match="are no JSON"):
        engine.enqueue("holdfast.x:y", {"what": object()}, key="a")


def test_a_cancelled_job_goes_back(
    engine: LocalJobEngine[TakenJob], database: Database, tmp_path: Path
) -> None:
    async def cancelled() -> None:
        working = asyncio.create_task(engine.work())
        while not told(tmp_path):  # noqa: ASYNC110 -- the handler runs by name and holds no event
            await asyncio.sleep(0.01)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    engine.enqueue("job_handlers:wait", {"file": str(tmp_path / "told")}, key="a")
    asyncio.run(cancelled())
    assert JobRecords(database).counts() == {"waiting": 1}


def test_a_long_job_keeps_its_lease(database: Database, tmp_path: Path) -> None:
    renewed: list[float] = []

    class Watched(JobRecords):
        def renew(self, job: TakenJob, *, lease_s: float) -> bool:
            renewed.append(lease_s)
            return super().renew(job, lease_s=lease_s)

    engine = LocalJobEngine(Watched(database), packages=("asyncio",), lease_s=0.06)
    engine.enqueue("asyncio:sleep", {"delay": 0.15}, key="a")
    assert asyncio.run(engine.work()) == 1
    assert len(renewed) >= 2
    assert JobRecords(database).counts() == {"done": 1}


WORKER = """
import asyncio, sys
sys.path.insert(0, sys.argv[2])
from holdfast.engines.jobs import LocalJobEngine
from holdfast.storage.database import open_database
from holdfast.storage.jobs import JobRecords
asyncio.run(LocalJobEngine(JobRecords(open_database(sys.argv[1])), packages=("job_handlers",)).work())
"""


def test_the_job_of_a_killed_worker_is_taken_over_but_not_for_ever(
    engine: LocalJobEngine[TakenJob], database: Database, tmp_path: Path
) -> None:
    url = sqlite_url(tmp_path / "jobs.sqlite")
    engine.enqueue("job_handlers:hang", {"file": str(tmp_path / "told")}, key="a")
    process = subprocess.Popen([sys.executable, "-c", WORKER, url, str(tmp_path)])
    while "hangs" not in told(tmp_path):
        time.sleep(0.02)
    assert JobRecords(database).take(lease_s=9) is None
    process.kill()
    process.wait()
    taken = JobRecords(database).take(lease_s=-1)
    assert taken is not None
    assert taken.attempts == 2
    for _ in range(2):  # two more holders that end without a word
        JobRecords(database).take(lease_s=-1)
    assert asyncio.run(engine.work()) == 1
    ((_, error),) = JobRecords(database).errors()
    assert error.startswith("given up")
