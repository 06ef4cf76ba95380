"""What a test finds in a new SQLite file is what the migrations leave there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from holdfast.storage import migrating, schema
from holdfast.storage.database import engine_of, open_database, sqlite_url


def dump_of(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


def test_a_new_file_is_as_the_migrations_leave_it(tmp_path: Path) -> None:
    open_database(sqlite_url(tmp_path / "quick.sqlite")).close()
    engine = engine_of(sqlite_url(tmp_path / "whole.sqlite"))
    migrating.migrate.__wrapped__(engine, sqlite_url(tmp_path / "whole.sqlite"))
    engine.dispose()
    assert dump_of(tmp_path / "quick.sqlite") == dump_of(tmp_path / "whole.sqlite")
    assert f"VALUES('{schema.HEAD}')" in "".join(dump_of(tmp_path / "quick.sqlite"))


def test_a_file_that_holds_something_is_migrated(tmp_path: Path) -> None:
    file = tmp_path / "records.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE another_program (id INTEGER)")
    open_database(sqlite_url(file)).close()
    assert any("another_program" in line for line in dump_of(file))
    assert f"VALUES('{schema.HEAD}')" in "".join(dump_of(file))
