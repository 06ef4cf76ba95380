"""Anthropic's messages are read as they come, and what is none of them is told."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.domain.usage import Usage
from holdfast.stages.generation.anthropic_stream import HeardMessage
from holdfast.stages.generation.chat_stream import NoReply, ToldError

USAGE = {
    "input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30,
}  # fmt: skip
STREAM: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"model": "claude-1", "content": [], "usage": USAGE}},
    {"type": "ping"},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "hm"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": "24"}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": " Nm"}},
    {"type": "content_block_stop", "index": 1},
    {"type": "something_new", "with": ["anything"]},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
    {"type": "message_stop"},
]


def test_a_stream_tells_text_usage_and_how_it_ended() -> None:
    heard = HeardMessage()
    assert "".join(heard.take(event, is_whole=False) for event in STREAM) == "24 Nm"
    assert heard.usage == Usage(input_tokens=100, output_tokens=7, cached_tokens=60, written_tokens=30)
    assert (heard.finish, heard.model, heard.is_over) == ("stop", "claude-1", True)


@pytest.mark.parametrize("until", range(1, 8))
def test_a_stream_that_is_cut_has_no_finish(until: int) -> None:
    heard = HeardMessage()
    for event in STREAM[:until]:
        heard.take(event, is_whole=False)
    assert heard.finish == ""
    assert not heard.is_over


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("refusal", "content_filter"),
        ("model_context_window_exceeded", "length"), ("pause_turn", "pause_turn"),
    ],
)  # fmt: skip
def test_why_it_stopped_is_told_in_our_words(reason: str, finish: str) -> None:
    heard = HeardMessage()
    content = [
        {"type": "text", "text": "24 "},
        {"type": "tool_use", "input": {}},
        {"type": "text", "text": "Nm"},
    ]
    told = {"type": "message", "model": "m", "content": content, "stop_reason": reason, "usage": USAGE}
    assert heard.take(told, is_whole=True) == "24 Nm"
    assert heard.finish == finish


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("envelope", [[], "text", {}, {"content": "x"}, {"type": "message_start"}])
def test_what_is_no_message_is_told(envelope: object, *, is_whole: bool) -> None:
    with pytest.raises(NoReply):
        HeardMessage().take(envelope, is_whole=is_whole)


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_error_in_the_place_of_a_message_is_told(*, is_whole: bool) -> None:
    with pytest.raises(ToldError):
        HeardMessage().take({"type": "error", "error": {"type": "overloaded_error"}}, is_whole=is_whole)
