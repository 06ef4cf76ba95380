"""The little of HTTP/1.1 that the loopback provider needs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

_BODY_BYTES_AT_MOST = 50_000_000
LAST_CHUNK = b"0\r\n\r\n"
STREAM_HEADERS = {"content-type": "text/event-stream", "transfer-encoding": "chunked"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """Empty when there was none, or none that is a JSON object."""
    is_json: bool = True
    """Whether the body was a JSON object, or empty."""
    data: bytes = field(default=b"", repr=False)
    """The body as it came."""

    @property
    def streams(self) -> bool:
        """Return whether the client asked for a stream."""
        return bool(self.body.get("stream"))


async def read_request(reader: asyncio.StreamReader) -> Served | None:
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
    body = _parsed(data) if data else {}
    return Served(
        method=method, path=path, headers=headers, body=body or {}, is_json=body is not None, data=data
    )  # fmt: skip


def whole_bytes(
    status: int, body: str, *, kind: str = "application/json", headers: Mapping[str, str] | None = None
) -> bytes:
    """Return a whole reply with its length announced; header values without line breaks."""
    data = body.encode("utf-8", "surrogatepass")
    named = {"content-type": kind, "content-length": str(len(data)), **(headers or {})}
    return head_bytes(status, named) + data


def head_bytes(status: int, headers: Mapping[str, str]) -> bytes:
    """Return the head of a reply."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {int(status)} {_phrase(status)}\r\n{lines}\r\n".encode("latin-1")


def chunk_bytes(text: str) -> bytes:
    """Return one chunk of a reply whose length is not announced."""
    return chunk_of(text.encode())


def chunk_of(data: bytes) -> bytes:
    """Return one chunk of a reply, or nothing for no data: an empty chunk would end it."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n" if data else b""


async def until_closed(reader: asyncio.StreamReader) -> None:
    """Wait until the client closes the connection; what else it sends is not read."""
    while await reader.read(65_536):
        pass


def _parsed(data: bytes) -> dict[str, Any] | None:
    try:
        body = json.loads(data)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Scripted"
