"""Send one request through a pydantic-ai model and read its reply to the end.

Only the lowest level is used (`Model.request`, `Model.request_stream`): no agent, no retry, and no
instrumentation, so no text of a prompt or reply reaches a span.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import httpx2

from holdfast.calling.waits import Waits
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


class PydanticWire:
    """The Wire of every provider that pydantic-ai has a model for."""

    def __init__(
        self,
        model: Model[Any],
        endpoint: Endpoint,
        key: Key | None,
        *,
        client: httpx2.AsyncClient | None,
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
                events, waits = aiter(stream), Waits()
                stack.callback(waits.close)
                while True:
                    event = await waits.next(anext(events, None), deadline.left_s)
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
        """Close the connections that are ours; a provider's own client closes its own."""
        if self._client is not None:
            await self._client.aclose()

    def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known."""
        return price_of(usage, self._endpoint, model=model)

    def _settings(self, output_tokens: int) -> ModelSettings:
        settings = ModelSettings(max_tokens=output_tokens, max_retries=0)
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
