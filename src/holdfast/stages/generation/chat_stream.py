"""Read a chat completion, whole or as server-sent events, without a client library in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from holdfast.domain.usage import Usage
from holdfast.stages.generation.tool_call import Called

DONE = "[DONE]"
_EVENT_BYTES = 1024 * 1024
_OPENING, _CLOSING = "<think>", "</think>"


class NoReply(Exception):
    """What came is no chat completion; `may_be_paid` when a model wrote it nevertheless."""

    def __init__(self, what: str, *, may_be_paid: bool = False) -> None:
        super().__init__(what)
        self.may_be_paid = may_be_paid


class ToldError(Exception):
    """An error that came inside a stream, as the provider wrote it."""

    def __init__(self, body: object) -> None:
        super().__init__("error in the stream")
        self.body = body


@dataclass(slots=True)
class Heard:
    """What a reply has told so far, beside its text."""

    finish: str = ""
    usage: Usage = Usage()
    model: str = ""
    has_choices: bool = False
    is_over: bool = False
    """Never told by a chunk: `[DONE]` ends the stream."""
    called: Called | None = None
    _refuses: bool = False

    def take(self, envelope: Any, *, is_whole: bool) -> str:
        """Return the text that an envelope adds: a whole completion, or a chunk of its stream.

        Raises ToldError for an error, NoReply for anything else that is no completion.
        """
        if not isinstance(envelope, dict):
            raise NoReply("an envelope that is no JSON object")
        if envelope.get("error"):
            raise ToldError(envelope)
        choices = envelope.get("choices")
        if not isinstance(choices, list):
            raise NoReply("an envelope without choices")
        model = envelope.get("model")
        self.model = model if isinstance(model, str) else self.model
        self.usage = _usage(envelope.get("usage")) or self.usage
        text = ""
        for choice in choices[:1]:
            text += self._chosen(choice, "message" if is_whole else "delta")
        return text

    def _chosen(self, choice: Any, part: str) -> str:
        if not isinstance(choice, dict):
            raise NoReply("a choice that is no JSON object")
        self.has_choices = True
        said = choice.get(part) or {}
        if not isinstance(said, dict):
            raise NoReply(f"a {part} that is no JSON object")
        finish = choice.get("finish_reason")
        if isinstance(finish, str) and finish:
            self.finish = "content_filter" if self._refuses else finish
        if said.get("refusal"):
            self._refuses, self.finish = True, "content_filter"
        words = _text(said.get("content"))
        if self.called is None:
            return words
        return self.called.says(words) + "".join(_arguments(said.get("tool_calls"), self.called))


class Events:
    """Cuts bytes into the data of server-sent events (HTML Living Standard, section 9.2.6)."""

    def __init__(self) -> None:
        self._held: list[bytes] = []
        self._data: list[str] = []
        self.are_over = False
        """Whether the last event of a completion has come."""

    def __call__(self, piece: bytes) -> Iterator[str]:
        """Yield the data of each event that the bytes complete; raise NoReply for one without an end."""
        self._held.append(piece)
        if b"\n" not in piece:  # a long line is put together once, not with every piece
            if sum(map(len, self._held)) > _EVENT_BYTES:
                raise NoReply(f"an event of more than {_EVENT_BYTES} bytes", may_be_paid=True)
            return
        lines = b"".join(self._held).split(b"\n")
        self._held = [lines.pop()]
        for raw in lines:
            line = raw.removesuffix(b"\r")
            if line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" ").decode("utf-8", "replace"))
            elif not line and self._data:
                data, self._data = "\n".join(self._data), []
                self.are_over = self.are_over or data == DONE
                yield data


class Thoughts:
    """Leaves out what a model thinks aloud between `<think>` and `</think>` before it answers."""

    def __init__(self) -> None:
        self._held = ""
        self._is_thinking = False
        self._is_open = False

    def __call__(self, piece: str) -> str:
        """Return what of the text so far is known to be no thought."""
        if self._is_open or not piece:
            return piece
        self._held += piece
        start = self._held.lstrip()
        if not self._is_thinking:
            if len(start) < len(_OPENING) and _OPENING.startswith(start):
                return ""
            self._is_thinking = start.startswith(_OPENING)
        if self._is_thinking:
            _, end, said = self._held.partition(_CLOSING)
            if not end:
                return ""
            self._held = said.lstrip("\n")
        self._is_open = True
        return self._held

    def rest(self) -> str:
        """Return what was held back and is no thought after all."""
        return "" if self._is_open or self._is_thinking else self._held


def parsed(text: str | bytes) -> Any:
    """Return JSON; raise NoReply for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        told = text if isinstance(text, str) else text[:2000].decode("utf-8", "replace")
        is_page = told.lstrip()[:200].lower().startswith(("<!doctype", "<html"))
        raise NoReply("an HTML page" if is_page else "something that is no JSON") from None


def _text(content: Any) -> str:
    """Return the words of a message, which may come in typed parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "".join(part for part in parts if isinstance(part, str))
    return ""


def _arguments(calls: Any, called: Called) -> Iterator[str]:
    """Yield what the calls of a message or chunk add to the arguments of the first one."""
    for at, call in enumerate(calls if isinstance(calls, list) else ()):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield called.calls(count(call.get("index")) or at, function.get("arguments"))


def _usage(told: Any) -> Usage | None:
    if not isinstance(told, dict):
        return None
    details = told.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    return Usage(
        input_tokens=count(told.get("prompt_tokens")),
        output_tokens=count(told.get("completion_tokens")),
        cached_tokens=count(cached),
    )


def count(value: Any) -> int:
    """Return a number of tokens, 0 for what is none."""
    return value if isinstance(value, int) and value > 0 else 0
