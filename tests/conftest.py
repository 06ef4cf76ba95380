"""What holds for every test."""

from __future__ import annotations

import compileall
import functools
import gc
import logging
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
import typer.main
import typer.testing

import holdfast
from holdfast.storage import migrating
from holdfast.storage.database import open_database, sqlite_url
from holdfast.telemetry import logs
from holdfast.testing.databases import PostgresServer, PostgresUnavailable

# Each worker has a core of its own: a second thread of its matrices would wait for the other's core, busily.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A busy machine takes any example's time at any moment: what a time says is measured by benchmarks.
hypothesis.settings.register_profile("holdfast", deadline=None)
hypothesis.settings.load_profile("holdfast")

# A shell's background job ignores interrupts, and so would every command that a test starts and interrupts.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A call of a command in this process would build the whole tree of commands anew, 40 ms each time.
typer.testing._get_command = functools.cache(typer.main.get_command)  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once: a process that may not keep what it compiles begins with it each time."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(holdfast.__file__).parent, quiet=2)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the compiled tests for the next run, also where nothing else is to be kept compiled."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return (yield)
    finally:
        sys.dont_write_bytecode = before


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no worker is left alone with it in the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Leave thousands of collected tests out of every later search for garbage: it took half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Iterator[None]:
    """Take back what a test set up for logs: the last call counts for a whole process."""
    root = logging.getLogger()
    handlers, level, disabled = list(root.handlers), root.level, logging.root.manager.disable
    yield
    logs._sinks[:] = []
    if root.handlers != handlers:
        root.handlers[:] = handlers
    root.setLevel(level)
    logging.disable(disabled)


@pytest.fixture(scope="session")
def statements_of_the_schema(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """What the migrations leave in a new SQLite file, as statements."""
    file = tmp_path_factory.mktemp("schema") / "made.sqlite"
    open_database(sqlite_url(file)).close()
    with closing(sqlite3.connect(file)) as connection:
        return tuple(connection.iterdump())[1:-1]  # without its own BEGIN and COMMIT


@pytest.fixture(autouse=True)
def schema_at_once(statements_of_the_schema: tuple[str, ...]) -> Iterator[None]:
    """Fill a new SQLite file with what the migrations would leave there, in a tenth of their time.

    They are run where they are the subject, in `tests/storage`, and by every command in a process of its own.
    """
    whole = migrating.migrate

    @functools.wraps(whole)
    def migrate(engine: sa.Engine, url: str) -> None:
        if engine.dialect.name != "sqlite" or not _was_empty(engine, statements_of_the_schema):
            whole(engine, url)

    migrating.migrate = migrate
    yield
    migrating.migrate = whole


def _was_empty(engine: sa.Engine, statements: tuple[str, ...]) -> bool:
    with engine.connect().execution_options(holdfast_write=True) as connection, connection.begin():
        is_empty = connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first() is None
        for statement in statements if is_empty else ():
            connection.exec_driver_sql(statement)
        return is_empty


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server, started once; a test asks it for a database of its own."""
    try:
        server = PostgresServer()
    except PostgresUnavailable as error:
        pytest.skip(f"PostgreSQL NOT TESTED: no server could be started ({error})")
    yield server
    server.stop()
