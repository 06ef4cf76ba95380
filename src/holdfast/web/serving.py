"""Serve the workbench on this machine's loopback interface."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import uvicorn
from starlette.types import ASGIApp, Message

from holdfast.asking import get_ready
from holdfast.chores import Round
from holdfast.drafting import end_lost
from holdfast.errors import UsageError
from holdfast.storage.lost_drafts import EVER
from holdfast.telemetry.logs import log
from holdfast.web.application import application
from holdfast.web.following import follow
from holdfast.web.warming import compile_templates, warm_up
from holdfast.web.workbench import Desk, Workbench

HOST = "127.0.0.1"
NOWHERE = "/-/nowhere"
"""A path that no route has: every one is looked at."""
SWITCH_S = 0.0005
"""How long a thread that computes keeps the others waiting, a tenth of Python's own: a page that reads a
thousand rows gives the interpreter away at each, and waited as long to get it back."""
LOOK_EVERY_S = 5.0
"""Seconds between two looks for notices that are due and drafts that are lost."""
LONGEST_DRAFT = timedelta(days=1)
"""Drafts begun before that are looked at when the server starts only."""
CHORES_EVERY_S = 15.0
"""Seconds between two looks for chores that are due."""
SHUT_DOWN_S = 3
"""Seconds that open answers get when the server ends."""


def listening(port: int) -> socket.socket:
    """Return a socket that listens on loopback; 0 takes any free port. Raise UsageError when it is taken."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((HOST, port))
        made.listen(128)
    except OSError as error:
        made.close()
        raise UsageError(
            f"port {port} cannot be used ({error.strerror})",
            move="Name another with --port, or 0 for a free one.",
        ) from error
    return made


def url_of(listener: socket.socket) -> str:
    """Return the address of the first page."""
    return f"http://{HOST}:{listener.getsockname()[1]}/"


async def serve(
    workbench: Workbench,
    listener: socket.socket,
    *,
    ready: Callable[[], None] = lambda: None,
    until: asyncio.Event | None = None,
) -> None:
    """Serve until an interrupt, or until the event; answers under way are cancelled then, and recorded so."""
    app = application(workbench)
    await make_routes(app)
    await asyncio.to_thread(compile_templates)
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False,
        timeout_graceful_shutdown=SHUT_DOWN_S, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    server = _Patient(config, ready)
    stopping = asyncio.create_task(_stop(server, until)) if until is not None else None
    switching_s = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    works = (warm(workbench), look_after(workbench), do_chores(workbench))
    by_itself = [asyncio.create_task(one) for one in works]
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in by_itself:
            task.cancel()
        if stopping is not None:
            stopping.cancel()
        await asyncio.to_thread(workbench.close)
        sys.setswitchinterval(switching_s)


async def make_routes(app: ASGIApp) -> None:
    """Ask the application for what it does not have: it makes its routes with the first request."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": NOWHERE, "raw_path": NOWHERE.encode(), "query_string": b"", "root_path": "",
        "headers": [(b"host", HOST.encode())], "client": (HOST, 0), "server": (HOST, 0),
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Message) -> None:
        return

    await app(scope, receive, send)


async def warm(workbench: Workbench) -> None:
    """Get ready what first visits would wait for, beside the first requests."""
    await _tried("", "warming.failed", asyncio.to_thread(warm_up, workbench))
    for desk in workbench.desks.values():
        await _tried(desk.name, "warming.failed", get_ready(desk.flow.wiring))


async def look_after(workbench: Workbench, *, every_s: float = LOOK_EVERY_S) -> None:
    """End drafts that nobody writes any more, send notices that are due, follow today's permissions."""
    begun_after = EVER
    while True:
        now = datetime.now(UTC)
        looked = [await _looked_after(desk, begun_after) for desk in workbench.desks.values()]
        if all(looked):
            begun_after = now - LONGEST_DRAFT
        await asyncio.sleep(every_s)


async def _looked_after(desk: Desk, begun_after: datetime) -> bool:
    """Return whether a look at one workflow went through."""
    ending = asyncio.to_thread(end_lost, desk.flow.wiring.database, begun_after=begun_after)
    looks = [
        await _tried(desk.name, "drafts.neglected", ending),
        await _tried(desk.name, "notices.untold", desk.flow.tell()),
        await _tried(desk.name, "permissions.unfollowed", follow(desk.flow)),
    ]
    return all(looks)


async def _tried(workflow: str, event: str, work: Awaitable[object]) -> bool:
    """Return whether the work went through; a fault is told and ends nothing that follows."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 -- what goes wrong now may be right in a moment
        log(event, "error", workflow=workflow, error=f"{type(error).__name__}: {error}")
        return False
    return True


async def do_chores(workbench: Workbench, *, every_s: float = CHORES_EVERY_S) -> None:
    """Do what every workflow needs now and then, again and again; a fault ends none of it."""
    rounds = {desk.name: Round(desk.flow.wiring) for desk in workbench.desks.values()}
    while True:
        for name, one in rounds.items():
            await _tried(name, "chores.undone", one.work())
        await asyncio.sleep(every_s)


async def _stop(server: uvicorn.Server, until: asyncio.Event) -> None:
    await until.wait()
    server.should_exit = True


class _Patient(uvicorn.Server):
    """A server that says when it listens, and ends when its answers have."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, and wait until the answers that were cancelled for it are on record.

        uvicorn would not wait for them, and passes an interrupt on right behind this.
        """
        await super().shutdown(sockets)
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)
