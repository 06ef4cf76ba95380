"""Pass requests on to a real provider, and record what is said.

    with RecordingServer(Path("torque.jsonl"), provider="openai", key=key) as server:
        ...  # call server.openai_url as if it were the provider's

Replay it with `holdfast.testing.replaying.CassetteServer`, without a key or a network. Nothing secret is
written (holdfast.testing.cassette_scrubbing), but prompts and replies are: record with documents that may be
shown to whoever reads the cassette.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from holdfast.errors import UsageError
from holdfast.testing.cassette_scrubbing import Scrubber, secrets_in
from holdfast.testing.cassettes import STAGE, Event, Exchange, Request, header_line, json_of, lines_of
from holdfast.testing.loopback import LoopbackServer
from holdfast.testing.provider_http import (
    LAST_CHUNK,
    Served,
    chunk_of,
    head_bytes,
    read_request,
    whole_bytes,
)

try:
    import httpx2
except ImportError as error:
    raise ImportError("recording needs an extra: pip install 'holdfast[providers]'") from error

_NOT_SENT_ON = frozenset(
    {"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "cookie", "expect"}
)
_KEY_HEADERS = frozenset({"authorization", "x-api-key", "api-key"})
_WAIT_S = 600.0
_PLACEHOLDER = "no-key-for-"
"""How Holdfast's own clients begin what they send where an endpoint asks for no key."""
_OPENAI_HOSTS = (".openai.com", ".azure.com")
_STREAM = "text/event-stream"

Provider = Literal["openai", "anthropic"]


class RecordingServer(LoopbackServer):
    """Stands in front of a provider until the `with` block ends, and writes each exchange at its end."""

    def __init__(
        self, cassette: Path, *, provider: Provider, base_url: str, key: str = "", port: int = 0
    ) -> None:
        """Take a file that is not there yet, the provider's address, and the key to send to it.

        Without a key, that of each request is passed on. Entering raises UsageError when the file is there.
        """
        super().__init__(port=port)
        self.recorded = 0
        """Exchanges that are on the cassette."""
        self.problems: list[str] = []
        """What was asked and could not be recorded, with the reason."""
        self._cassette = cassette
        self._provider = provider
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._secrets = {key} if key else set()
        self._client: httpx2.AsyncClient | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self._begin()
        except BaseException:
            super().__exit__(None, None, None)
            raise
        return self

    def _begin(self) -> None:
        try:
            with self._cassette.open("x", encoding="utf-8") as file:
                file.write(header_line(self._provider))
        except FileExistsError:
            raise UsageError(
                f"{self._cassette} is there already",
                stage=STAGE,
                move="Name another file, or delete it first",
            ) from None
        except OSError as error:
            raise UsageError(
                f"{self._cassette} cannot be written ({error.strerror})",
                stage=STAGE,
                move="Name another file",
            ) from None

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            try:
                is_whole = await self._pass_on(request, writer)
            except httpx2.HTTPError as error:
                self.problems.append(f"{request.method} {request.path}: {type(error).__name__} {error}")
                told = {"error": {"message": f"recording: the provider cannot be reached ({error})"}}
                writer.write(whole_bytes(HTTPStatus.BAD_GATEWAY, json.dumps(told)))
                continue
            if not is_whole:
                return

    async def _pass_on(self, request: Served, writer: asyncio.StreamWriter) -> bool:
        """Send a request to the provider and its reply to the client; return whether it came whole."""
        self._secrets |= secrets_in(request.headers.items())
        if self._client is None:
            self._client = httpx2.AsyncClient(timeout=_WAIT_S, follow_redirects=False)
        began = time.monotonic()
        sent = self._client.build_request(
            request.method,
            self._address(request.path),
            headers=self._headers(request),
            content=self._content(request),
        )
        reply = await self._client.send(sent, stream=True)
        async with contextlib.aclosing(reply):
            headed = time.monotonic()
            self._secrets |= secrets_in(reply.headers.multi_items())
            if _STREAM in reply.headers.get("content-type", ""):
                events, is_cut = await self._stream(reply, writer, headed)
                body = None
            else:
                data, is_cut = await _read(reply)
                body, events = _body_of(data), None
                if not is_cut:
                    writer.write(head_bytes(reply.status_code, _passed(reply, len(data))) + data)
        exchange = Exchange(
            request=Request(method=request.method, path=request.path, body=_body_of(request.data)),
            status=reply.status_code,
            headers={name.lower(): value for name, value in reply.headers.items()},
            after_ms=_ms(headed - began),
            body=body,
            events=events,
            is_cut=is_cut,
        )
        self._record(exchange)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        return not is_cut

    async def _stream(
        self, reply: httpx2.Response, writer: asyncio.StreamWriter, headed: float
    ) -> tuple[tuple[Event, ...], bool]:
        """Pass a stream on and return its events; it is read to its end also when the client has left."""
        writer.write(head_bytes(reply.status_code, {**_passed(reply), "transfer-encoding": "chunked"}))
        events: list[Event] = []
        try:
            async for text in _blocks(reply, writer):
                events.append(Event(text=text, at_ms=_ms(time.monotonic() - headed)))  # noqa: PERF401 may be cut
        except httpx2.HTTPError:
            return tuple(events), True
        writer.write(LAST_CHUNK)
        return tuple(events), False

    def _record(self, exchange: Exchange) -> None:
        scrubber = Scrubber(one for one in self._secrets if not one.startswith(_PLACEHOLDER))
        lines = lines_of(scrubber.exchange(exchange))
        if scrubber.holds(lines):
            self.problems.append(
                f"{exchange.request.method} {exchange.request.path}: not written, for a secret is left in it"
            )
            return
        with self._cassette.open("a", encoding="utf-8") as file:
            file.write(lines)
        self.recorded += 1

    def _address(self, path: str) -> str:
        """Return the provider's address of a path: its base URL stands for our `/v1` (OpenAI) or our root."""
        if self._provider == "openai":
            return f"{self._base_url}{path.removeprefix('/v1')}"
        return f"{self._base_url.removesuffix('/v1')}{path}"

    def _headers(self, request: Served) -> dict[str, str]:
        kept = {name: value for name, value in request.headers.items() if name not in _NOT_SENT_ON}
        if self._key:
            kept = {name: value for name, value in kept.items() if name not in _KEY_HEADERS}
            named = {
                "openai": ("authorization", f"Bearer {self._key}"),
                "anthropic": ("x-api-key", self._key),
            }
            name, value = named[self._provider]
            kept[name] = value
        return kept | {"accept-encoding": "identity"}

    def _content(self, request: Served) -> bytes:
        """Return the body; to OpenAI itself with today's name of the limit of output tokens.

        Clients that are told of a server on this machine use the older name, as such servers want it.
        """
        body = dict(request.body)
        host = urlsplit(self._base_url).hostname or ""
        if not host.endswith(_OPENAI_HOSTS) or "max_tokens" not in body:
            return request.data
        body["max_completion_tokens"] = body.pop("max_tokens")
        return json.dumps(body).encode()

    async def _end(self) -> None:
        if self._client is not None:
            await self._client.aclose()


async def _blocks(reply: httpx2.Response, writer: asyncio.StreamWriter) -> AsyncGenerator[str, None]:
    """Pass each piece on as it comes, and yield what stands between two empty lines."""
    held = b""
    async for data in reply.aiter_bytes():
        if not writer.is_closing():
            writer.write(chunk_of(data))
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        held = (held + data).replace(b"\r\n", b"\n")
        *whole, held = held.split(b"\n\n")
        for one in whole:
            yield one.decode("utf-8", "replace")
    if held.strip():
        yield held.decode("utf-8", "replace")


async def _read(reply: httpx2.Response) -> tuple[bytes, bool]:
    """Return a whole body, or as much as came with True where the connection broke."""
    data = b""
    try:
        async for piece in reply.aiter_bytes():
            data += piece
    except httpx2.HTTPError:
        return data, True
    return data, False


def _body_of(data: bytes) -> object:
    """Return a body as JSON, as text where it is none, None where there is none."""
    return json_of(data.decode("utf-8", "replace")) if data else None


def _passed(reply: httpx2.Response, length: int | None = None) -> Mapping[str, str]:
    """Return the head of a reply as the client gets it: whole, but for how it is carried."""
    carried = {"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive"}
    kept = {name: value for name, value in reply.headers.items() if name.lower() not in carried}
    return kept if length is None else kept | {"content-length": str(length)}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
