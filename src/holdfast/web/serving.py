"""Serve the workbench on this machine's loopback interface."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn

from holdfast.errors import UsageError
from holdfast.web.application import application
from holdfast.web.workbench import Workbench

HOST = "127.0.0.1"
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


def hosts_of(listener: socket.socket) -> frozenset[str]:
    """Return the values of the Host header that mean this server."""
    port = listener.getsockname()[1]
    return frozenset(f"{name}:{port}" for name in (HOST, "localhost"))


async def serve(
    workbench: Workbench, listener: socket.socket, *, ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until an interrupt; answers that are under way are cancelled then, and recorded so."""
    config = uvicorn.Config(
        application(workbench), log_config=None, access_log=False, lifespan="off", server_header=False,
        timeout_graceful_shutdown=SHUT_DOWN_S, h11_max_incomplete_event_size=64 * 1024,
    )  # fmt: skip
    server = _Telling(config, ready)
    try:
        await server.serve(sockets=[listener])
    finally:
        await asyncio.to_thread(workbench.close)


class _Telling(uvicorn.Server):
    """A server that says when it has begun to listen."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()
