"""How OpenAI's chat completions and Anthropic's messages put a scripted reply on the wire."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from holdfast.testing import provider_refusals as refusals
from holdfast.testing.provider_script import (
    CONTROL_CHARACTERS,
    HUGE_CHARACTERS,
    WRONG_OBJECT,
    Fault,
    Scripted,
)

_HUGE_PIECES = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """A streamed reply: what comes before the first token, the tokens, what comes after the last."""

    opening: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    closing: tuple[str, ...] = ()


class Dialect(Protocol):
    """One provider's way to say the same things."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return the body of a reply that is not streamed."""
        ...

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> Events:
        """Return the server-sent events of a streamed reply."""
        ...

    def refused(self, scripted: Scripted) -> Scripted:
        """Return the reply with status, code and message of its fault, where the fault is an error status."""
        ...

    def error(self, scripted: Scripted) -> str:
        """Return the body of an error."""
        ...


class OpenAIChat:
    """OpenAI's chat completions."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return one `chat.completion`."""
        told = spoken(scripted)
        name = self._tool(asked, told)
        message: dict[str, Any] = {"role": "assistant", "content": None if name else content_of(told)}
        if name:
            message["tool_calls"] = [_openai_call(name, content_of(told))]
        choice = {"index": 0, "message": message, "finish_reason": self._finish(asked, told, name)}
        choices = [] if told.fault is Fault.EMPTY_CHOICES else [choice]
        envelope = self._envelope(asked, told, "chat.completion")
        return json.dumps(envelope | {"choices": choices, "usage": _openai_usage(told)})

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> Events:
        """Return `chat.completion.chunk` events, the usage in one of its own if asked for, then `[DONE]`."""
        told = spoken(scripted)
        name = self._tool(asked, told)
        envelope = self._envelope(asked, told, "chat.completion.chunk")

        def event(choices: list[dict[str, Any]], **more: Any) -> str:
            return f"data: {json.dumps(envelope | {'choices': choices} | more)}\n\n"

        def delta(delta: dict[str, Any], finish: str | None = None) -> str:
            return event([{"index": 0, "delta": delta, "finish_reason": finish}])

        options = asked.get("stream_options") or {}
        usage = [event([], usage=_openai_usage(told))] if options.get("include_usage") else []
        if told.fault is Fault.EMPTY_CHOICES:
            return Events(opening=(event([]),), closing=(*usage, "data: [DONE]\n\n"))
        first: dict[str, Any] = {"role": "assistant", "content": None if name else ""}
        if name:
            first["tool_calls"] = [{"index": 0, **_openai_call(name, "")}]
        tokens = (
            {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]} if name else {"content": piece}
            for piece in pieces_of(told)
        )
        return Events(
            opening=(delta(first),),
            tokens=tuple(delta(token) for token in tokens),
            closing=(delta({}, self._finish(asked, told, name)), *usage, "data: [DONE]\n\n"),
        )

    def refused(self, scripted: Scripted) -> Scripted:
        """Return OpenAI's status and words for a fault."""
        return refusals.refused(scripted, refusals.OPENAI)

    def error(self, scripted: Scripted) -> str:
        """Return OpenAI's error object."""
        return refusals.openai_error(scripted)

    def _envelope(self, asked: Mapping[str, Any], scripted: Scripted, kind: str) -> dict[str, Any]:
        model = scripted.model or asked.get("model", "")
        return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": model}

    def _tool(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return the tool that the object is sent to, or an empty text when it is sent as JSON text."""
        tools = [tool.get("function", tool).get("name", "") for tool in asked.get("tools") or ()]
        choice = asked.get("tool_choice") or "auto"
        if scripted.output is None or not tools or choice == "none":
            return ""
        if isinstance(choice, Mapping):
            return str(choice.get("function", choice).get("name") or tools[0])
        wants_json = (asked.get("response_format") or {}).get("type") in ("json_schema", "json_object")
        return "" if wants_json and choice == "auto" else str(tools[0])

    def _finish(self, asked: Mapping[str, Any], scripted: Scripted, tool: str) -> str:
        if scripted.fault in (Fault.LENGTH, Fault.CONTENT_FILTER):
            return scripted.fault
        # A call of a tool that the request named ends with "stop", as it does at OpenAI.
        return "tool_calls" if tool and not isinstance(asked.get("tool_choice"), Mapping) else "stop"


class AnthropicMessages:
    """Anthropic's messages."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return one `message`."""
        told = spoken(scripted)
        name = self._tool(asked, told)
        block: dict[str, Any] = {"type": "text", "text": content_of(told)}
        if name:
            block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": told.output}
        content = [] if told.fault is Fault.EMPTY_CHOICES else [block]
        said = {"content": content, "stop_reason": self._stop(told, name)}
        return json.dumps(self._message(asked, told) | said)

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> Events:
        """Return the events from `message_start` to `message_stop`."""
        told = spoken(scripted)
        name = self._tool(asked, told)
        started = self._message(asked, told)
        started["usage"] |= {"output_tokens": min(1, told.output_tokens)}
        opening: list[dict[str, Any]] = [{"type": "message_start", "message": started}]
        tokens: list[dict[str, Any]] = []
        closing: list[dict[str, Any]] = []
        if told.fault is not Fault.EMPTY_CHOICES:
            block: dict[str, Any] = {"type": "text", "text": ""}
            if name:
                block = {"type": "tool_use", "id": "toolu_1", "name": name, "input": {}}
            opening.append({"type": "content_block_start", "index": 0, "content_block": block})
            tokens = [
                {"type": "content_block_delta", "index": 0, "delta": _anthropic_delta(name, piece)}
                for piece in pieces_of(told)
            ]
            closing.append({"type": "content_block_stop", "index": 0})
        delta = {"stop_reason": self._stop(told, name), "stop_sequence": None}
        usage = {"output_tokens": told.output_tokens}
        closing += [{"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]
        return Events(opening=_named(opening), tokens=_named(tokens), closing=_named(closing))

    def refused(self, scripted: Scripted) -> Scripted:
        """Return Anthropic's status and words for a fault."""
        return refusals.refused(scripted, refusals.ANTHROPIC)

    def error(self, scripted: Scripted) -> str:
        """Return Anthropic's error object."""
        return refusals.anthropic_error(scripted)

    def _message(self, asked: Mapping[str, Any], scripted: Scripted) -> dict[str, Any]:
        fresh = scripted.input_tokens - scripted.cached_tokens - scripted.cache_written_tokens
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": scripted.model or asked.get("model", ""),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": max(0, fresh),
                "output_tokens": scripted.output_tokens,
                "cache_read_input_tokens": scripted.cached_tokens,
                "cache_creation_input_tokens": scripted.cache_written_tokens,
            },
        }

    def _tool(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return the tool that the object is sent to, or an empty text when it is sent as JSON text."""
        tools = [tool.get("name", "") for tool in asked.get("tools") or ()]
        choice = asked.get("tool_choice") or {"type": "auto"}
        if scripted.output is None or not tools or choice.get("type") == "none":
            return ""
        if choice.get("type") == "tool":
            return str(choice.get("name") or tools[0])
        wants_json = bool((asked.get("output_config") or asked).get("format") or asked.get("output_format"))
        return "" if wants_json and choice.get("type") == "auto" else str(tools[0])

    def _stop(self, scripted: Scripted, tool: str) -> str:
        if scripted.fault is Fault.LENGTH:
            return "max_tokens"
        if scripted.fault is Fault.CONTENT_FILTER:
            return "refusal"
        return "tool_use" if tool else "end_turn"


def spoken(scripted: Scripted) -> Scripted:
    """Return the reply with the text or object that its fault puts in the place of the scripted one."""
    match scripted.fault:
        case Fault.HUGE:
            return replace(scripted, text="x" * HUGE_CHARACTERS, output=None, pieces=_HUGE_PIECES)
        case Fault.CONTROL_CHARACTERS if scripted.output is not None:
            output = {key: _with_controls(value) for key, value in scripted.output.items()}
            return replace(scripted, output=output)
        case Fault.CONTROL_CHARACTERS:
            return replace(scripted, text=CONTROL_CHARACTERS + scripted.text)
        case Fault.WRONG_SCHEMA:
            return replace(scripted, output=WRONG_OBJECT)
        case _:
            return scripted


def content_of(scripted: Scripted) -> str:
    """Return the text of a reply, or its object as JSON."""
    return scripted.text if scripted.output is None else json.dumps(scripted.output)


def pieces_of(scripted: Scripted) -> list[str]:
    """Return the text, or the object's JSON, in about equal pieces."""
    text = content_of(scripted)
    count = max(1, min(scripted.pieces, len(text)))
    cuts = [len(text) * at // count for at in range(count + 1)]
    return [text[start:end] for start, end in itertools.pairwise(cuts)]


def _with_controls(value: Any) -> Any:
    return CONTROL_CHARACTERS + value if isinstance(value, str) else value


def _openai_call(name: str, arguments: str) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def _openai_usage(scripted: Scripted) -> dict[str, Any]:
    return {
        "prompt_tokens": scripted.input_tokens,
        "completion_tokens": scripted.output_tokens,
        "total_tokens": scripted.input_tokens + scripted.output_tokens,
        "prompt_tokens_details": {"cached_tokens": scripted.cached_tokens},
    }


def _anthropic_delta(tool: str, piece: str) -> dict[str, Any]:
    return (
        {"type": "input_json_delta", "partial_json": piece} if tool else {"type": "text_delta", "text": piece}
    )


def _named(events: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
