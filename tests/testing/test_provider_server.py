"""The loopback provider speaks as the real ones do, goes wrong as told, and accounts for what it sent."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.testing.provider import BatchScript, Fault, Mix, ProviderServer, Scripted
from holdfast.testing.provider_script import HUGE_CHARACTERS, WRONG_OBJECT

openai = pytest.importorskip("openai", reason="the extra `providers` is not installed")

OUTPUT = {"torque_nm": 24, "part": "gland bölts"}
SCHEMA = {"type": "object", "properties": {"torque_nm": {"type": "number"}, "part": {"type": "string"}}}
MESSAGES = [{"role": "user", "content": "How tight?"}]
FORMAT = {"type": "json_schema", "json_schema": {"name": "torque", "schema": SCHEMA}}
OPENAI_TOOL = {"type": "function", "function": {"name": "torque", "parameters": SCHEMA}}
ANTHROPIC_TOOL = {"name": "torque", "input_schema": SCHEMA}
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


def its_client() -> Any:
    """Return Anthropic's package, for those who need it: its import takes seconds of every worker."""
    return pytest.importorskip("anthropic")


def at_openai(server: ProviderServer) -> Any:
    return openai.OpenAI(api_key="none", base_url=server.openai_url, max_retries=0)


def at_anthropic(server: ProviderServer) -> Any:
    return its_client().Anthropic(api_key="none", base_url=server.anthropic_url, max_retries=0)


def posted(server: ProviderServer, path: str, body: Any) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


def asked_openai(server: ProviderServer, *, stream: bool, **more: Any) -> tuple[str, str, str]:
    """Return text, arguments of the tool call and finish reason."""
    create = at_openai(server).chat.completions.create
    if not stream:
        (choice,) = create(model="m", messages=MESSAGES, **more).choices
        calls = choice.message.tool_calls or []
        return (
            choice.message.content or "",
            "".join(c.function.arguments for c in calls),
            choice.finish_reason,
        )
    text = arguments = finish = ""
    for chunk in create(model="m", messages=MESSAGES, stream=True, **more):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            arguments += "".join(c.function.arguments or "" for c in choice.delta.tool_calls or [])
            finish = choice.finish_reason or finish
    return text, arguments, finish


@STREAMED
@pytest.mark.parametrize(
    ("more", "is_tool", "finish"),
    [
        ({}, False, "stop"),
        ({"response_format": FORMAT}, False, "stop"),
        ({"tools": [OPENAI_TOOL]}, True, "tool_calls"),
        ({"tools": [OPENAI_TOOL], "tool_choice": "required"}, True, "tool_calls"),
        ({"tools": [OPENAI_TOOL], "tool_choice": "none"}, False, "stop"),
        (
            {"tools": [OPENAI_TOOL], "tool_choice": {"type": "function", "function": {"name": "torque"}}},
            True,
            "stop",
        ),
    ],
)
def test_openai_sends_an_object_as_the_request_asks(
    more: dict[str, Any], finish: str, *, is_tool: bool, stream: bool
) -> None:
    with ProviderServer([Scripted(output=OUTPUT, pieces=7)]) as server:
        text, arguments, ended = asked_openai(server, stream=stream, **more)
    assert json.loads(arguments if is_tool else text) == OUTPUT
    assert not (text if is_tool else arguments)
    assert ended == finish


@STREAMED
@pytest.mark.parametrize(
    ("more", "is_tool"),
    [
        ({}, False),
        ({"tools": [ANTHROPIC_TOOL]}, True),
        ({"tools": [ANTHROPIC_TOOL], "tool_choice": {"type": "tool", "name": "torque"}}, True),
        ({"tools": [ANTHROPIC_TOOL], "tool_choice": {"type": "none"}}, False),
    ],
)
def test_anthropic_sends_an_object_as_the_request_asks(
    more: dict[str, Any], *, is_tool: bool, stream: bool
) -> None:
    with ProviderServer([Scripted(output=OUTPUT, pieces=7)]) as server:
        client = at_anthropic(server).messages
        asked = {"model": "m", "max_tokens": 9, "messages": MESSAGES, **more}
        if stream:
            with client.stream(**asked) as events:
                message = events.get_final_message()
        else:
            message = client.create(**asked)
    (block,) = message.content
    assert block.type == ("tool_use" if is_tool else "text")
    assert (block.input if is_tool else json.loads(block.text)) == OUTPUT
    assert message.stop_reason == ("tool_use" if is_tool else "end_turn")


def test_an_objects_json_comes_in_pieces() -> None:
    with ProviderServer([Scripted(output=OUTPUT, pieces=7)]) as server:
        _, _, body = posted(server, "/v1/chat/completions", {"stream": True, "tools": [OPENAI_TOOL]})
    assert body.count(b'"function": {"arguments"') == 7


def test_tokens_of_the_prompt_cache_are_named_as_each_provider_does() -> None:
    scripted = Scripted(input_tokens=100, cached_tokens=60, cache_written_tokens=30, output_tokens=5)
    with ProviderServer([scripted]) as server:
        theirs = at_openai(server).chat.completions.create(model="m", messages=MESSAGES).usage
        ours = at_anthropic(server).messages.create(model="m", max_tokens=9, messages=MESSAGES).usage
    assert (theirs.prompt_tokens, theirs.prompt_tokens_details.cached_tokens) == (100, 60)
    assert (ours.input_tokens, ours.cache_read_input_tokens, ours.cache_creation_input_tokens) == (10, 60, 30)


def test_usage_is_streamed_by_openai_only_when_it_is_asked_for() -> None:
    with ProviderServer() as server:
        _, _, plain = posted(server, "/v1/chat/completions", {"stream": True})
        asked = {"stream": True, "stream_options": {"include_usage": True}}
        _, _, with_usage = posted(server, "/v1/chat/completions", asked)
    assert b"prompt_tokens" not in plain
    assert b'"prompt_tokens": 100' in with_usage


def test_embeddings_come_as_floats_or_as_base64_of_the_same_numbers() -> None:
    with ProviderServer() as server:
        create = at_openai(server).embeddings.create
        packed = create(model="m", input=["a", "b"], dimensions=6).data
        plain = create(model="m", input=["a", "b"], dimensions=6, encoding_format="float").data
    assert [len(one.embedding) for one in packed] == [6, 6]
    for one, other in zip(packed, plain, strict=True):
        assert one.embedding == pytest.approx(other.embedding, rel=1e-6)


def test_models_are_listed_in_both_protocols() -> None:
    with ProviderServer([Scripted(model="qwen3")]) as server:
        assert [one.id for one in at_openai(server).models.list()] == ["qwen3"]
        assert [one.id for one in at_anthropic(server).models.list()] == ["qwen3"]


@pytest.mark.parametrize(
    ("fault", "openai_error", "anthropic_error"),
    [
        (Fault.RATE_LIMIT, openai.RateLimitError, "RateLimitError"),
        (Fault.SERVER_ERROR, openai.InternalServerError, "InternalServerError"),
        (Fault.UNAVAILABLE, openai.InternalServerError, "InternalServerError"),
        (Fault.QUOTA, openai.RateLimitError, "BadRequestError"),
        (Fault.KEY, openai.AuthenticationError, "AuthenticationError"),
        (Fault.TOO_LONG, openai.BadRequestError, "BadRequestError"),
    ],
)
def test_a_fault_has_each_providers_own_status_and_body(
    fault: Fault, openai_error: type[Exception], anthropic_error: str
) -> None:
    with ProviderServer([Scripted(fault=fault)]) as server:
        with pytest.raises(openai_error) as theirs:
            at_openai(server).chat.completions.create(model="m", messages=MESSAGES)
        with pytest.raises(getattr(its_client(), anthropic_error)) as ours:
            at_anthropic(server).messages.create(model="m", max_tokens=9, messages=MESSAGES)
    assert theirs.value.body["message"]
    assert ours.value.body["error"]["message"]
    if fault is Fault.QUOTA:
        assert theirs.value.code == "insufficient_quota"
        assert "credit balance is too low" in str(ours.value)


def test_an_overloaded_anthropic_says_529_and_an_overloaded_openai_503() -> None:
    with ProviderServer([Scripted(fault=Fault.OVERLOADED)]) as server:
        assert posted(server, "/v1/messages", {})[0] == 529
        assert posted(server, "/v1/chat/completions", {})[0] == 503


@pytest.mark.parametrize("retry_after", ["", "3", "Fri, 27 Nov 2026 10:00:00 GMT"])
def test_a_rate_limit_says_when_to_come_again_only_if_scripted(retry_after: str) -> None:
    with ProviderServer([Scripted(fault=Fault.RATE_LIMIT, retry_after=retry_after)]) as server:
        status, headers, _ = posted(server, "/v1/messages", {})
    assert (status, headers.get("retry-after", "")) == (429, retry_after)


@STREAMED
def test_odd_whole_replies_arrive_whole(*, stream: bool) -> None:
    script = [Scripted(fault=one) for one in (Fault.HUGE, Fault.CONTROL_CHARACTERS, Fault.WRONG_SCHEMA)]
    with ProviderServer(script) as server:
        huge, _, _ = asked_openai(server, stream=stream)
        odd, _, _ = asked_openai(server, stream=stream)
        wrong, _, _ = asked_openai(server, stream=stream, response_format=FORMAT)
        assert server.account.whole == 3
    assert len(huge) == HUGE_CHARACTERS
    assert "\x00" in odd
    assert "\x1b" in odd
    assert json.loads(wrong) == WRONG_OBJECT


def test_a_request_that_is_no_json_and_a_path_that_is_not_there_are_told_so() -> None:
    with ProviderServer() as server:
        assert posted(server, "/v1/chat/completions", [1])[0] == 400
        assert posted(server, "/v1/nothing", {})[0] == 404


def test_the_account_says_what_was_sent_whole_in_part_or_not_at_all() -> None:
    script = [
        Scripted(input_tokens=50, output_tokens=8, cached_tokens=20),
        Scripted(fault=Fault.RATE_LIMIT),
        Scripted(fault=Fault.CUT, input_tokens=50, output_tokens=8),
        Scripted(fault=Fault.RESET),
        Scripted(fault=Fault.HTML),
    ]
    with ProviderServer(script) as server:
        for _ in script:
            try:
                posted(server, "/v1/chat/completions", {"model": "m", "stream": True})
            except (http.client.HTTPException, ConnectionError):
                continue
        account = server.account
        told = json.loads(_got(server, "/account"))
    assert account.by_status == {200: 3, 429: 1, None: 1}
    assert (account.whole, account.partial, account.input_tokens, account.cached_tokens) == (1, 1, 100, 20)
    assert 8 < account.output_tokens < 16
    assert told == account.as_json()


def test_a_client_that_leaves_midway_is_charged_for_what_was_sent() -> None:
    with ProviderServer([Scripted(pieces=50, pause_s=0.02, output_tokens=100)]) as server:
        stream = at_openai(server).chat.completions.create(model="m", messages=MESSAGES, stream=True)
        for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                break
        stream.close()
        (sent,) = server.account.sent
    assert not sent.is_whole
    assert 0 < sent.output_tokens < 50


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.floats(0, 0.6), st.floats(0, 0.4))
def test_a_mix_draws_the_same_faults_for_the_same_seed_and_about_their_shares(
    seed: int, errors: float, stalls: float
) -> None:
    def drawn() -> list[Fault | None]:
        mix = Mix({Fault.SERVER_ERROR: errors, Fault.STALL: stalls}, seed=seed)
        return [mix(None).fault for _ in range(1000)]

    first = drawn()
    assert drawn() == first
    counted = Counter(first)
    assert counted[Fault.SERVER_ERROR] / 1000 == pytest.approx(errors, abs=0.1)
    assert counted[Fault.STALL] / 1000 == pytest.approx(stalls, abs=0.1)


def test_shares_that_are_more_than_everything_are_refused() -> None:
    with pytest.raises(ValueError, match="together at most 1"):
        Mix({Fault.STALL: 0.7, Fault.RESET: 0.7})


def test_many_requests_side_by_side_are_all_counted() -> None:
    async def many(server: ProviderServer) -> None:
        client = openai.AsyncOpenAI(api_key="none", base_url=server.openai_url, max_retries=0)
        async with client:
            asked = [client.chat.completions.create(model="m", messages=MESSAGES) for _ in range(200)]
            await asyncio.gather(*asked)

    with ProviderServer([Scripted(delay_s=0.05)], keeps_requests=False) as server:
        asyncio.run(many(server))
        assert server.account.whole == 200
        assert server.most_at_once >= 50
        assert server.requests == []


def _got(server: ProviderServer, path: str) -> bytes:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def test_openai_s_own_client_speaks_the_batch_interface() -> None:
    lines = [
        {
            "custom_id": f"c{n}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "m", "messages": MESSAGES},
        }
        for n in range(2)
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    script = [Scripted(text="24 Nm [1]."), Scripted(fault=Fault.RATE_LIMIT)]
    with ProviderServer(script) as server:
        client = at_openai(server)
        file = client.files.create(file=("batch.jsonl", data), purpose="batch")
        made = client.batches.create(
            input_file_id=file.id,
            endpoint="/v1/chat/completions",
            completion_window="24h",
            metadata={"a": "b"},
        )
        batch = client.batches.retrieve(made.id)
        assert [one.id for one in client.batches.list()] == [made.id]
        output, errors = (
            json.loads(client.files.content(name).text)
            for name in (batch.output_file_id, batch.error_file_id)
        )
        client.files.delete(file.id)
    assert (batch.status, batch.metadata) == ("completed", {"a": "b"})
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (
        2,
        1,
        1,
    )
    assert output["response"]["body"]["choices"][0]["message"]["content"] == "24 Nm [1]."
    assert (errors["custom_id"], errors["response"]["status_code"]) == ("c1", 429)
    assert (server.account.requests, server.account.whole) == (2, 1)


def test_anthropic_s_own_client_speaks_the_batch_interface() -> None:
    asked = {"model": "m", "max_tokens": 9, "messages": MESSAGES}
    script = [Scripted(text="24 Nm [1]."), Scripted(fault=Fault.OVERLOADED)]
    with ProviderServer(script, batches=BatchScript(expires_after=2)) as server:
        client = at_anthropic(server).messages.batches
        made = client.create(requests=[{"custom_id": f"c{n}", "params": asked} for n in range(3)])
        batch = client.retrieve(made.id)
        results = {one.custom_id: one.result for one in client.results(made.id)}
        client.delete(made.id)
    assert batch.processing_status == "ended"
    assert results["c0"].message.content[0].text == "24 Nm [1]."
    assert (results["c1"].type, results["c1"].error.error.type) == ("errored", "overloaded_error")
    assert results["c2"].type == "expired"
    assert batch.request_counts.expired == 1
