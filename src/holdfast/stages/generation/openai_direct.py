"""Speak OpenAI's chat completions, of OpenAI itself and of every endpoint that has the same protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from holdfast.domain.prompts import Message
from holdfast.stages.generation.chat_stream import Heard
from holdfast.stages.generation.direct_wire import DirectWire
from holdfast.stages.generation.families import asks_system_as, reasons
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint, Wire

_OPENAI_HOSTS = (".openai.com", ".azure.com")


def open_wire(endpoint: Endpoint, key: Key | None) -> Wire:
    """Return an open client."""
    return DirectWire(ChatCompletions(), endpoint, key)


class ChatCompletions:
    """The Dialect of OpenAI's chat completions."""

    path = "/chat/completions"
    shaped = "holdfast.stages.generation.openai_chat:open_wire"

    def headers(self, key: str) -> Mapping[str, str]:
        """Return the header that holds the key."""
        return {"authorization": f"Bearer {key}"}

    def body(
        self, endpoint: Endpoint, messages: tuple[Message, ...], output_tokens: int
    ) -> Mapping[str, Any]:
        """Return the request."""
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
        return body

    def hearing(self) -> Heard:
        """Return what takes a completion in."""
        return Heard()
