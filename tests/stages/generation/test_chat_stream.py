"""Chat completions are read as they come: cut anywhere, thinking aloud, in parts, wrong."""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.usage import Usage
from holdfast.stages.generation.chat_errors import retry_after_of, wrong_of
from holdfast.stages.generation.chat_stream import Events, Heard, NoReply, Thoughts, ToldError, parsed
from holdfast.stages.generation.provider_words import Wrong

texts = st.text(max_size=40)


@given(st.lists(texts, max_size=8), st.data())
def test_events_are_the_same_however_their_bytes_are_cut(said: list[str], data: st.DataObject) -> None:
    stream = b"".join(f": ping\r\n\r\ndata: {json.dumps(one)}\n\n".encode() for one in said)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    events, found = Events(), []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        found += [json.loads(one) for one in events(stream[start:end])]
    assert found == said


@given(st.text(alphabet="<>/think \nab", max_size=60), st.data())
def test_what_is_shown_does_not_depend_on_how_a_text_is_cut(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    pieces, whole = Thoughts(), Thoughts()
    shown = "".join(pieces(text[a:b]) for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True))
    assert shown + pieces.rest() == whole(text) + whole.rest()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("<think>Which pump?</think>\n\n24 Nm [1].", "24 Nm [1]."),
        ("24 Nm <think> [1].", "24 Nm <think> [1]."),
        ("<thin walls> leak.", "<thin walls> leak."),
        ("<think>never said", ""),
    ],
)
def test_thoughts_are_left_out(said: str, shown: str) -> None:
    thoughts = Thoughts()
    assert thoughts(said) + thoughts.rest() == shown


def test_a_reply_is_read_in_all_the_shapes_that_servers_send() -> None:
    heard = Heard()
    message = {"content": [{"type": "text", "text": "24 "}, {"type": "text", "text": "Nm"}, "x"]}
    usage = {
        "prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4},
    }  # fmt: skip
    told = {"model": "m-1", "choices": [{"message": message, "finish_reason": "stop"}], "usage": usage}
    assert heard.take(told, is_whole=True) == "24 Nm"
    assert (heard.finish, heard.model) == ("stop", "m-1")
    assert heard.usage == Usage(input_tokens=9, output_tokens=3, cached_tokens=4)


def test_a_refusal_of_the_model_is_no_reply_whatever_its_finish_says() -> None:
    whole, streamed = Heard(), Heard()
    whole.take({"choices": [{"message": {"refusal": "I can't."}, "finish_reason": "stop"}]}, is_whole=True)
    streamed.take({"choices": [{"delta": {"refusal": "I can't."}}]}, is_whole=False)
    streamed.take({"choices": [{"delta": {}, "finish_reason": "stop"}]}, is_whole=False)
    assert whole.finish == streamed.finish == "content_filter"


@pytest.mark.parametrize("told", [[], "text", 3, None, {"choices": None}, {"choices": ["x"]}, {}])
def test_what_is_no_completion_is_told(told: Any) -> None:
    with pytest.raises(NoReply):
        Heard().take(told, is_whole=False)


def test_an_error_in_a_stream_keeps_the_providers_words() -> None:
    with pytest.raises(ToldError) as caught:
        Heard().take({"error": {"message": "overloaded"}}, is_whole=False)
    assert wrong_of(caught.value.body, "overloaded", None) is Wrong.STATUS


def test_a_page_is_called_a_page() -> None:
    with pytest.raises(NoReply, match="an HTML page"):
        parsed(b"<!DOCTYPE html><html>...</html>")
    with pytest.raises(NoReply, match="no JSON"):
        parsed("[" * 100_000)


@pytest.mark.parametrize(
    ("status", "error", "wrong"),
    [
        (401, {}, Wrong.KEY),
        (402, {}, Wrong.QUOTA),
        (404, {}, Wrong.NO_MODEL),
        (400, {"code": "context_length_exceeded"}, Wrong.TOO_LONG),
        (413, {"message": "longer than the maximum context length"}, Wrong.TOO_LONG),
        (400, {"message": "bad"}, Wrong.REJECTED),
        (422, {}, Wrong.REJECTED),
        (302, {}, Wrong.REJECTED),
        (429, {"type": "insufficient_quota"}, Wrong.QUOTA),
        (429, {}, Wrong.RATE),
        (408, {}, Wrong.STATUS),
        (529, {"message": "maximum context"}, Wrong.STATUS),
    ],
)
def test_an_error_means_what_its_code_and_status_say(
    status: int, error: dict[str, str], wrong: Wrong
) -> None:
    assert wrong_of({"error": error}, error.get("message", ""), status) is wrong


@pytest.mark.parametrize("body", [None, "busy", [], {"error": "busy"}, {"error": None}])
def test_an_error_body_of_any_shape_is_read(body: object) -> None:
    assert wrong_of(body, "busy", 503) is Wrong.STATUS


def test_the_wait_that_is_asked_for_is_read_in_every_notation() -> None:
    assert retry_after_of({"retry-after": "7"}) == 7
    assert retry_after_of({"retry-after": "1.5"}) == 1.5
    assert retry_after_of({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after_of({"retry-after": formatdate(time.time() + 60, usegmt=True)}) == pytest.approx(
        60, abs=2
    )
    assert retry_after_of({"retry-after": formatdate(time.time() - 60, usegmt=True)}) == 0
    assert retry_after_of({"retry-after": "soon"}) is None
    assert retry_after_of({}) is None
