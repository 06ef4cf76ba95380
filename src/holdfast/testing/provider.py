"""A real provider on this machine, with faults by script, for tests of everything that calls one.

    with ProviderServer([Scripted(status=503), Scripted(text="24 Nm [1].")]) as server:
        ...  # call server.openai_url, server.anthropic_url or server.rerank_url

It speaks OpenAI's chat completions and Anthropic's messages, streaming and not, and a Cohere/Jina-style
rerank endpoint, over HTTP on the loopback interface; no client has to be replaced.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from holdfast.testing import provider_replies as replies
from holdfast.testing.provider_script import Fault, Scripted

__all__ = ["Fault", "ProviderServer", "Scripted", "Served"]

_PING_EVERY_S = 0.02
_BODY_BYTES_AT_MOST = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def streams(self) -> bool:
        """Return whether the client asked for a stream."""
        return bool(self.body.get("stream"))


Script = Sequence[Scripted] | Callable[[Served], Scripted]


class ProviderServer:
    """Serves scripted replies until the `with` block ends.

    A sequence answers one request each, the last one all further ones; a function answers by request.
    """

    def __init__(self, script: Script = (), *, port: int = 0) -> None:
        self.requests: list[Served] = []
        self._script = script or (Scripted(),)
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

    @property
    def rerank_url(self) -> str:
        """Return the address of the rerank endpoint."""
        return f"{self.url}/v1/rerank"

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
            server = await asyncio.start_server(connected, "127.0.0.1", self._port)
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

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await _read(reader):
            self.requests.append(request)
            scripted = self._next(request, len(self.requests) - 1)
            await asyncio.sleep(scripted.delay_s)
            if scripted.fault is Fault.STALL:
                await asyncio.Event().wait()
            if scripted.fault is Fault.RESET:
                writer.transport.abort()
                return
            await self._answer(request, scripted, writer)
            if scripted.fault is Fault.CUT:
                return

    def _next(self, request: Served, index: int) -> Scripted:
        if callable(self._script):
            return self._script(request)
        return self._script[min(index, len(self._script) - 1)]

    async def _answer(self, request: Served, scripted: Scripted, writer: asyncio.StreamWriter) -> None:
        dialect = replies.dialect_of(request.path)
        if dialect is None:
            await _send(writer, HTTPStatus.NOT_FOUND, json.dumps({"error": {"message": "no such path"}}))
        elif scripted.status >= HTTPStatus.MULTIPLE_CHOICES:
            named = {"retry-after": scripted.retry_after, "location": scripted.location}
            headers = {name: value for name, value in named.items() if value}
            await _send(writer, scripted.status, dialect.error(scripted), headers=headers)
        elif scripted.fault is Fault.HTML:
            await _send(writer, HTTPStatus.OK, replies.HTML, kind="text/html")
        elif scripted.fault is Fault.MALFORMED and not request.streams:
            await _send(writer, HTTPStatus.OK, dialect.whole(request.body, scripted)[:-20])
        elif request.streams:
            await _stream(writer, dialect.events(request.body, scripted), scripted)
        elif scripted.fault is Fault.CUT:
            await _send(writer, HTTPStatus.OK, dialect.whole(request.body, scripted), missing=20)
        elif scripted.fault in (Fault.STALL_MIDWAY, Fault.PINGS):
            await asyncio.Event().wait()
        else:
            await _send(writer, HTTPStatus.OK, dialect.whole(request.body, scripted))


async def _read(reader: asyncio.StreamReader) -> Served | None:
    """Return the next request on a connection, or None when the client closed it."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip().split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    length = min(int(headers.get("content-length", "0")), _BODY_BYTES_AT_MOST)
    data = await reader.readexactly(length)
    return Served(method=method, path=path, headers=headers, body=json.loads(data) if data else {})


async def _send(
    writer: asyncio.StreamWriter,
    status: int,
    body: str,
    *,
    kind: str = "application/json",
    headers: Mapping[str, str] | None = None,
    missing: int = 0,
) -> None:
    """Send a whole reply; `missing` bytes at its end are announced and not sent."""
    data = body.encode()
    all_headers = {"content-type": kind, "content-length": str(len(data)), **(headers or {})}
    writer.write(_head(status, all_headers) + data[: len(data) - missing])
    await writer.drain()


async def _stream(writer: asyncio.StreamWriter, events: Sequence[str], scripted: Scripted) -> None:
    """Send server-sent events; the script may stop them half-way in one of five manners."""
    headers = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}
    writer.write(_head(HTTPStatus.OK, headers))
    shown = events if scripted.fault not in _HALFWAY else events[: len(events) // 2]
    for event in shown:
        writer.write(_chunk(event))
        await writer.drain()
        await asyncio.sleep(scripted.pause_s)
    match scripted.fault:
        case Fault.STALL_MIDWAY:
            await asyncio.Event().wait()
        case Fault.PINGS:
            async for ping in _pings():
                writer.write(_chunk(ping))
                await writer.drain()
        case Fault.CUT:
            return
        case Fault.MALFORMED:
            writer.write(_chunk("data: {not json\n\n"))
        case _:
            pass
    writer.write(b"0\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        await writer.drain()


_HALFWAY = (Fault.STALL_MIDWAY, Fault.PINGS, Fault.CUT, Fault.MALFORMED, Fault.ENDS_EARLY)


async def _pings() -> AsyncIterator[str]:
    while True:
        await asyncio.sleep(_PING_EVERY_S)
        yield ": ping\n\n"


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {int(status)} {_phrase(status)}\r\n{lines}\r\n".encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Scripted"


def _chunk(text: str) -> bytes:
    data = text.encode()
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"
