"""What holds for every test."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator

import pytest

from holdfast.telemetry import logs
from holdfast.testing.databases import PostgresServer, PostgresUnavailable

# A shell's background job ignores interrupts, and so would every command that a test starts and interrupts.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
def postgres() -> Iterator[PostgresServer]:
    """Return a PostgreSQL server, started once; a test asks it for a database of its own."""
    try:
        server = PostgresServer()
    except PostgresUnavailable as error:
        pytest.skip(f"PostgreSQL NOT TESTED: no server could be started ({error})")
    yield server
    server.stop()
