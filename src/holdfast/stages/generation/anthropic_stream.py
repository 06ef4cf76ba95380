"""Read one of Anthropic's messages, whole or as server-sent events, without a client library in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.domain.usage import Usage
from holdfast.stages.generation.chat_stream import NoReply, ToldError, count
from holdfast.stages.generation.tool_call import Called

_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}
"""Our words for Anthropic's; any other stays as it is, and is no whole reply."""


@dataclass(slots=True)
class HeardMessage:
    """What a message has told so far, beside its text."""

    finish: str = ""
    usage: Usage = Usage()
    model: str = ""
    has_choices: bool = False
    is_over: bool = False
    called: Called | None = None

    def take(self, envelope: Any, *, is_whole: bool) -> str:
        """Return the text that an envelope adds: a whole message, or an event of its stream.

        Raises ToldError for an error, NoReply for anything else that is none of the protocol.
        """
        if not isinstance(envelope, dict):
            raise NoReply("an envelope that is no JSON object")
        if envelope.get("type") == "error" or envelope.get("error"):
            raise ToldError(envelope)
        return self._message(envelope) if is_whole else self._event(envelope)

    def _message(self, message: Mapping[str, Any]) -> str:
        content = message.get("content")
        if not isinstance(content, list):
            raise NoReply("an envelope without content")
        self._begun(message)
        self._ends(message)
        return "".join(self._added(block, at) for at, block in enumerate(content))

    def _event(self, event: Mapping[str, Any]) -> str:
        match event.get("type"):
            case "message_start":
                self._begun(_inner(event, "message"))
            case "content_block_start":
                return self._added(event.get("content_block"), count(event.get("index")))
            case "content_block_delta":
                return self._added(event.get("delta"), count(event.get("index")))
            case "message_delta":
                self._ends(_inner(event, "delta"))
                self._count(event.get("usage"))
            case "message_stop":
                self.is_over = True
            case None:
                raise NoReply("an envelope without a type")
            case _:
                pass  # pings, the ends of blocks, and what Anthropic adds in time
        return ""

    def _added(self, block: Any, at: int) -> str:
        """Return the text of a block or of its delta; thoughts have none."""
        if not isinstance(block, dict):
            raise NoReply("a block that is no JSON object")
        match block.get("type"):
            case "text" | "text_delta":
                words = block.get("text")
                words = words if isinstance(words, str) else ""
                return self.called.says(words) if self.called else words
            case "tool_use" if self.called:
                return self.called.calls(at, block.get("input"))
            case "input_json_delta" if self.called:
                return self.called.calls(at, block.get("partial_json"))
        return ""

    def _begun(self, message: Mapping[str, Any]) -> None:
        self.has_choices = True
        model = message.get("model")
        self.model = model if isinstance(model, str) else self.model
        self._count(message.get("usage"))

    def _ends(self, told: Mapping[str, Any]) -> None:
        reason = told.get("stop_reason")
        if isinstance(reason, str) and reason:
            self.finish = _FINISH.get(reason, reason)

    def _count(self, told: Any) -> None:
        """Take over the counts; those of the prompt come at the start, those of the reply at the end."""
        if not isinstance(told, dict):
            return
        before = self.usage
        read = count(told.get("cache_read_input_tokens")) or before.cached_tokens
        written = count(told.get("cache_creation_input_tokens")) or before.written_tokens
        plain = count(told.get("input_tokens")) or (
            before.input_tokens - before.cached_tokens - before.written_tokens
        )
        self.usage = Usage(
            input_tokens=plain + read + written,
            output_tokens=count(told.get("output_tokens")) or before.output_tokens,
            cached_tokens=read,
            written_tokens=written,
        )


def _inner(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = event.get(key)
    if not isinstance(inner, dict):
        raise NoReply(f"a {key} that is no JSON object")
    return inner
