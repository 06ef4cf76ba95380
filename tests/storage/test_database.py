from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from holdfast.domain.reviews import Action
from holdfast.errors import StorageError
from holdfast.storage import counters, schema
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.encoding import unpack
from holdfast.storage.gists import decided_alike, gist_of_item
from holdfast.storage.runs import save_run
from holdfast.storage.schema import runs
from holdfast.testing.records import run_of

OLDER = sorted((Path(__file__).parent / "older").glob("*.sql"))


def test_a_new_database_has_the_schema_that_the_tables_declare(empty_url: str) -> None:
    database = open_database(empty_url)
    with database.read() as connection:
        assert differences(connection) == []
        revision = connection.execute(sa.text("select version_num from alembic_version")).scalar()
    assert revision == schema.HEAD
    database.close()


def test_opening_again_changes_nothing(url: str, database: Database) -> None:
    with database.write() as connection:
        counters.remember(connection, "fingerprint", "one")
    again = open_database(url)
    with again.read() as connection:
        assert counters.remembered(connection, "fingerprint") == "one"
        assert differences(connection) == []
    again.close()


@pytest.mark.parametrize("older", OLDER, ids=lambda path: path.stem)
def test_a_file_of_an_older_version_is_brought_up_with_its_records(older: Path, tmp_path: Path) -> None:
    file = tmp_path / "older.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(older.read_text(encoding="utf-8"))
    database = open_database(sqlite_url(file))
    with database.read() as read:
        assert differences(read) == []
        titles = read.execute(sa.text("select title from v_documents order by path")).scalars().all()
        assert titles == ["Pump manual", "Price list"]
        assert read.execute(sa.text("select run, kind from v_runs")).all() == [("run-1", "answer")]
    database.close()


def test_cases_decided_before_gists_were_kept_are_found_too(tmp_path: Path) -> None:
    file = tmp_path / "older.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript((OLDER[0].parent / "0009.sql").read_text(encoding="utf-8"))
    database = open_database(sqlite_url(file))
    with database.read() as read:
        (item,) = read.execute(sa.select(runs.c.item)).scalars()
        gist = gist_of_item(unpack(item))
        assert gist is not None
        found = decided_alike(read, gist, least=1, verdicts=[Action.EDIT])
    assert [one.run for one in found] == ["run-1"]
    database.close()


def test_older_runs_are_closed_with_what_their_threads_were_told_and_their_cases_rest_on(
    tmp_path: Path,
) -> None:
    file = tmp_path / "older.sqlite"
    with sqlite3.connect(file) as connection:
        connection.executescript(next(one for one in OLDER if one.stem == "0009").read_text(encoding="utf-8"))
        columns = [row[1] for row in connection.execute("pragma table_info(runs)")][1:]
        listed = ", ".join(columns)
        connection.execute(f"insert into runs (id, {listed}) select 'run-2', {listed} from runs")
        later = (
            "insert into drafts select {run}, 'run-1', principal, {state}, item, text, '[]', '', {at}, {at} "
            "from drafts limit 1"
        )
        for run, state, at in (("run-2", "ended", "09"), ("run-3", "cut", "10")):
            moment = f"'2026-11-27 {at}:00:00.000000'"
            connection.execute(later.format(run=f"'{run}'", state=f"'{state}'", at=moment))
    database = open_database(sqlite_url(file))
    with database.read() as read:
        evidence = read.execute(sa.text("select run_id, document from run_evidence order by 1, 2")).all()
        drafted = read.execute(sa.text("select evidence from drafts where run = 'run-3'")).scalar()
    database.close()
    assert evidence == [("run-1", "manual.md"), ("run-1", "pump.md"), ("run-2", "manual.md")]
    assert drafted == '["manual.md"]'


def test_every_revision_has_a_file_of_its_time(tmp_path: Path) -> None:
    versions = Path(schema.__file__).parent / "migrations" / "versions"
    revisions = {path.name.partition("_")[0] for path in versions.glob("0*.py")}
    assert {path.stem for path in OLDER} == revisions, "dump a database at the new revision beside the others"


def test_a_database_of_a_newer_version_is_left_alone(url: str, database: Database) -> None:
    with database.write() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(StorageError, match=r"newer Holdfast.*Install that version") as caught:
        open_database(url)
    assert caught.value.exit_code == 5
    with database.read() as connection:
        assert connection.execute(sa.text("select version_num from alembic_version")).scalar() == "9999"


def test_processes_may_make_the_schema_at_once(empty_url: str) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(made_schema, [empty_url] * 3, chunksize=1) == [schema.HEAD] * 3


def made_schema(url: str) -> str:
    database = open_database(url)
    with database.read() as connection:
        return str(connection.execute(sa.text("select version_num from alembic_version")).scalar())


def test_a_reader_keeps_one_view_while_others_write(database: Database) -> None:
    with database.write() as connection:
        counters.raise_by(connection, "n")
    with database.read() as reader:
        assert counters.value(reader, "n") == 1
        with database.write() as writer:
            counters.raise_by(writer, "n")
            counters.raise_by(writer, "m")
        assert (counters.value(reader, "n"), counters.value(reader, "m")) == (1, 0)
    with database.read() as reader:
        assert (counters.value(reader, "n"), counters.value(reader, "m")) == (2, 1)


def test_two_writers_at_once_lose_nothing(database: Database) -> None:
    given: list[int] = []

    def raise_often() -> None:
        for _ in range(25):
            with database.write() as connection:
                given.append(counters.raise_by(connection, "n"))

    threads = [threading.Thread(target=raise_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 101))


def test_what_fails_half_way_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        raise_and_fail(database)
    with database.read() as connection:
        assert counters.value(connection, "n") == 0


def raise_and_fail(database: Database) -> None:
    with database.write() as connection:
        counters.raise_by(connection, "n")
        raise ZeroDivisionError


def test_counters_and_facts_come_in_one_question(database: Database) -> None:
    with database.write() as connection:
        made = counters.ensure_database_id(connection)
        assert counters.ensure_database_id(connection) == made
        counters.raise_by(connection, counters.FILED, 3)
        counters.remember(connection, "fingerprint", "a")
        counters.remember(connection, "fingerprint", "b")
        numbers, facts = counters.everything(connection)
    assert numbers == {"filed": 3}
    assert facts == {"database_id": made, "fingerprint": "b"}


def test_moments_are_told_in_utc_whatever_zone_a_process_lives_in(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    database = open_database(url)
    with database.write() as connection:
        save_run(connection, run_of("one"), evidence=[])
        told = connection.execute(sa.select(runs.c.started_at)).scalar_one()
    database.close()
    assert told.utcoffset() in (None, timedelta())


def test_statements_may_stand_outside_transactions(database: Database) -> None:
    with database.outside_transactions() as connection:
        connection.exec_driver_sql("VACUUM")
    with pytest.raises(ZeroDivisionError):
        raise_and_fail(database)
    with database.read() as connection:  # the connection went back to transactions
        assert counters.value(connection, "n") == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "URL cannot be read"),
        ("oracle9://x", "URL cannot be read"),
        ("postgresql://nobody@127.0.0.1:1/none", "server runs"),
    ],
)
def test_a_url_that_leads_nowhere_says_what_to_do(url: str, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        open_database(url)


def test_a_password_in_the_url_is_never_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        open_database("postgresql://ana:hunter2secret@127.0.0.1:1/none")
    assert "hunter2secret" not in str(caught.value)


def differences(connection: sa.Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, schema.metadata))


OPEN_EACH = """
import sys, time
from holdfast.storage.database import open_database
at, *urls = sys.argv[1:]
for turn, url in enumerate(urls):
    time.sleep(max(0, float(at) + 0.12 * turn - time.time()))
    open_database(url).close()
"""


def test_a_new_file_may_be_opened_by_two_processes_at_the_same_moment(tmp_path: Path) -> None:
    urls = [sqlite_url(tmp_path / f"{turn}.sqlite") for turn in range(10)]
    command = [sys.executable, "-c", OPEN_EACH, str(time.time() + 2.5), *urls]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=60)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
