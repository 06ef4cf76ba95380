"""Open the records database, SQLite in WAL mode or PostgreSQL, at the schema this code expects."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from holdfast.errors import StorageError
from holdfast.loading import load
from holdfast.storage import schema
from holdfast.storage.sqlite_files import COMPILED, DRIVER

BUSY_TIMEOUT_MS = 30_000
ACCOUNTS = "holdfast_accounts"
"""Option of a connection: the schema in which what cost centres spend lies; not set: the records' own."""
ATTACHED = "workspace"
"""Name of the workspace's SQLite file beside a workflow's own."""


class Database:
    """Connections to one records database; safe to share between threads."""

    def __init__(self, engine: sa.Engine, *, accounts_url: str = "") -> None:
        """Take the engine, and where the workspace keeps what its cost centres spend (empty: here)."""
        self._engine = engine
        self._accounts_url = accounts_url

    @cached_property
    def accounts(self) -> Database:
        """Return this database as model calls are booked in it: the workspace's cost centres within reach.

        What an attempt costs is written to a workflow's records and to the account of its cost centre in
        one transaction. Raises StorageError when the workspace's database cannot be used.
        """
        if not self._accounts_url:
            return self
        shared = open_database(self._accounts_url)
        try:
            schema = shared.schema or ATTACHED
        finally:
            shared.close()
        if not self.is_sqlite:
            return Database(self._engine.execution_options(**{ACCOUNTS: schema}))
        beside = engine_of(self._engine.url, attached=sa.make_url(self._accounts_url).database or "")
        return Database(beside.execution_options(**{ACCOUNTS: schema}))

    @property
    def schema(self) -> str:
        """Return the schema that its tables lie in, empty for SQLite."""
        if self.is_sqlite:
            return ""
        with self.read() as connection:
            return str(connection.execute(sa.text("select current_schema()")).scalar_one())

    @property
    def is_sqlite(self) -> bool:
        """Return whether the database is a local SQLite file."""
        return self._engine.dialect.name == "sqlite"

    @property
    def reads_at_once(self) -> bool:
        """Return whether a read of a few rows waits neither for a server nor for a free connection.

        It is done sooner where it is asked for than by a thread, whose turn may come 5 ms later on a busy
        machine; almost all of it is Python, which threads take turns at anyway.
        """
        pool = self._engine.pool
        return self.is_sqlite and isinstance(pool, sa.QueuePool) and pool.checkedout() < pool.size()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a connection inside one read transaction: a consistent view."""
        with told(), self._engine.connect() as connection:
            if not self.is_sqlite:  # SQLite's transactions are snapshots; PostgreSQL's only when told so
                connection = connection.execution_options(isolation_level="REPEATABLE READ")  # noqa: PLW2901
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a connection inside one write transaction; commits at the end, or nothing happened."""
        with told(), self._engine.connect() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(holdfast_write=True)  # noqa: PLW2901
            with connection.begin():
                yield connection

    @contextmanager
    def outside_transactions(self) -> Iterator[sa.Connection]:
        """Yield a connection whose statements stand alone, for what no transaction may hold (VACUUM)."""
        with told(), self._engine.connect() as connection:
            # The SQLite driver stands in this mode anyway (`_prepare_sqlite`); SQLAlchemy would spoil it
            # when it sets the level back.
            level = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
            yield connection.execution_options(holdfast_alone=True, **level)

    def close(self) -> None:
        """Close every connection."""
        if (accounts := vars(self).get("accounts", self)) is not self:
            accounts.close()
        self._engine.dispose()


def open_database(url: str, *, accounts_url: str = "") -> Database:
    """Return the database behind an SQLAlchemy URL, migrated; raise StorageError when it cannot be used.

    `accounts_url` is where the workspace keeps what its cost centres spend, if that is elsewhere.
    """
    engine = engine_of(url)
    with told():
        _at_head(engine, url)
    return Database(engine, accounts_url=accounts_url)


def sqlite_url(path: Path) -> str:
    """Return the URL of a SQLite file."""
    return f"sqlite:///{path}"


def engine_of(url: str | sa.URL, *, attached: str = "") -> sa.Engine:
    """Return an engine for an SQLAlchemy URL; raise StorageError when there can be none.

    `attached` is another SQLite file, which statements reach by the schema `workspace`.
    """
    try:
        return _engine(url, attached)
    except exc.ArgumentError as error:
        raise StorageError(
            "the database URL cannot be read",
            stage="storage",
            move="Write sqlite:///PATH or postgresql://...",
        ) from error
    except ModuleNotFoundError as error:
        raise StorageError(
            f"the database driver {error.name} is not installed",
            stage="storage",
            move="Run `pip install 'holdfast[postgres]'`.",
        ) from error


def _engine(url: str | sa.URL, attached: str) -> sa.Engine:
    parsed = sa.make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        engine = sa.create_engine(parsed, pool_pre_ping=True)
        sa.event.listen(engine, "connect", _prepare_postgres)
        return engine
    engine = sa.create_engine(
        parsed.set(drivername=DRIVER),
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
        execution_options={"compiled_cache": COMPILED},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    if attached:

        def attach(connection: sqlite3.Connection, _record: Any) -> None:
            connection.execute(f"ATTACH ? AS {ATTACHED}", (attached,))
            connection.execute(f"PRAGMA {ATTACHED}.synchronous=NORMAL")

        sa.event.listen(engine, "connect", attach)
    return engine


def _prepare_postgres(connection: Any, _record: Any) -> None:
    # A moment is written into jobs' keys as it is read; replicas with clocks of two zones have to agree.
    connection.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver's own implicit BEGIN is switched off: a write transaction must start as one
    # (BEGIN IMMEDIATE), or two writers that read first deadlock into "database is locked".
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "mmap_size=268435456",
    ):
        connection.execute(f"PRAGMA {pragma}")
    _to_wal(connection)


def _to_wal(connection: sqlite3.Connection) -> None:
    """Switch the journal; a new file that another process switches too is busy without any waiting."""
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("holdfast_alone", False):
        is_write = options.get("holdfast_write", False)
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
def told() -> Iterator[None]:
    """Turn the driver's errors into ours, with the next move."""
    try:
        yield
    except exc.DBAPIError as error:
        words = str(error.orig).strip() or type(error.orig).__name__
        raise StorageError(_what(words), stage="storage", move=_move(words)) from error
    except sqlite3.Error as error:  # of `compiled.rows_of`
        words = str(error).strip() or type(error).__name__
        raise StorageError(_what(words), stage="storage", move=_move(words)) from error
    except exc.TimeoutError as error:
        raise StorageError(
            _what("no connection became free"), stage="storage", move=_move("locked")
        ) from error


def _what(words: str) -> str:
    return f"the records database cannot be used ({words.splitlines()[0]})"


def _move(words: str) -> str:
    text = words.lower()
    for signs, move in _MOVES:
        if any(sign in text for sign in signs):
            return move
    return "Run `holdfast doctor` for the details."


_MOVES = (
    (
        ("full", "no space"),
        "The disk is full: free space and try again; nothing published was lost.",
    ),
    (
        ("disk i/o", "too big"),
        "Check the disk and its limits, then try again; nothing published was lost.",
    ),
    (("locked",), "Another process holds it: wait for it to end, then try again."),
    (
        ("malformed", "not a database"),
        "The file is damaged: restore a backup, or move it away and run `holdfast sync`.",
    ),
    (
        ("readonly", "read-only", "unable to open"),
        "Check the rights of the state folder, or set HOLDFAST_HOME to a folder you may write.",
    ),
    (("connect",), "Check that the server runs and that the URL and the password are right."),
)
"""What the drivers' words tell, the first that fits, with the next move."""
