"""What a search asks the records without SQLAlchemy's help is answered and refused as everything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.errors import StorageError
from holdfast.storage.compiled import rows_of
from holdfast.storage.database import Database, open_database, sqlite_url


def test_rows_are_those_of_the_transaction_that_asks(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO counters (name, value) VALUES ('asked', 7)")
        found = rows_of(connection, "SELECT name, value FROM counters WHERE name = 'asked'")
        assert [tuple(row) for row in found] == [("asked", 7)]


def test_what_the_driver_refuses_is_told_with_the_next_move(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "records.sqlite"))
    with (
        pytest.raises(StorageError, match=r"cannot be used .*gone.*Run `holdfast doctor`"),
        database.read() as connection,
    ):
        rows_of(connection, "SELECT value FROM gone")
    database.close()
