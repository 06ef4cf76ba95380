"""A shape goes to its provider in one request of ours, and comes back whole, piece by piece, or as an error."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.outputs import Mode, OutputSpec
from holdfast.domain.prompts import Message, Prompt, Reply
from holdfast.errors import ProviderError, ProviderRejected, ReplyMalformed, ReplyRefused, ReplyTruncated
from holdfast.stages.generation.anthropic_stream import HeardMessage
from holdfast.stages.generation.chat_stream import Heard
from holdfast.stages.generation.providers import model_for
from holdfast.stages.generation.settings import RungSettings
from holdfast.stages.generation.tool_call import Called
from holdfast.testing.provider import Fault, ProviderServer, Scripted

pytest.importorskip("httpx2", reason="the extra `providers` is not installed")

SCHEMA = {
    "type": "object",
    "properties": {"bolt": {"type": "string"}, "torque_nm": {"type": "number"}},
    "required": ["bolt", "torque_nm"],
    "additionalProperties": False,
}
RECORD = {"bolt": "M10 „groß“", "torque_nm": 24}
PROMPT = Prompt(
    question="Which torque?",
    messages=(Message(role="system", text="Rules."), Message(role="user", text="Which torque?")),
    passages=(),
    tokens=100,
    output_tokens=300,
)
EACH = pytest.mark.parametrize("provider", ["openai", "anthropic"])
EACH_MODE = pytest.mark.parametrize("mode", ["schema", "tool"])
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
DEFAULTS = {"openai": "gpt-4.1-mini", "anthropic": "claude-haiku-4-5"}


def pieces_of(
    server: ProviderServer,
    provider: str,
    mode: Mode,
    *,
    schema: Any = SCHEMA,
    stream: bool = True,
    model: str = "",
) -> list[Any]:
    rung = RungSettings.model_validate(
        {
            "provider": provider,
            "model": model or DEFAULTS[provider],
            "base_url": server.anthropic_url if provider == "anthropic" else server.openai_url,
            "stream": stream,
            "temperature": 0.2,
        }
    )
    spec = OutputSpec(name="record", schema=schema, asked=schema, mode=mode)

    async def collected() -> list[Any]:
        opened = model_for(rung)
        try:
            call = Call(deadline=Deadline.after(20))
            return [piece async for piece in opened.generate(replace(PROMPT, output=spec), call)]
        finally:
            await opened.aclose()

    return asyncio.run(collected())


@EACH
@EACH_MODE
@STREAMED
def test_the_text_of_a_reply_is_the_object_as_it_comes(provider: str, mode: Mode, *, stream: bool) -> None:
    with ProviderServer([Scripted(output=RECORD, pieces=9, cached_tokens=50)]) as server:
        *pieces, reply = pieces_of(server, provider, mode, stream=stream)
    assert isinstance(reply, Reply)
    assert json.loads(reply.text) == json.loads("".join(pieces)) == RECORD
    assert len(pieces) == (9 if stream else 1)
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cached_tokens) == (100, 20, 50)
    (request,) = server.requests
    assert request.streams is stream
    assert request.body["temperature"] == 0.2


@EACH
def test_shapes_and_texts_are_asked_for_alike(provider: str) -> None:
    with ProviderServer([Scripted(output=RECORD)]) as server:
        for mode in ("prompt", "schema", "tool"):
            pieces_of(server, provider, mode)
    texts, *shapes = server.requests
    added = {"tools", "tool_choice", "response_format", "output_config"}
    for one in shapes:
        assert {key: value for key, value in one.body.items() if key not in added} == texts.body
        assert one.body.keys() & added
        assert (one.path, one.headers) == (
            texts.path, {**texts.headers, "content-length": one.headers["content-length"]},
        )  # fmt: skip


@EACH
@EACH_MODE
@STREAMED
@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault.LENGTH, ReplyTruncated),
        (Fault.CONTENT_FILTER, ReplyRefused),
        (Fault.CUT, ProviderError),
        (Fault.HTML, ReplyMalformed),
        (Fault.EMPTY_CHOICES, ReplyMalformed),
        (Fault.KEY, ProviderRejected),
    ],
)
def test_a_shape_that_does_not_come_whole_is_an_error(
    provider: str, mode: Mode, fault: Fault, kind: type[ProviderError], *, stream: bool
) -> None:
    with ProviderServer([Scripted(output=RECORD, fault=fault)]) as server, pytest.raises(kind):
        pieces_of(server, provider, mode, stream=stream)


@pytest.mark.parametrize("model", ["claude-sonnet-5", "claude-opus-5-5", "claude-mythos-preview"])
def test_a_model_that_thinks_unasked_is_not_forced_to_call(model: str) -> None:
    with ProviderServer([Scripted(output=RECORD)]) as server:
        reply = pieces_of(server, "anthropic", "tool", model=model)[-1]
    assert json.loads(reply.text) == RECORD
    assert server.requests[0].body["tool_choice"] == {"type": "auto"}


def test_a_schema_that_the_output_format_cannot_hold_costs_no_call() -> None:
    schema = {**SCHEMA, "properties": {"bolt": {}, "torque_nm": {"type": "number"}}}
    with ProviderServer([Scripted(output=RECORD)]) as server:
        with pytest.raises(ProviderRejected, match=r"bolt may be anything.*native: tool"):
            pieces_of(server, "anthropic", "schema", schema=schema)
        assert server.requests == []
        assert pieces_of(server, "anthropic", "tool", schema=schema)


def test_no_client_is_imported_for_a_shape() -> None:
    code = (
        "import sys, test_shapes_on_the_wire as t\n"
        "with t.ProviderServer([t.Scripted(output=t.RECORD)]) as server:\n"
        "    for provider in ('openai', 'anthropic'):\n"
        "        for mode in ('schema', 'tool'):\n"
        "            assert t.pieces_of(server, provider, mode)\n"
        "print({'pydantic_ai', 'openai', 'anthropic'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=__file__.rpartition("/")[0],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"


# --- what models do with a call ---


def call(arguments: Any, index: int | None = 0) -> dict[str, Any]:
    return {"function": {"arguments": arguments}} | ({} if index is None else {"index": index})


def taken(heard: Any, envelopes: list[Any], *, is_whole: bool) -> str:
    return "".join(heard.take(one, is_whole=is_whole) for one in envelopes) + heard.called.rest()


def chunk(**delta: Any) -> dict[str, Any]:
    return {"choices": [{"delta": delta}]}


@pytest.mark.parametrize(
    ("envelopes", "text"),
    [
        (
            [chunk(content="Sure. "), chunk(tool_calls=[call('{"a"')]), chunk(tool_calls=[call(": 1}")])],
            '{"a": 1}',
        ),
        ([chunk(tool_calls=[call("{}"), call('{"b": 2}', 1)]), chunk(tool_calls=[call("x", 1)])], "{}"),
        ([chunk(tool_calls=[call(None)]), chunk(tool_calls=[call('{"a": 1}', None)])], '{"a": 1}'),
        ([chunk(tool_calls=[call({"a": 1})])], '{"a": 1}'),
        ([chunk(content='{"a"'), chunk(content=": 1}"), chunk(tool_calls=None)], '{"a": 1}'),
        ([chunk(content=None, tool_calls=["?", {"function": None}])], ""),
    ],
)
def test_of_a_completion_the_first_call_counts_and_words_only_without_one(
    envelopes: list[Any], text: str
) -> None:
    assert taken(Heard(called=Called()), envelopes, is_whole=False) == text


def block(kind: str, at: int, **inner: Any) -> dict[str, Any]:
    key = "content_block" if kind == "content_block_start" else "delta"
    return {"type": kind, "index": at, key: inner}


def starts(at: int, **inner: Any) -> dict[str, Any]:
    return block("content_block_start", at, **inner)


def adds(at: int, **inner: Any) -> dict[str, Any]:
    return block("content_block_delta", at, **inner)


@pytest.mark.parametrize(
    ("envelopes", "text"),
    [
        ([starts(0, type="thinking", thinking=""), adds(0, type="thinking_delta", thinking="hm"),
          starts(1, type="text", text="Sure. "), starts(2, type="tool_use", input={}),
          adds(2, type="input_json_delta", partial_json='{"a"'),
          adds(2, type="input_json_delta", partial_json=": 1}"),
          starts(3, type="tool_use", input={}), adds(3, type="input_json_delta", partial_json="{}")],
         '{"a": 1}'),
        ([starts(0, type="tool_use", input={"a": "ä"})], '{"a": "ä"}'),
        ([starts(0, type="text", text=""), adds(0, type="text_delta", text='{"a": 1}')], '{"a": 1}'),
    ],
)  # fmt: skip
def test_of_a_message_the_first_call_counts_and_words_only_without_one(
    envelopes: list[Any], text: str
) -> None:
    assert taken(HeardMessage(called=Called()), envelopes, is_whole=False) == text


def test_words_beside_the_call_of_a_whole_message_do_not_count() -> None:
    content = [{"type": "text", "text": "Sure."}, {"type": "tool_use", "input": {"a": 1}}]
    message = {"content": content, "stop_reason": "tool_use"}
    heard = HeardMessage(called=Called())
    assert taken(heard, [message], is_whole=True) == '{"a": 1}'
    assert heard.called is not None
    assert heard.called.ending(heard.finish) == "stop"


@pytest.mark.parametrize("hearing", [Heard, HeardMessage])
def test_a_call_that_nobody_asked_for_is_no_text_and_no_whole_reply(hearing: Callable[[], Any]) -> None:
    heard = hearing()
    if isinstance(heard, Heard):
        ending = {"delta": {"tool_calls": [call("{}")]}, "finish_reason": "tool_calls"}
        assert heard.take({"choices": [ending]}, is_whole=False) == ""
    else:
        assert heard.take(starts(0, type="tool_use", input={"a": 1}), is_whole=False) == ""
        heard.take({"type": "message_delta", "delta": {"stop_reason": "tool_use"}}, is_whole=False)
    assert heard.called is None
    assert heard.finish in ("tool_calls", "tool_use")
