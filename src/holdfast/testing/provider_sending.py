"""Send one scripted reply, whole or streamed, and go wrong on the way as the script says."""

from __future__ import annotations

import asyncio
import contextlib
import json
from http import HTTPStatus

from holdfast.testing.provider_account import Sent
from holdfast.testing.provider_http import (
    LAST_CHUNK,
    STREAM_HEADERS,
    Served,
    chunk_bytes,
    head_bytes,
    until_closed,
    whole_bytes,
)
from holdfast.testing.provider_replies import Dialect, Events
from holdfast.testing.provider_script import Fault, Scripted

HTML = "<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
_OTHER_JSON = json.dumps({"status": "ok", "result": None})
_PING = chunk_bytes(": ping\n\n")
_PING_EVERY_S = 0.02
_HALFWAY = (Fault.STALL_MIDWAY, Fault.PINGS, Fault.CUT, Fault.MALFORMED, Fault.ENDS_EARLY)
_KEPT_AT_MOST = 256
_KEPT_BYTES_AT_MOST = 100_000


class Sender:
    """Writes replies; those that were asked for before are not put together again."""

    def __init__(self) -> None:
        self._kept: dict[object, bytes] = {}

    async def send(
        self,
        request: Served,
        dialect: Dialect,
        scripted: Scripted,
        sent: Sent,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Answer one request and fill in what was sent; return whether the connection can be used again."""
        told = dialect.refused(scripted)
        if told.status >= HTTPStatus.MULTIPLE_CHOICES:
            named = {"retry-after": told.retry_after, "location": told.location}
            headers = {name: value for name, value in named.items() if value}
            return await _write(writer, sent, whole_bytes(told.status, dialect.error(told), headers=headers))
        sent.status = told.status
        if told.fault is Fault.HTML:
            return await _write(writer, sent, whole_bytes(told.status, HTML, kind="text/html"))
        if told.fault is Fault.WRONG_ENVELOPE:
            return await _write(writer, sent, whole_bytes(told.status, _OTHER_JSON))
        if request.streams:
            return await self._stream(request, dialect, told, sent, reader, writer)
        return await self._whole(request, dialect, told, sent, reader, writer)

    async def _whole(
        self,
        request: Served,
        dialect: Dialect,
        scripted: Scripted,
        sent: Sent,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        await asyncio.sleep(scripted.first_token_s)
        if scripted.fault in (Fault.STALL_MIDWAY, Fault.PINGS):
            await until_closed(reader)
            return False
        if scripted.fault is Fault.MALFORMED:
            body = dialect.whole(request.body, scripted)[:-20]
            return await _write(writer, sent, whole_bytes(scripted.status, body))
        data = self._bytes(request, dialect, scripted)
        if scripted.fault is Fault.CUT:
            _charge(sent, scripted, 0.5)
            writer.write(data[: len(data) - 20])
            await writer.drain()
            return False
        _charge(sent, scripted, 1.0)
        sent.is_whole = True
        return await _write(writer, sent, data)

    async def _stream(
        self,
        request: Served,
        dialect: Dialect,
        scripted: Scripted,
        sent: Sent,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Send server-sent events; the script may stop them half-way in one of five manners."""
        if not (scripted.pause_s or scripted.first_token_s or scripted.fault in _HALFWAY):
            data = self._bytes(request, dialect, scripted)
            _charge(sent, scripted, 1.0)
            sent.is_whole = True
            return await _write(writer, sent, data)
        writer.write(head_bytes(scripted.status, STREAM_HEADERS))
        await _write_slowly(dialect.events(request.body, scripted), scripted, sent, reader, writer)
        match scripted.fault:
            case Fault.STALL_MIDWAY:
                await until_closed(reader)
                return False
            case Fault.PINGS:
                await _ping(reader, writer)
                return False
            case Fault.CUT:
                return False
            case Fault.MALFORMED:
                writer.write(chunk_bytes("data: {not json\n\n"))
            case _:
                pass
        writer.write(LAST_CHUNK)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        return True

    def _bytes(self, request: Served, dialect: Dialect, scripted: Scripted) -> bytes:
        """Return the whole reply on the wire; kept where it depends on nothing but the script."""
        body = request.body
        usage = (body.get("stream_options") or {}).get("include_usage")
        key = (type(dialect), request.streams, usage, body.get("model"), scripted)
        is_plain = "messages" in body and scripted.output is None and scripted.fault is not Fault.WRONG_SCHEMA
        if is_plain and (kept := self._kept.get(key)):
            return kept
        if request.streams:
            events = dialect.events(body, scripted)
            every = (*events.opening, *events.tokens, *events.closing)
            chunks = b"".join(map(chunk_bytes, every))
            data = head_bytes(scripted.status, STREAM_HEADERS) + chunks + LAST_CHUNK
        else:
            data = whole_bytes(scripted.status, dialect.whole(body, scripted))
        if is_plain and len(data) <= _KEPT_BYTES_AT_MOST:
            if len(self._kept) >= _KEPT_AT_MOST:
                self._kept.clear()
            self._kept[key] = data
        return data


async def _write(writer: asyncio.StreamWriter, sent: Sent, data: bytes) -> bool:
    """Write all of a reply, and say that the connection can be used again."""
    sent.status = int(data[9:12])
    writer.write(data)
    await writer.drain()
    return True


async def _write_slowly(
    events: Events,
    scripted: Scripted,
    sent: Sent,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Write event by event, charging each token's share before it leaves."""
    every = (*events.opening, *events.tokens, *events.closing)
    last = len(every) // 2 if scripted.fault in _HALFWAY else len(every)
    first_token, tokens = len(events.opening), max(1, len(events.tokens))
    for place, event in enumerate(every[:last]):
        if place == first_token and scripted.first_token_s:
            await asyncio.sleep(scripted.first_token_s)
        if reader.at_eof():
            raise ConnectionAbortedError
        _charge(sent, scripted, max(0, min(place + 1 - first_token, tokens)) / tokens)
        sent.is_whole = place + 1 == len(every)
        writer.write(chunk_bytes(event))
        await writer.drain()
        await asyncio.sleep(scripted.pause_s)


async def _ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not reader.at_eof():
        await asyncio.sleep(_PING_EVERY_S)
        writer.write(_PING)
        await writer.drain()


def _charge(sent: Sent, scripted: Scripted, share: float) -> None:
    """Note the tokens of a reply of which that share has been sent; the prompt counts from the first byte."""
    sent.input_tokens = scripted.input_tokens
    sent.cached_tokens = scripted.cached_tokens
    sent.cache_written_tokens = scripted.cache_written_tokens
    sent.output_tokens = round(scripted.output_tokens * share)
