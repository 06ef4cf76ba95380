"""Leases: one holder at a time for a named piece of work, freed when its holder dies."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import sqlalchemy as sa

from holdfast.errors import StorageError
from holdfast.storage.database import Database
from holdfast.storage.inserting import insert_into
from holdfast.storage.schema import leases

LEASE_S = 30.0
POLL_S = 0.1


@contextmanager
def lease(
    database: Database, name: str, *, wait_s: float, waiting: Callable[[str], None] = lambda _holder: None
) -> Iterator[None]:
    """Hold a lease, renewed by a thread; `waiting` is told the holder once; raise when it is not freed."""
    holder = this_holder()
    _take(database, name, holder, wait_s, waiting)
    done = threading.Event()
    renewer = threading.Thread(target=_renew, args=(database, name, holder, done), daemon=True)
    renewer.start()
    try:
        yield
    finally:
        done.set()
        renewer.join()
        # What failed inside matters more than a lease that cannot be given back: that one lapses.
        with suppress(StorageError), database.write() as connection:
            connection.execute(sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder))


async def entered(held: AbstractContextManager[None]) -> None:
    """Take a lease in a thread; one that was entered while this was cancelled is left again."""
    entering = asyncio.create_task(asyncio.to_thread(held.__enter__))
    try:
        await asyncio.shield(entering)
    except asyncio.CancelledError:
        await asyncio.wait((entering,))
        if entering.exception() is None:
            await asyncio.to_thread(held.__exit__, None, None, None)
        raise


def _take(database: Database, name: str, holder: str, wait_s: float, waiting: Callable[[str], None]) -> None:
    give_up = time.monotonic() + wait_s
    told = False
    while (other := _try(database, name, holder)) is not None:
        if not told:
            waiting(_words(other))
            told = True
        if time.monotonic() > give_up:
            raise StorageError(
                f"{name} is already running ({_words(other)})",
                stage="storage",
                move="Wait for it to end, then run the command again.",
            )
        time.sleep(POLL_S)


def _try(database: Database, name: str, holder: str) -> str | None:
    """Take the lease if it is free; return the one who holds it otherwise."""
    now = time.time()
    this = sa.select(leases).where(leases.c.name == name)
    with database.write() as connection:
        row = connection.execute(this.with_for_update()).first()
        if row is not None and row.until > now and not is_dead(row.holder):
            return str(row.holder)
        mine = {"holder": holder, "until": now + LEASE_S}
        if row is not None:
            connection.execute(sa.update(leases).where(leases.c.name == name).values(**mine))
            return None
        insert = insert_into(connection, leases).values(name=name, **mine)
        connection.execute(insert.on_conflict_do_nothing())
        taken = connection.execute(this).first()  # on PostgreSQL another may have been faster ...
    if taken is None:  # ... and be done already
        return _try(database, name, holder)
    return None if taken.holder == holder else str(taken.holder)


def _renew(database: Database, name: str, holder: str, done: threading.Event) -> None:
    mine = (leases.c.name == name) & (leases.c.holder == holder)
    while not done.wait(LEASE_S / 3):
        # A database that is busy or away for a moment must not end the renewing.
        with suppress(StorageError), database.write() as connection:
            connection.execute(sa.update(leases).where(mine).values(until=time.time() + LEASE_S))


def this_holder() -> str:
    """Return the name of this thread as a holder: host, process, when that started, thread."""
    return f"{_host()}:{os.getpid()}:{_started(os.getpid())}:{threading.get_ident()}"


def is_dead(holder: str) -> bool:
    """Return whether the holder ran on this host and is gone, so that nobody waits for a killed process.

    Nothing is known of one that gave no name.
    """
    if not holder:
        return False
    host, pid, started, _ = holder.split(":", 3)
    return host == _host() and _started(int(pid)) != started


def _host() -> str:
    """Return a name within which process numbers mean something: containers may share a host name."""
    try:
        space = os.stat("/proc/self/ns/pid").st_ino  # noqa: PTH116
    except OSError:
        space = 0
    return f"{socket.gethostname()}/{space}"


def _started(pid: int) -> str:
    """Return when a process started (it tells a process from a later one with its number), or `gone`."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return "gone" if os.path.isdir("/proc/self") or not _answers(pid) else "alive"  # noqa: PTH112


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _words(holder: str) -> str:
    host, pid, *_ = holder.split(":")
    return f"process {pid} on {host.rpartition('/')[0]}"
