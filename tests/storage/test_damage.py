from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from holdfast.domain.access import Principal
from holdfast.errors import StorageError
from holdfast.storage import counters
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.encoding import from_text, unpack, unpack_text
from holdfast.storage.runs import list_runs, save_run
from holdfast.testing.records import run_of

ANA = Principal(user="ana")

USE_IT = """
import sys
from holdfast.errors import StorageError
from holdfast.storage import counters
from holdfast.storage.database import open_database
try:
    database = open_database(sys.argv[1])
    with database.read() as connection:
        print("read", counters.value(connection, "n"))
    with database.write() as connection:
        counters.raise_by(connection, "n")
except StorageError as error:
    print(error)
"""


def made(folder: Path) -> Database:
    database = open_database(sqlite_url(folder / "records.sqlite"))
    with database.write() as connection:
        counters.raise_by(connection, "n", 7)
    return database


def used_under_file_modes(folder: Path) -> list[str]:
    """Return what a process says that file modes bind, which they do not bind when root runs the tests."""
    command = [sys.executable, "-c", USE_IT, sqlite_url(folder / "records.sqlite")]
    if os.getuid() == 0:
        bound = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
        if shutil.which("setpriv") is None or subprocess.run([*bound, "true"], check=False).returncode != 0:
            pytest.skip("file modes do not bind root here, and setpriv cannot change that")
        command = [*bound, *command]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not ended.stderr, ended.stderr
    return ended.stdout.splitlines()


def test_a_file_that_may_not_be_written_is_an_error_with_the_next_move(tmp_path: Path) -> None:
    made(tmp_path).close()
    for path in (*tmp_path.iterdir(), tmp_path):
        path.chmod(0o555 if path.is_dir() else 0o444)
    *_, last = used_under_file_modes(tmp_path)
    tmp_path.chmod(0o755)
    assert last.startswith("storage: the records database cannot be used")
    assert "rights of the state folder" in last


def test_a_file_that_may_not_be_read_is_an_error_with_the_next_move(tmp_path: Path) -> None:
    made(tmp_path).close()
    (tmp_path / "records.sqlite").chmod(0o000)
    (line,) = used_under_file_modes(tmp_path)
    assert "rights of the state folder" in line


def scribbled(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    file.write_bytes(bytes(data))


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: 4096 * 5 + 100])


def replaced(file: Path) -> None:
    file.write_text("this was never a database, but it is long enough to look like one" * 100)


@pytest.mark.parametrize("damage", [scribbled, cut, replaced])
def test_a_damaged_file_is_an_error_with_the_next_move(
    damage: Callable[[Path], None], tmp_path: Path
) -> None:
    database = made(tmp_path)
    with database.write() as connection:
        for number in range(50):
            save_run(connection, run_of(f"r{number}"), evidence=[])
    database.close()
    damage(tmp_path / "records.sqlite")
    with pytest.raises(StorageError, match="The file is damaged: restore a backup"):
        read_everything(tmp_path)


def read_everything(folder: Path) -> None:
    database = open_database(sqlite_url(folder / "records.sqlite"))
    with database.read() as connection:
        list_runs(connection, ANA, limit=100)
        connection.exec_driver_sql("select count(*), sum(length(given)) from stage_records").all()
    with database.write() as connection:
        save_run(connection, run_of("new"), evidence=[])


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").touch()
    made(tmp_path).close()


@pytest.mark.parametrize(
    "read",
    [
        lambda: unpack(b"no zlib"),
        lambda: unpack_text(b"no zlib"),
        lambda: from_text(Principal, "{"),
        lambda: from_text(Principal, '{"user": 7}'),
    ],
)
def test_a_record_that_was_damaged_inside_is_told_as_such(read: Callable[[], object]) -> None:
    with pytest.raises(StorageError, match=r"a record in the database cannot be read.*Restore a backup"):
        read()


FULL = """
import resource, sys
from holdfast.errors import StorageError
from holdfast.storage.database import open_database
from holdfast.storage.runs import save_run
from holdfast.testing.records import run_of
database = open_database(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
saved = 0
try:
    while True:
        with database.write() as connection:
            save_run(connection, run_of(f"run{saved}", quote="".join(chr(33 + (saved * i) % 9000) for i in range(3000))), evidence=[])
        saved += 1
except StorageError as error:
    print(saved, error)
"""


def test_a_full_disk_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    made(tmp_path).close()
    url = sqlite_url(tmp_path / "records.sqlite")
    ended = subprocess.run([sys.executable, "-c", FULL, url], capture_output=True, text=True, check=False)
    saved, _, words = ended.stdout.partition(" ")
    assert int(saved) > 3, ended.stderr
    assert words.startswith("storage: the records database cannot be used")
    assert "nothing published was lost" in words
    database = open_database(url)
    with database.read() as connection:
        seen, _ = list_runs(connection, ANA, limit=1000)
        assert {run.id for run in seen} == {f"run{number}" for number in range(int(saved))}
        assert counters.value(connection, "n") == 7
    database.close()


def test_a_truly_full_disk_says_so(small_disk: Path) -> None:
    database = made(small_disk)
    with pytest.raises(StorageError, match=r"The disk is full: free space .*nothing published was lost"):
        fill(database)
    with database.read() as connection:
        assert counters.value(connection, "n") == 7
    database.close()


def fill(database: Database) -> None:
    for number in range(10_000):
        with database.write() as connection:
            run = run_of(f"run{number}", quote="".join(chr(33 + number * i % 9000) for i in range(3000)))
            save_run(connection, run, evidence=[])


@pytest.fixture
def small_disk(tmp_path: Path) -> object:
    """A folder on a disk of two megabytes; only root can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.getuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk can only be mounted by root; the limit of file sizes is tested beside")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
