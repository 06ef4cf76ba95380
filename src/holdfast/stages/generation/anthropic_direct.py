"""Speak Anthropic's messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.domain.outputs import PURPOSE, OutputSpec
from holdfast.domain.prompts import Message
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderRejected
from holdfast.stages.generation.anthropic_schema import NotHeld, call_form, held_form
from holdfast.stages.generation.anthropic_stream import HeardMessage
from holdfast.stages.generation.direct_wire import DirectWire
from holdfast.stages.generation.families import refuses_sampling, thinks_unasked
from holdfast.stages.generation.provider_keys import Key
from holdfast.stages.generation.provider_model import Endpoint, Wire
from holdfast.stages.generation.tool_call import Called

_VERSION = "2023-06-01"
"""The later one, 2026-10-21, refuses a temperature of any model."""
_KEPT = {"cache_control": {"type": "ephemeral"}}


def open_wire(endpoint: Endpoint, key: Key | None) -> Wire:
    """Return an open client."""
    has_version = endpoint.base_url.endswith("/v1")
    return DirectWire(Messages("/messages" if has_version else "/v1/messages"), endpoint, key)


class Messages:
    """The Dialect of Anthropic's messages."""

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
            rules[-1] |= _KEPT
            body["system"] = rules
        if endpoint.stream:
            body["stream"] = True
        if endpoint.temperature is not None and not refuses_sampling(endpoint.model):
            body["temperature"] = endpoint.temperature
        return body

    def shaped(self, endpoint: Endpoint, output: OutputSpec) -> Mapping[str, Any]:
        """Return what the request says of the wanted shape: an output format, or a call that is due."""
        if output.mode == "schema":
            return {"output_config": {"format": {"type": "json_schema", "schema": _form(endpoint, output)}}}
        tool = {"name": output.name, "description": PURPOSE, "input_schema": call_form(output.asked)} | _KEPT
        # A model that thinks before it writes is not to be forced: some of them refuse the whole request.
        choice = "auto" if thinks_unasked(endpoint.model) else "any"
        return {"tools": [tool], "tool_choice": {"type": choice}}

    def hearing(self, called: Called | None) -> HeardMessage:
        """Return what takes a message in."""
        return HeardMessage(called=called)


def _form(endpoint: Endpoint, output: OutputSpec) -> Mapping[str, Any]:
    try:
        return held_form(output.asked)
    except NotHeld as error:
        raise ProviderRejected(
            f"{endpoint.name} takes no such schema as its output format: {error}",
            stage=Stage.GENERATION,
            move="Write `native: tool` or `native: auto` under output, or change that part of its schema",
        ) from None
