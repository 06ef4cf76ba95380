"""Speak a provider's protocol straight over HTTP: a client costs more than all policies around it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any, Protocol

import httpx2

from holdfast.calling.waits import Waits
from holdfast.domain.calls import Deadline
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Message
from holdfast.domain.usage import Price, Usage
from holdfast.errors import ProviderError
from holdfast.stages.generation.chat_errors import retry_after_of, wrong_of
from holdfast.stages.generation.chat_stream import DONE, Events, NoReply, Thoughts, ToldError, parsed
from holdfast.stages.generation.provider_http import http_client, key_text
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Ended, Endpoint
from holdfast.stages.generation.provider_prices import price_of
from holdfast.stages.generation.provider_words import Wrong, error_of, message_of
from holdfast.stages.generation.tool_call import Called

_ERROR_BYTES = 65_536
_REPLY_BYTES = 4 * 1024 * 1024
"""Of a reply that comes at once; longer ones are not whole for whoever asked for some thousand tokens."""
_DRAIN_S = 0.05
"""Wait for the end of a stream after its last event: a connection that is read out is used again."""


class Hearing(Protocol):
    """Takes in the envelopes of one reply."""

    finish: str
    """As in `Ended`; empty until the provider named it."""
    usage: Usage
    model: str
    has_choices: bool
    """Whether a message has begun."""
    is_over: bool
    """Whether nothing more is to come."""
    called: Called | None
    """Takes in the tool call that was asked for; None: none was."""

    def take(self, envelope: Any, *, is_whole: bool) -> str:
        """Return the text that an envelope adds: a whole reply, or an event of its stream.

        Where a call was asked for, its arguments are the text. Raises ToldError for an error, NoReply for
        anything else that is none of the protocol.
        """
        ...


class Dialect(Protocol):
    """What one provider's protocol says otherwise than another's."""

    path: str
    """Behind the endpoint's base URL."""

    def headers(self, key: str) -> Mapping[str, str]:
        """Return the headers that hold the key, and which protocol it is."""
        ...

    def body(
        self, endpoint: Endpoint, messages: tuple[Message, ...], output_tokens: int
    ) -> Mapping[str, Any]:
        """Return the request, without what it says of the wanted shape."""
        ...

    def shaped(self, endpoint: Endpoint, output: OutputSpec) -> Mapping[str, Any]:
        """Return what the request says of the wanted shape; raise ProviderRejected where it cannot."""
        ...

    def hearing(self, called: Called | None) -> Hearing:
        """Return what takes a reply in."""
        ...


class DirectWire:
    """The Wire of a protocol."""

    def __init__(self, dialect: Dialect, endpoint: Endpoint, key: Key | None) -> None:
        self._dialect = dialect
        self._endpoint = endpoint
        self._key = key
        self._client = http_client(endpoint)
        self._url = f"{endpoint.base_url}{dialect.path}"
        self._headers = {
            **dialect.headers(key_text(key, endpoint)),
            "content-type": "application/json",
            "accept": "text/event-stream" if endpoint.stream else "application/json",
        }
        self._shaped: tuple[OutputSpec, Mapping[str, Any]] | None = None
        """What was last said of a shape: all calls of a workflow ask for the same."""

    async def send(
        self,
        messages: tuple[Message, ...],
        *,
        output_tokens: int,
        deadline: Deadline,
        output: OutputSpec | None = None,
    ) -> AsyncGenerator[str | Ended, None]:
        """Yield text, then how it ended; raise ProviderError, or TimeoutError at the deadline.

        With an output that is asked for by a tool call, the text is the call's arguments.
        """
        waits, body = Waits(), self._body(messages, output_tokens, output)
        hearing = self._dialect.hearing(Called() if output is not None and output.mode == "tool" else None)
        try:
            async with AsyncExitStack() as stack:
                stack.callback(waits.close)
                request = self._client.build_request("POST", self._url, headers=self._headers, content=body)
                response = await waits.next(self._client.send(request, stream=True), deadline.left_s)
                stack.push_async_callback(response.aclose)
                if response.status_code != HTTPStatus.OK:
                    raise await self._refused(response, waits, deadline)
                pieces = self._streamed if self._endpoint.stream else self._whole
                async for piece in pieces(response, hearing, waits, deadline):
                    yield piece
        except httpx2.HTTPError as error:
            raise self._error(Wrong.CONNECTION, said=str(error) or type(error).__name__) from None
        except httpx2.InvalidURL as error:
            raise self._error(Wrong.CONNECTION, said=str(error)) from None
        except NoReply as error:
            raise self._error(Wrong.MALFORMED, said=str(error), may_be_paid=error.may_be_paid) from None
        except ToldError as error:
            raise self._told(error.body, None, None) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known."""
        return price_of(usage, self._endpoint, model=model)

    def _body(self, messages: tuple[Message, ...], output_tokens: int, output: OutputSpec | None) -> bytes:
        body = {**self._dialect.body(self._endpoint, messages, output_tokens), **self._shape_of(output)}
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")

    def _shape_of(self, output: OutputSpec | None) -> Mapping[str, Any]:
        if output is None or output.mode == "prompt":
            return {}
        if self._shaped is None or self._shaped[0] is not output:
            self._shaped = (output, self._dialect.shaped(self._endpoint, output))
        return self._shaped[1]

    async def _streamed(
        self, response: httpx2.Response, heard: Hearing, waits: Waits, deadline: Deadline
    ) -> AsyncGenerator[str | Ended, None]:
        events, shown = Events(), Thoughts()
        first = b""
        async for piece in _arriving(response, waits, deadline, events):
            first = first or piece
            for data in events(piece):
                if data != DONE and (text := shown(heard.take(parsed(data), is_whole=False))):
                    yield text
                events.are_over = events.are_over or heard.is_over
        if not heard.has_choices and not heard.model:
            parsed(first.removeprefix(b"data:"))  # a page or an error, with status 200
            raise NoReply("a stream without any choice")
        if not heard.finish:
            raise NoReply("a stream that ended without a finish reason", may_be_paid=True)
        if rest := _rest(heard, shown):
            yield rest
        yield self._ended(heard)

    async def _whole(
        self, response: httpx2.Response, heard: Hearing, waits: Waits, deadline: Deadline
    ) -> AsyncGenerator[str | Ended, None]:
        shown = Thoughts()
        text = heard.take(parsed(await _read(response, waits, deadline, _REPLY_BYTES)), is_whole=True)
        if not heard.has_choices:
            raise NoReply("a reply without any choice", may_be_paid=True)
        yield shown(text) + _rest(heard, shown)
        yield self._ended(heard)

    def _ended(self, heard: Hearing) -> Ended:
        price = self.priced(heard.usage, model=heard.model)
        return Ended(
            finish=heard.called.ending(heard.finish) if heard.called else heard.finish,
            usage=heard.usage,
            returned_model=heard.model,
            cost_usd=price.usd if price else None,
        )

    async def _refused(self, response: httpx2.Response, waits: Waits, deadline: Deadline) -> ProviderError:
        try:
            text = await _read(response, waits, deadline, _ERROR_BYTES)
        except NoReply:
            text = b""
        try:
            body: object = json.loads(text)
        except (ValueError, RecursionError):
            body = text.decode("utf-8", "replace")
        return self._told(body, response.status_code, retry_after_of(response.headers))

    def _told(self, body: object, status: int | None, retry_after_s: float | None) -> ProviderError:
        said = message_of(body) or "no message"
        return self._error(
            wrong_of(body, said, status), said=said, status=status, retry_after_s=retry_after_s
        )

    def _error(self, wrong: Wrong, **told: Any) -> ProviderError:
        return error_of(wrong, self._endpoint, self._key, **told)


def _rest(heard: Hearing, shown: Thoughts) -> str:
    """Return what was held back: words in the place of a call, a beginning like a thought's."""
    return (shown(heard.called.rest()) if heard.called else "") + shown.rest()


async def _arriving(
    response: httpx2.Response, waits: Waits, deadline: Deadline, events: Events
) -> AsyncGenerator[bytes, None]:
    """Yield bytes to the end of the stream, or shortly after its last event."""
    arriving = response.aiter_bytes()
    while True:
        try:
            wait_s = min(_DRAIN_S, deadline.left_s) if events.are_over else deadline.left_s
            piece = await waits.next(anext(arriving, None), wait_s)
        except TimeoutError:
            if not events.are_over:
                raise
            return
        if piece is None:
            return
        yield piece


async def _read(response: httpx2.Response, waits: Waits, deadline: Deadline, most: int) -> bytes:
    """Return the body; raise NoReply when it is longer than `most` bytes."""
    arriving, parts, length = response.aiter_bytes(), list[bytes](), 0
    while (piece := await waits.next(anext(arriving, None), deadline.left_s)) is not None:
        parts.append(piece)
        length += len(piece)
        if length > most:
            raise NoReply(f"more than {most} bytes", may_be_paid=True)
    return b"".join(parts)
