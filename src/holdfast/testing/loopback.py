"""A server on this machine that runs in a thread of its own while a `with` block does."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_WAITING_AT_MOST = 1_024
"""Connections that may wait to be accepted."""


class LoopbackServer:
    """Listens on the loopback interface; what is said on a connection is the subclass's business."""

    def __init__(self, *, port: int = 0) -> None:
        """Take a port (0: any that is free); entering raises OSError when it cannot be used."""
        self._port = port
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._stop: Callable[[], object] = lambda: None
        self._problem: OSError | None = None

    @property
    def url(self) -> str:
        """Return the address without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def openai_url(self) -> str:
        """Return the `base_url` for OpenAI-compatible clients."""
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        """Return the `base_url` for Anthropic's client."""
        return self.url

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._problem is not None:
            raise self._problem
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        self._thread.join()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until the client closes it."""
        raise NotImplementedError

    async def _end(self) -> None:
        """Give back, on the server's own event loop, what it holds open."""

    async def _serve(self) -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        connections: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections.add(task)
            try:
                await self._converse(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass  # the client went away, or the server is stopped
            finally:
                connections.discard(task)
                writer.close()

        try:
            server = await asyncio.start_server(
                connected, "127.0.0.1", self._port, backlog=_WAITING_AT_MOST
            )  # fmt: skip
        except OSError as error:
            self._problem = error
            self._ready.set()
            return
        self._port = server.sockets[0].getsockname()[1]
        self._stop = lambda: loop.call_soon_threadsafe(stopped.set)
        self._ready.set()
        await stopped.wait()
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await self._end()
