"""Send one request through a pydantic-ai model and read its reply to the end.

Only the lowest level is used (`Model.request`, `Model.request_stream`): no agent, no retry, and no
instrumentation, so no text of a prompt or reply reaches a span.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx2

from holdfast.domain.calls import Deadline
from holdfast.domain.prompts import Message
from holdfast.domain.usage import Usage
from holdfast.errors import HoldfastError
from holdfast.stages.generation.provider_errors import translated
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Ended, Endpoint
from holdfast.stages.generation.provider_prices import cost_of

try:
    from pydantic_ai.messages import (
        ModelMessage,
        ModelRequest,
        ModelResponse,
        PartDeltaEvent,
        PartStartEvent,
        SystemPromptPart,
        TextPart,
        TextPartDelta,
        UserPromptPart,
    )
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings
except ImportError as error:
    raise ImportError("model providers need an extra: pip install 'holdfast[providers]'") from error

_CONNECT_S = 10.0


class PydanticWire:
    """The Wire of every provider that pydantic-ai has a model for."""

    def __init__(
        self,
        model: Model[Any],
        endpoint: Endpoint,
        key: Key | None,
        *,
        client: httpx2.AsyncClient,
        sends_temperature: bool,
    ) -> None:
        self._model = model
        self._endpoint = endpoint
        self._key = key
        self._client = client
        self._temperature = endpoint.temperature if sends_temperature else None

    async def send(
        self, messages: tuple[Message, ...], *, output_tokens: int, deadline: Deadline
    ) -> AsyncGenerator[str | Ended, None]:
        """Yield text, then how it ended; raise ProviderError, or TimeoutError at the deadline.

        Each wait runs under what is left of the whole deadline: a server that only sends keep-alive
        pings never trips a read timeout.
        """
        asked = (_mapped(messages), self._settings(output_tokens), ModelRequestParameters())
        try:
            if not self._endpoint.stream:
                async with asyncio.timeout(deadline.left_s):
                    response = await self._model.request(*asked)
                yield response.text or ""
                yield self._ended(response)
                return
            async with AsyncExitStack() as stack:
                async with asyncio.timeout(deadline.left_s):
                    stream = await stack.enter_async_context(self._model.request_stream(*asked))
                events = aiter(stream)
                while True:
                    async with asyncio.timeout(deadline.left_s):
                        event = await anext(events, None)
                    if event is None:
                        break
                    if text := _text_of(event):
                        yield text
                yield self._ended(stream.get())
        except (TimeoutError, HoldfastError):
            raise
        except Exception as error:  # noqa: BLE001 clients leak IndexError, ValidationError, json's and httpx2's errors
            raise translated(error, self._endpoint, self._key) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def most_usd(self, *, input_tokens: int, output_tokens: int) -> float | None:
        """Return what such a call costs at most, or None when no price is known."""
        return cost_of(Usage(input_tokens=input_tokens, output_tokens=output_tokens), self._endpoint)

    def _settings(self, output_tokens: int) -> ModelSettings:
        # Without `max_retries`: the clients are made with none, and naming it here copies the client for
        # every call, which looks up the platform again in a thread of its own (seen in 2.62).
        settings = ModelSettings(max_tokens=output_tokens, cache={"messages": False})
        if self._temperature is not None:
            settings["temperature"] = self._temperature
        return settings

    def _ended(self, response: ModelResponse) -> Ended:
        usage = Usage(
            input_tokens=response.usage.input_tokens,
            output_tokens=response.usage.output_tokens,
            cached_tokens=response.usage.cache_read_tokens,
        )
        returned = response.model_name or ""
        is_whole = response.state == "complete"
        return Ended(
            finish=(response.finish_reason or "") if is_whole else "",
            usage=usage,
            returned_model=returned,
            cost_usd=cost_of(usage, self._endpoint, model=returned),
        )


def http_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    """Return the HTTP client of one endpoint; a server on this machine is never reached by proxy.

    Reads have no timeout of their own: the deadline of the call ends them.
    """
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=_CONNECT_S),
        trust_env=not endpoint.is_here,
        follow_redirects=False,
        limits=httpx2.Limits(max_connections=200, max_keepalive_connections=50),
    )


def key_text(key: Key | None, endpoint: Endpoint) -> str:
    """Return the key to send; clients insist on one even where the endpoint asks for none."""
    return key.reveal() if key else f"no-key-for-{urlsplit(endpoint.base_url).hostname}"


def _mapped(messages: tuple[Message, ...]) -> list[ModelMessage]:
    mapped: list[ModelMessage] = []
    for message in messages:
        match message.role:
            case "system":
                mapped.append(ModelRequest(parts=[SystemPromptPart(content=message.text)]))
            case "user":
                mapped.append(ModelRequest(parts=[UserPromptPart(content=message.text)]))
            case "assistant":
                mapped.append(ModelResponse(parts=[TextPart(content=message.text)]))
    return mapped


def _text_of(event: object) -> str:
    match event:
        case PartStartEvent(part=TextPart(content=text)):
            return text
        case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
            return text
        case _:
            return ""
