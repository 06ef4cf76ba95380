"""Speak OpenAI's chat completions, of OpenAI itself and of every endpoint that has the same protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from holdfast.domain.outputs import PURPOSE, OutputSpec
from holdfast.domain.prompts import Message
from holdfast.stages.generation.chat_stream import Heard
from holdfast.stages.generation.direct_wire import DirectWire
from holdfast.stages.generation.families import asks_system_as, reasons
from holdfast.stages.generation.openai_schema import strict_form
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint, Wire
from holdfast.stages.generation.tool_call import Called

_OPENAI_HOSTS = (".openai.com", ".azure.com")


def open_wire(endpoint: Endpoint, key: Key | None) -> Wire:
    """Return an open client."""
    return DirectWire(ChatCompletions(), endpoint, key)


class ChatCompletions:
    """The Dialect of OpenAI's chat completions."""

    path = "/chat/completions"

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

    def shaped(self, endpoint: Endpoint, output: OutputSpec) -> Mapping[str, Any]:
        """Return what the request says of the wanted shape: a response format, or a call that is due."""
        # Fine-tuned models are not held to lengths in strict mode.
        form = strict_form(output.asked, holds_lengths=not endpoint.model.startswith("ft:"))
        if output.mode == "schema":
            shape = {"name": output.name, "schema": form.schema, "strict": form.is_strict}
            return {"response_format": {"type": "json_schema", "json_schema": shape}}
        function: dict[str, Any] = {
            "name": output.name,
            "description": PURPOSE,
            "parameters": form.schema,
        } | ({"strict": True} if form.is_strict else {})
        return {"tools": [{"type": "function", "function": function}], "tool_choice": "required"}

    def hearing(self, called: Called | None) -> Heard:
        """Return what takes a completion in."""
        return Heard(called=called)
