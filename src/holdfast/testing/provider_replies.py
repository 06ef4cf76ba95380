"""The loopback provider's replies in each of its dialects."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping
from typing import Any, Protocol

from holdfast.testing.provider_script import Fault, Scripted

HTML = "<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


class Dialect(Protocol):
    """One provider's way to say the same things."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return the body of a reply that is not streamed."""
        ...

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> list[str]:
        """Return the server-sent events of a streamed reply."""
        ...

    def error(self, scripted: Scripted) -> str:
        """Return the body of an error."""
        ...


def dialect_of(path: str) -> Dialect | None:
    """Return the dialect spoken at a path, or None when nothing is there."""
    plain = path.partition("?")[0].rstrip("/")
    if plain.endswith("/chat/completions"):
        return OpenAIChat()
    if plain.endswith("/messages"):
        return AnthropicMessages()
    if plain.endswith("/rerank"):
        return Rerank()
    if plain.endswith("/api/tags"):
        return OllamaTags()
    return None


class OpenAIChat:
    """OpenAI's chat completions."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return one `chat.completion`."""
        message: dict[str, Any] = {"role": "assistant", "content": scripted.text}
        if scripted.as_call:
            message = {"role": "assistant", "content": None, "tool_calls": [_call(asked, scripted.text)]}
        choice = {"index": 0, "message": message, "finish_reason": self._finish(scripted)}
        choices = [] if scripted.fault is Fault.EMPTY_CHOICES else [choice]
        kind = "chat.completion"
        return json.dumps(
            self._envelope(asked, scripted, kind) | {"choices": choices, "usage": _openai_usage(scripted)}
        )

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> list[str]:
        """Return `chat.completion.chunk` events, the usage in one of its own, then `[DONE]`."""
        envelope = self._envelope(asked, scripted, "chat.completion.chunk")
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        if scripted.as_call:
            deltas.append({"tool_calls": [_call(asked, "") | {"index": 0}]})
        deltas += [_openai_delta(piece, scripted) for piece in _pieces(scripted)]
        choices: list[list[dict[str, Any]]] = [
            [{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas
        ]
        choices.append([{"index": 0, "delta": {}, "finish_reason": self._finish(scripted)}])
        if scripted.fault is Fault.EMPTY_CHOICES:
            choices = [[]]
        chunks = [envelope | {"choices": choice} for choice in choices]
        chunks.append(envelope | {"choices": [], "usage": _openai_usage(scripted)})
        return [*(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks), "data: [DONE]\n\n"]

    def error(self, scripted: Scripted) -> str:
        """Return OpenAI's error object."""
        return json.dumps(
            {
                "error": {
                    "message": scripted.message,
                    "type": scripted.error or "error",
                    "code": scripted.error or None,
                }
            }
        )

    def _envelope(self, asked: Mapping[str, Any], scripted: Scripted, kind: str) -> dict[str, Any]:
        model = scripted.model or asked.get("model", "")
        return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": model}

    def _finish(self, scripted: Scripted) -> str:
        if scripted.fault in (Fault.LENGTH, Fault.CONTENT_FILTER):
            return scripted.fault
        return "tool_calls" if scripted.as_call else "stop"


class AnthropicMessages:
    """Anthropic's messages."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return one `message`."""
        block = {"type": "text", "text": scripted.text}
        if scripted.as_call:
            block = _tool_use(asked) | {"input": json.loads(scripted.text)}
        content = [] if scripted.fault is Fault.EMPTY_CHOICES else [block]
        return json.dumps(
            self._message(asked, scripted) | {"content": content, "stop_reason": self._stop(scripted)}
        )

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> list[str]:
        """Return the events from `message_start` to `message_stop`."""
        events: list[dict[str, Any]] = [{"type": "message_start", "message": self._message(asked, scripted)}]
        if scripted.fault is not Fault.EMPTY_CHOICES:
            block = _tool_use(asked) if scripted.as_call else {"type": "text", "text": ""}
            events.append({"type": "content_block_start", "index": 0, "content_block": block})
            events += [
                {"type": "content_block_delta", "index": 0, "delta": _anthropic_delta(piece, scripted)}
                for piece in _pieces(scripted)
            ]
            events.append({"type": "content_block_stop", "index": 0})
        delta = {"stop_reason": self._stop(scripted), "stop_sequence": None}
        usage = {"output_tokens": scripted.output_tokens}
        events += [{"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}]
        return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]

    def error(self, scripted: Scripted) -> str:
        """Return Anthropic's error object."""
        kind = scripted.error or _ANTHROPIC_ERRORS.get(scripted.status, "api_error")
        return json.dumps({"type": "error", "error": {"type": kind, "message": scripted.message}})

    def _message(self, asked: Mapping[str, Any], scripted: Scripted) -> dict[str, Any]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": scripted.model or asked.get("model", ""),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": scripted.input_tokens - scripted.cached_tokens,
                "output_tokens": scripted.output_tokens,
                "cache_read_input_tokens": scripted.cached_tokens,
                "cache_creation_input_tokens": 0,
            },
        }

    def _stop(self, scripted: Scripted) -> str:
        return {Fault.LENGTH: "max_tokens", Fault.CONTENT_FILTER: "refusal"}.get(
            scripted.fault or Fault.STALL, "tool_use" if scripted.as_call else "end_turn"
        )


class Rerank:
    """The rerank endpoint of Cohere and Jina: scores by the words that query and document share."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:
        """Return `results`, best first, at most `top_n`."""
        documents = [text if isinstance(text, str) else text["text"] for text in asked["documents"]]
        scored = sorted(
            ((_shared(asked["query"], text), -index) for index, text in enumerate(documents)), reverse=True
        )
        results = [{"index": -index, "relevance_score": score} for score, index in scored]
        if scripted.fault is Fault.EMPTY_CHOICES:
            results = []
        return json.dumps({"model": asked.get("model", ""), "results": results[: asked.get("top_n")]})

    def events(self, asked: Mapping[str, Any], scripted: Scripted) -> list[str]:
        """Return the reply as one event; rerank endpoints do not stream."""
        return [f"data: {self.whole(asked, scripted)}\n\n"]

    def error(self, scripted: Scripted) -> str:
        """Return Cohere's error object."""
        return json.dumps({"message": scripted.message})


class OllamaTags(Rerank):
    """Ollama's list of models."""

    def whole(self, asked: Mapping[str, Any], scripted: Scripted) -> str:  # noqa: ARG002
        """Return one embedding model and one that answers."""
        return json.dumps({"models": [{"name": "nomic-embed-text"}, {"name": scripted.model or "llama3.2"}]})


_ANTHROPIC_ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def _call(asked: Mapping[str, Any], arguments: str) -> dict[str, Any]:
    name = asked["tools"][0]["function"]["name"]
    return {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def _openai_delta(piece: str, scripted: Scripted) -> dict[str, Any]:
    if not scripted.as_call:
        return {"content": piece}
    return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _tool_use(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": "toolu_1", "name": asked["tools"][0]["name"], "input": {}}


def _anthropic_delta(piece: str, scripted: Scripted) -> dict[str, Any]:
    if not scripted.as_call:
        return {"type": "text_delta", "text": piece}
    return {"type": "input_json_delta", "partial_json": piece}


def _pieces(scripted: Scripted) -> list[str]:
    text, count = scripted.text, max(1, min(scripted.pieces, len(scripted.text)))
    cuts = [len(text) * at // count for at in range(count + 1)]
    return [text[start:end] for start, end in itertools.pairwise(cuts)]


def _openai_usage(scripted: Scripted) -> dict[str, Any]:
    return {
        "prompt_tokens": scripted.input_tokens,
        "completion_tokens": scripted.output_tokens,
        "total_tokens": scripted.input_tokens + scripted.output_tokens,
        "prompt_tokens_details": {"cached_tokens": scripted.cached_tokens},
    }


def _shared(query: str, text: str) -> float:
    asked = set(re.findall(r"\w+", query.lower()))
    return len(asked & set(re.findall(r"\w+", text.lower()))) / max(1, len(asked))
