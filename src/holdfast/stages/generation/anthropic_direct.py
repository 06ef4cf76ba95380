"""Speak Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.domain.prompts import Message
from holdfast.stages.generation.anthropic_stream import HeardMessage
from holdfast.stages.generation.direct_wire import DirectWire
from holdfast.stages.generation.families import refuses_sampling
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint, Wire

_VERSION = "2023-06-01"


def open_wire(endpoint: Endpoint, key: Key | None) -> Wire:
    """Return an open client."""
    has_version = endpoint.base_url.endswith("/v1")
    return DirectWire(Messages("/messages" if has_version else "/v1/messages"), endpoint, key)


class Messages:
    """The Dialect of Anthropic's messages."""

    shaped = "holdfast.stages.generation.anthropic_messages:open_wire"

    def __init__(self, path: str) -> None:
        self.path = path

    def headers(self, key: str) -> Mapping[str, str]:
        """Return the headers that hold the key and the version."""
        return {"x-api-key": key, "anthropic-version": _VERSION}

    def body(
        self, endpoint: Endpoint, messages: tuple[Message, ...], output_tokens: int
    ) -> Mapping[str, Any]:
        """Return the request; the rules, which all items share, are offered to the provider's cache."""
        rules: list[dict[str, Any]] = [
            {"type": "text", "text": one.text} for one in messages if one.role == "system"
        ]
        said = [{"role": one.role, "content": one.text} for one in messages if one.role != "system"]
        body: dict[str, Any] = {"model": endpoint.model, "max_tokens": output_tokens, "messages": said}
        if rules:
            rules[-1]["cache_control"] = {"type": "ephemeral"}
            body["system"] = rules
        if endpoint.stream:
            body["stream"] = True
        if endpoint.temperature is not None and not refuses_sampling(endpoint.model):
            body["temperature"] = endpoint.temperature
        return body

    def hearing(self) -> HeardMessage:
        """Return what takes a message in."""
        return HeardMessage()
