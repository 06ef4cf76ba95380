"""Replay recorded exchanges in the place of a provider.

with CassetteServer(Path("torque.jsonl")) as server:
    ...  # call server.openai_url or server.anthropic_url
assert not server.unknown
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from pathlib import Path
from typing import Any

from holdfast.testing.cassette_scrubbing import Scrubber
from holdfast.testing.cassettes import Exchange, Request, json_of, read_cassette
from holdfast.testing.loopback import LoopbackServer
from holdfast.testing.provider_http import (
    LAST_CHUNK,
    STREAM_HEADERS,
    Served,
    chunk_bytes,
    head_bytes,
    read_request,
    whole_bytes,
)

_SHOWN_DIFFERENCES = 3
_SHOWN_CHARACTERS = 40
_BEFORE = 15
"""Characters that are shown in front of the first one that differs."""
_BOUNDARY = "boundary"
_CUT_SHORT_BY = 20


class CassetteServer(LoopbackServer):
    """Answers each request with what was recorded for the same one, until the `with` block ends.

    The same request several times gets the recorded replies in order, the last one again for all further
    ones. A request that is not on the cassette gets status 400 with what differs from the nearest one.
    Keys and who asked make no difference, nor does the order of keys in a body.
    """

    def __init__(self, cassette: Path, *, pace: float = 0.0, port: int = 0) -> None:
        """Take a cassette; `pace` 1 waits as the provider did, 0 not at all. Raises for a bad file."""
        super().__init__(port=port)
        self.replayed = 0
        """Requests that were answered from the cassette."""
        self.unknown: list[str] = []
        """What differed of each request that is not on the cassette."""
        self._name = cassette.name
        self._pace = pace
        self._scrubber = Scrubber()
        self._exchanges = read_cassette(cassette)
        self._left: dict[str, list[Exchange]] = {}
        for exchange in self._exchanges:
            self._left.setdefault(digest_of(self._scrubber.request(exchange.request)), []).append(exchange)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await read_request(reader):
            exchange = self._found(request)
            if exchange is None:
                told = {"type": "invalid_request_error", "message": self.unknown[-1]}
                writer.write(whole_bytes(HTTPStatus.BAD_REQUEST, _json({"type": "error", "error": told})))
            elif not await self._replay(exchange, writer):
                return
            await writer.drain()

    def _found(self, request: Served) -> Exchange | None:
        asked = self._scrubber.request(_asked(request))
        left = self._left.get(digest_of(asked))
        if left is None:
            self.unknown.append(self._unknown(asked))
            return None
        self.replayed += 1
        return left.pop(0) if len(left) > 1 else left[0]

    def _unknown(self, asked: Request) -> str:
        recorded = [self._scrubber.request(one.request) for one in self._exchanges]
        places = [
            place
            for place, one in enumerate(recorded)
            if (one.method, one.path.partition("?")[0]) == (asked.method, asked.path.partition("?")[0])
        ]
        if not places:
            paths = ", ".join(sorted({f"{one.method} {one.path}" for one in recorded})) or "nothing"
            return f"{self._name} has no {asked.method} {asked.path}, it has {paths}"
        told = {place: list(_differences(_plain(recorded[place]), _plain(asked))) for place in places}
        nearest = min(told, key=lambda place: len(told[place]))
        first = "; ".join(islice(told[nearest], _SHOWN_DIFFERENCES))
        more = len(told[nearest]) - _SHOWN_DIFFERENCES
        return (
            f"not on {self._name}: {first}{f'; and {more} more' if more > 0 else ''} "
            f"(nearest: line {self._exchanges[nearest].line})"
        )

    async def _replay(self, exchange: Exchange, writer: asyncio.StreamWriter) -> bool:
        """Send a recorded reply; return whether the connection can be used again."""
        await asyncio.sleep(exchange.after_ms / 1000 * self._pace)
        if exchange.events is not None:
            return await self._replay_stream(exchange, writer)
        kind = exchange.headers.get("content-type", "application/json")
        data = whole_bytes(exchange.status, exchange.text, kind=kind, headers=exchange.headers)
        if exchange.is_cut:
            data = data[: len(data) - _CUT_SHORT_BY]
        writer.write(data)
        return not exchange.is_cut

    async def _replay_stream(self, exchange: Exchange, writer: asyncio.StreamWriter) -> bool:
        writer.write(head_bytes(exchange.status, {**STREAM_HEADERS, **exchange.headers}))
        at_ms = 0
        for event in exchange.events or ():
            await asyncio.sleep(max(0, event.at_ms - at_ms) / 1000 * self._pace)
            at_ms = event.at_ms
            writer.write(chunk_bytes(f"{event.text}\n\n"))
            await writer.drain()
        if not exchange.is_cut:
            writer.write(LAST_CHUNK)
        return not exchange.is_cut


def digest_of(request: Request) -> str:
    """Return the sha256, in hex, of what makes two scrubbed requests the same."""
    return hashlib.sha256(_json(_plain(request)).encode("utf-8", "surrogatepass")).hexdigest()


def _asked(request: Served) -> Request:
    text = request.data.decode("utf-8", "replace")
    return Request(method=request.method, path=request.path, body=json_of(text) if text else None)


def _plain(request: Request) -> dict[str, Any]:
    """Return a request as one value; a form's boundary, drawn by chance, makes no difference."""
    body = request.body
    if isinstance(body, str) and body.startswith("--"):
        body = body.replace(body.split("\n", 1)[0].strip().removeprefix("--"), _BOUNDARY)
    return {"method": request.method, "path": request.path, "body": body}


def _differences(recorded: Any, asked: Any, path: str = "") -> Iterator[str]:
    """Yield in words where two values differ, leaf by leaf."""
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for key in {**recorded, **asked}:
            inner = f"{path}.{key}" if path else str(key)
            if key not in asked:
                yield f"{inner} is recorded, and not asked"
            elif key not in recorded:
                yield f"{inner} is asked, and not recorded"
            else:
                yield from _differences(recorded[key], asked[key], inner)
    elif isinstance(recorded, list) and isinstance(asked, list) and len(recorded) == len(asked):
        for place, (one, other) in enumerate(zip(recorded, asked, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    elif isinstance(recorded, list) and isinstance(asked, list):
        yield f"{path} has {len(recorded)} entries recorded, {len(asked)} asked"
    elif recorded != asked:
        yield f"{path}: {_shown(recorded, asked)}"


def _shown(recorded: Any, asked: Any) -> str:
    """Return both values around the first character that differs."""
    texts = [one if isinstance(one, str) else _json(one) for one in (recorded, asked)]
    same = next(
        (at for at, (one, other) in enumerate(zip(*texts, strict=False)) if one != other),
        min(map(len, texts)),
    )
    begin = max(0, same - _BEFORE)
    one, other = (_cut(text, begin) for text in texts)
    return f"recorded {one!r}, asked {other!r}"


def _cut(text: str, begin: int) -> str:
    end = begin + _SHOWN_CHARACTERS
    return f"{'...' if begin else ''}{text[begin:end]}{'...' if end < len(text) else ''}"


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
