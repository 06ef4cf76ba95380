"""Speak OpenAI's chat completions straight over HTTP: a client costs more than all policies around it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx2

from holdfast.calling.waits import Waits
from holdfast.domain.calls import Deadline
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Message
from holdfast.domain.usage import Price, Usage
from holdfast.errors import ProviderError
from holdfast.loading import load
from holdfast.stages.generation.chat_errors import retry_after_of, wrong_of
from holdfast.stages.generation.chat_stream import DONE, Events, Heard, NoReply, Thoughts, ToldError, parsed
from holdfast.stages.generation.families import asks_system_as, reasons
from holdfast.stages.generation.provider_http import http_client, key_text
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Ended, Endpoint, Wire
from holdfast.stages.generation.provider_prices import price_of
from holdfast.stages.generation.provider_words import Wrong, error_of, message_of

_OPENAI_HOSTS = (".openai.com", ".azure.com")
_ERROR_BYTES = 65_536
_REPLY_BYTES = 4 * 1024 * 1024
"""Of a reply that comes at once; longer ones are not whole for whoever asked for some thousand tokens."""
_DRAIN_S = 0.05
"""Wait for the end of a stream after its last event: a connection that is read out is used again."""


def open_wire(endpoint: Endpoint, key: Key | None) -> Wire:
    """Return an open client."""
    return ChatWire(endpoint, key)


class ChatWire:
    """The Wire of every endpoint with OpenAI's protocol; shapes go through pydantic-ai's schema transform."""

    def __init__(self, endpoint: Endpoint, key: Key | None) -> None:
        self._endpoint = endpoint
        self._key = key
        self._client = http_client(endpoint)
        self._url = f"{endpoint.base_url}/chat/completions"
        self._headers = {
            "authorization": f"Bearer {key_text(key, endpoint)}",
            "content-type": "application/json",
            "accept": "text/event-stream" if endpoint.stream else "application/json",
        }
        self._shaped: Wire | None = None

    async def send(
        self,
        messages: tuple[Message, ...],
        *,
        output_tokens: int,
        deadline: Deadline,
        output: OutputSpec | None = None,
    ) -> AsyncGenerator[str | Ended, None]:
        """Yield text, then how it ended; raise ProviderError, or TimeoutError at the deadline."""
        if output is not None and output.mode != "prompt":
            shaped = await asyncio.to_thread(self._for_shapes)
            async for piece in shaped.send(
                messages, output_tokens=output_tokens, deadline=deadline, output=output
            ):
                yield piece
            return
        waits = Waits()
        try:
            async with AsyncExitStack() as stack:
                stack.callback(waits.close)
                request = self._client.build_request(
                    "POST", self._url, headers=self._headers, content=self._body(messages, output_tokens)
                )
                response = await waits.next(self._client.send(request, stream=True), deadline.left_s)
                stack.push_async_callback(response.aclose)
                if response.status_code != HTTPStatus.OK:
                    raise await self._refused(response, waits, deadline)
                pieces = self._streamed if self._endpoint.stream else self._whole
                async for piece in pieces(response, waits, deadline):
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
        if self._shaped is not None:
            await self._shaped.aclose()

    def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known."""
        return price_of(usage, self._endpoint, model=model)

    def _for_shapes(self) -> Wire:
        if self._shaped is None:
            opened: Wire = load("holdfast.stages.generation.openai_chat:open_wire")(self._endpoint, self._key)
            self._shaped = opened
        return self._shaped

    def _body(self, messages: tuple[Message, ...], output_tokens: int) -> bytes:
        endpoint = self._endpoint
        host = urlsplit(endpoint.base_url).hostname or ""
        # Servers that only speak the protocol know the older name of the parameter.
        limit = "max_completion_tokens" if host.endswith(_OPENAI_HOSTS) else "max_tokens"
        roles = {"system": asks_system_as(endpoint.model)}
        body: dict[str, Any] = {
            "model": endpoint.model,
            "messages": [{"role": roles.get(one.role, one.role), "content": one.text} for one in messages],
            limit: output_tokens,
            "stream": endpoint.stream,
        }
        if endpoint.stream:
            body["stream_options"] = {"include_usage": True}
        if endpoint.temperature is not None and not reasons(endpoint.model):
            body["temperature"] = endpoint.temperature
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")

    async def _streamed(
        self, response: httpx2.Response, waits: Waits, deadline: Deadline
    ) -> AsyncGenerator[str | Ended, None]:
        heard, events, shown = Heard(), Events(), Thoughts()
        first = b""
        async for piece in _arriving(response, waits, deadline, events):
            first = first or piece
            for data in events(piece):
                if data != DONE and (text := shown(heard.take(parsed(data), part="delta"))):
                    yield text
        if not heard.has_choices and not heard.model:
            parsed(first.removeprefix(b"data:"))  # a page or an error, with status 200
            raise NoReply("a stream without any choice")
        if not heard.finish:
            raise NoReply("a stream that ended without a finish reason", may_be_paid=True)
        if rest := shown.rest():
            yield rest
        yield self._ended(heard)

    async def _whole(
        self, response: httpx2.Response, waits: Waits, deadline: Deadline
    ) -> AsyncGenerator[str | Ended, None]:
        heard, shown = Heard(), Thoughts()
        text = heard.take(parsed(await _read(response, waits, deadline, _REPLY_BYTES)), part="message")
        if not heard.has_choices:
            raise NoReply("a reply without any choice", may_be_paid=True)
        yield shown(text) + shown.rest()
        yield self._ended(heard)

    def _ended(self, heard: Heard) -> Ended:
        price = self.priced(heard.usage, model=heard.model)
        return Ended(
            finish=heard.finish,
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
