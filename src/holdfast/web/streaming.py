"""Answer in the UI message stream format (the AI SDK's protocol, version 1) over server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Response

from holdfast.domain.prompts import Partial, Restart
from holdfast.domain.runs import Run
from holdfast.errors import HoldfastError
from holdfast.web.numbering import Numbering

T = TypeVar("T")
Event = dict[str, Any]

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-vercel-ai-ui-message-stream": "v1",
    "x-accel-buffering": "no",
}
CLIENT_CLOSED = 499
"""Status of an answer that nobody waits for any more."""
DONE = b"data: [DONE]\n\n"


class ReaderLeft(Exception):
    """Whoever asked has closed the connection."""


class EventStream(Response):
    """Sends events as they come; a reader who leaves ends what makes them at once."""

    def __init__(self, events: AsyncGenerator[Event, None]) -> None:
        super().__init__(headers=HEADERS)
        self._events = events
        del self.headers["content-length"]

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Send the answer."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        try:
            await unless_left(receive, self._pump(send))
        except ReaderLeft:
            return
        await send({"type": "http.response.body", "body": DONE})

    async def _pump(self, send: Any) -> None:
        async with aclosing(self._events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": encoded(event), "more_body": True})


async def unless_left(receive: Callable[[], Awaitable[Any]], work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns; cancel it and raise ReaderLeft when the reader leaves first.

    The request's body has been read: all that `receive` still brings is the end of the connection.
    """
    working, watching = asyncio.create_task(work), asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ReaderLeft
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def _left(receive: Callable[[], Awaitable[Any]]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def encoded(event: Event) -> bytes:
    """Return one event as it goes over the wire."""
    return b"data: " + json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode() + b"\n\n"


async def message_events(
    run_id: str,
    pieces: AsyncIterator[str | Partial | Restart | Run],
    *,
    told: Callable[[Run], Mapping[str, Any]],
    corrected: Callable[[Run], Sequence[Mapping[str, Any]]] = lambda _run: (),
    notice: str = "",
) -> AsyncGenerator[Event, None]:
    """Yield the parts of one message: its text sentence by sentence, then sources and the outcome.

    What reviewers answered to the same question comes before the outcome, where there is something.

    A Restart closes the text part and sends `data-restart`; what counts is in the part that follows. The
    last text part, `sources`, lists them for clients that show text only.
    """
    yield {"type": "start", "messageId": run_id}
    if notice:
        yield {"type": "data-notice", "data": {"text": notice}, "transient": True}
    text, numbers = _TextPart(), Numbering()
    try:
        async with aclosing(pieces) as coming:  # type: ignore[type-var]  # a session's stream is a generator
            async for piece in coming:
                if isinstance(piece, Restart):
                    numbers = Numbering()
                for event in _events(piece, text, numbers):
                    yield event
                if isinstance(piece, Run):
                    for event in _end(told(piece), corrected(piece)):
                        yield event
    except HoldfastError as error:
        for event in (*text.end(), {"type": "error", "errorText": str(error)}):
            yield event


class _TextPart:
    """The text part of the message that is open, if one is."""

    def __init__(self) -> None:
        self._number, self._is_open = 1, False

    def add(self, text: str) -> list[Event]:
        """Return the events that add to it, opened first if need be."""
        part = f"text-{self._number}"
        opening = [] if self._is_open else [{"type": "text-start", "id": part}]
        self._is_open = True
        return [*opening, {"type": "text-delta", "id": part, "delta": text}]

    def end(self) -> list[Event]:
        """Return the event that ends it, if it is open; the next one has another id."""
        if not self._is_open:
            return []
        part, self._is_open = f"text-{self._number}", False
        self._number += 1
        return [{"type": "text-end", "id": part}]


def _events(piece: str | Partial | Restart | Run, text: _TextPart, numbers: Numbering) -> list[Event]:
    match piece:
        case str():
            shown = numbers.piece(piece)
            return text.add(shown) if shown else []
        case Partial(output=output):
            return [{"type": "data-output", "data": {"output": output}, "transient": True}]
        case Restart(reason=reason):
            return [*text.end(), {"type": "data-restart", "data": {"reason": reason}, "transient": True}]
        case Run():
            rest = numbers.rest()
            return [*(text.add(rest) if rest else ()), *text.end()]


def _end(told: Mapping[str, Any], corrected: Sequence[Mapping[str, Any]]) -> list[Event]:
    sources = [
        {
            "type": "source-document", "sourceId": f"{one['n']}", "mediaType": "text/plain",
            "title": f"{one['title']}, {one['place']}" if one["place"] else one["title"],
            "filename": one["document"],
        }
        for one in told["citations"]
    ]  # fmt: skip
    listed = "\n".join(f"[{one['sourceId']}] {one['title']} ({one['filename']})" for one in sources)
    as_text = [
        {"type": "text-start", "id": "sources"},
        {"type": "text-delta", "id": "sources", "delta": f"\n\n{listed}"},
        {"type": "text-end", "id": "sources"},
    ]
    return [
        *sources,
        *(as_text if listed else []),
        *([{"type": "data-corrected-before", "data": list(corrected)}] if corrected else []),
        {"type": "data-outcome", "data": dict(told)},
        {
            "type": "finish",
            "finishReason": "stop",
            "messageMetadata": {"run": told["run"], "outcome": told["kind"]},
        },
    ]
