"""Send one request through a pydantic-ai model and read its reply to the end.

Only the lowest level is used (`Model.request`, `Model.request_stream`): no agent, no retry, and no
instrumentation, so no text of a prompt or reply reaches a span.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx2

from holdfast.domain.calls import Deadline
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Message
from holdfast.domain.usage import Price, Usage
from holdfast.errors import HoldfastError
from holdfast.stages.generation.provider_errors import translated
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Ended, Endpoint
from holdfast.stages.generation.provider_output import Shown, parameters_for
from holdfast.stages.generation.provider_prices import price_of

try:
    from pydantic_ai.messages import (
        ModelMessage,
        ModelRequest,
        ModelResponse,
        SystemPromptPart,
        TextPart,
        UserPromptPart,
    )
    from pydantic_ai.models import Model
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
        self,
        messages: tuple[Message, ...],
        *,
        output_tokens: int,
        deadline: Deadline,
        output: OutputSpec | None = None,
    ) -> AsyncGenerator[str | Ended, None]:
        """Yield text, then how it ended; raise ProviderError, or TimeoutError at the deadline.

        With an output that is asked for by a tool call, the text is the call's arguments.

        Each wait runs under what is left of the whole deadline: a server that only sends keep-alive
        pings never trips a read timeout.
        """
        asked = (_mapped(messages), self._settings(output_tokens), parameters_for(output))
        shown = Shown(is_call=output is not None and output.mode == "tool")
        try:
            if not self._endpoint.stream:
                async with asyncio.timeout(deadline.left_s):
                    response = await self._model.request(*asked)
                yield shown.whole(response)
                yield self._ended(response, shown)
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
                    if text := shown.of(event):
                        yield text
                if rest := shown.rest():
                    yield rest
                yield self._ended(stream.get(), shown)
        except (TimeoutError, HoldfastError):
            raise
        except Exception as error:  # noqa: BLE001 clients leak IndexError, ValidationError, json's and httpx2's errors
            raise translated(error, self._endpoint, self._key) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known."""
        price, share = price_of(usage, self._endpoint, model=model), self._endpoint.price_share
        if price is None or share == 1.0:
            return price
        return replace(price, usd=price.usd * share, saved_usd=price.saved_usd * share)

    def _settings(self, output_tokens: int) -> ModelSettings:
        # Without `max_retries`: the clients are made with none, and naming it here copies the client for
        # every call, which looks up the platform again in a thread of its own (seen in 2.62).
        settings = ModelSettings(max_tokens=output_tokens, cache={"messages": False})
        if self._temperature is not None:
            settings["temperature"] = self._temperature
        return settings

    def _ended(self, response: ModelResponse, shown: Shown) -> Ended:
        usage = Usage(
            input_tokens=response.usage.input_tokens,
            output_tokens=response.usage.output_tokens,
            cached_tokens=response.usage.cache_read_tokens,
            written_tokens=response.usage.cache_write_tokens,
        )
        returned = response.model_name or ""
        price = self.priced(usage, model=returned)
        finish = (response.finish_reason or "") if response.state == "complete" else ""
        return Ended(
            finish="stop" if finish == "tool_call" and shown.has_call else finish,
            usage=usage,
            returned_model=returned,
            cost_usd=price.usd if price else None,
        )


def http_client(endpoint: Endpoint) -> httpx2.AsyncClient:
    """Return the HTTP client of one endpoint; a server on this machine is never reached by proxy.

    Reads have no timeout of their own: the deadline of the call ends them.
    """
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(None, connect=_CONNECT_S),
        transport=endpoint.transport,
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
