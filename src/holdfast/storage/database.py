"""Open the records database, SQLite in WAL mode or PostgreSQL, at the schema this code expects."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from holdfast.errors import StorageError
from holdfast.loading import load
from holdfast.storage import schema

BUSY_TIMEOUT_MS = 30_000


class Database:
    """Connections to one records database; safe to share between threads."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    @property
    def is_sqlite(self) -> bool:
        """Return whether the database is a local SQLite file."""
        return self._engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection inside one read transaction: a consistent view."""
        with _told(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection inside one write transaction; commits at the end, or nothing happened."""
        with _told(), self._engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(holdfast_write=True)  # noqa: PLW2901
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_database(url: str) -> Database:
    """Return the database behind an SQLAlchemy URL, migrated; raise StorageError when it cannot be used."""
    try:
        engine = _engine(url)
        database = Database(engine)
        with _told():
            _at_head(engine, url)
    except exc.ArgumentError as error:
        raise StorageError(
            "the database URL cannot be read",
            stage="storage",
            move="Write sqlite:///PATH or postgresql://...",
        ) from error
    return database


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path}"


def _engine(url: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return sa.create_engine(parsed, pool_pre_ping=True)
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own implicit BEGIN is switched off: a write transaction must start as one
    # (BEGIN IMMEDIATE), or two writers that read first deadlock into "database is locked".
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    is_write = connection.get_execution_options().get("holdfast_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _at_head(engine: sa.Engine, url: str) -> None:
    """Migrate unless the schema is already the one expected; Alembic is imported only to migrate."""
    if _revision(engine) != schema.HEAD:
        load("holdfast.storage.migrating:migrate")(engine, url)


def _revision(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return ""
        return str(connection.execute(sa.text("select version_num from alembic_version")).scalar() or "")


@contextmanager
def _told() -> Iterator[None]:
    """Turn the driver's errors into ours, with the next move."""
    try:
        yield
    except exc.DBAPIError as error:
        words = str(error.orig)
        raise StorageError(_what(words), stage="storage", move=_move(words)) from error


def _what(words: str) -> str:
    return f"the records database cannot be used ({words.strip().splitlines()[0]})"


def _move(words: str) -> str:
    text = words.lower()
    if "full" in text:
        return "The disk is full: free space and run the command again; nothing published was lost."
    if "locked" in text:
        return "Another process holds it: wait for it to end, then run the command again."
    if "malformed" in text or "not a database" in text:
        return "The file is damaged: restore a backup, or move it away and run `holdfast sync`."
    if "readonly" in text or "unable to open" in text or "read-only" in text:
        return "Check the rights of the state folder, or set HOLDFAST_HOME to a folder you may write."
    if "connect" in text:
        return "Check that the server runs and that the URL and the password are right."
    return "Run `holdfast doctor` for the details."
