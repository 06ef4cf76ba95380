"""A provider's model yields a whole reply or a typed error, inside its deadline, whatever the server does."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.prompts import Message, Prompt, Reply
from holdfast.domain.usage import Usage
from holdfast.errors import (
    PromptTooLarge,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    QuotaExhausted,
    RateLimited,
)
from holdfast.stages.assembly import assembler
from holdfast.stages.generation import provider_model
from holdfast.stages.generation.providers import model_for
from holdfast.stages.generation.settings import RungSettings
from holdfast.testing.provider import Fault, ProviderServer, Scripted

pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")

TEXT = "The cover screws are tightened to 24 Nm [1]."
PROMPT = Prompt(
    question="Which torque?",
    messages=(Message(role="system", text="Rules."), Message(role="user", text="Which torque?")),
    passages=(),
    tokens=1_000,
    output_tokens=200,
)
PROVIDERS = ["openai", "anthropic"]
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
EACH = pytest.mark.parametrize("provider", PROVIDERS)


def a_rung(server: ProviderServer, provider: str, **more: Any) -> RungSettings:
    address = server.anthropic_url if provider == "anthropic" else server.openai_url
    model = "claude-haiku-4-5" if provider == "anthropic" else "gpt-4.1-mini"
    return RungSettings.model_validate({"provider": provider, "model": model, "base_url": address} | more)


async def _collected(rung: RungSettings, deadline_s: float, prompt: Prompt) -> list[str | Reply]:
    call = Call(deadline=Deadline.after(deadline_s))
    return [piece async for piece in model_for(rung).generate(prompt, call)]


def generated(rung: RungSettings, *, deadline_s: float = 20, prompt: Prompt = PROMPT) -> tuple[str, Reply]:
    *pieces, reply = asyncio.run(_collected(rung, deadline_s, prompt))
    assert isinstance(reply, Reply)
    assert all(isinstance(piece, str) for piece in pieces)
    return "".join(map(str, pieces)), reply


@EACH
@STREAMED
def test_a_reply_carries_text_usage_and_the_model_that_answered(provider: str, *, stream: bool) -> None:
    scripted = Scripted(model="the-model-2026-01-01", input_tokens=120, output_tokens=30, cached_tokens=50)
    with ProviderServer([scripted]) as server:
        shown, reply = generated(a_rung(server, provider, stream=stream))
    assert shown == reply.text == TEXT
    assert reply.usage == Usage(input_tokens=120, output_tokens=30, cached_tokens=50)
    assert (reply.returned_model, reply.finish, reply.cost_usd) == ("the-model-2026-01-01", "stop", 0.0)
    (request,) = server.requests
    assert request.streams is stream


@STREAMED
def test_what_anthropic_put_into_its_cache_counts_apart_from_what_it_read(*, stream: bool) -> None:
    scripted = Scripted(input_tokens=120, output_tokens=30, cached_tokens=50, cache_written_tokens=40)
    with ProviderServer([scripted]) as server:
        _, reply = generated(a_rung(server, "anthropic", stream=stream))
    assert reply.usage == Usage(input_tokens=120, output_tokens=30, cached_tokens=50, written_tokens=40)


@EACH
def test_a_stream_arrives_piece_by_piece(provider: str) -> None:
    with ProviderServer([Scripted(pieces=4)]) as server:
        pieces = asyncio.run(_collected(a_rung(server, provider), 20, PROMPT))
    assert len(pieces) == 5


def test_what_is_sent_to_openai_compatible_servers() -> None:
    with ProviderServer() as server:
        generated(a_rung(server, "openai", model="qwen3", temperature=0.2))
    body = server.requests[0].body
    assert body["messages"] == [
        {"role": "system", "content": "Rules."},
        {"role": "user", "content": "Which torque?"},
    ]
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("qwen3", 200, 0.2)


def test_what_is_sent_to_anthropic_lets_it_cache_the_stable_part() -> None:
    with ProviderServer() as server:
        generated(a_rung(server, "anthropic"))
    body = server.requests[0].body
    assert body["system"][0]["text"] == "Rules."
    assert body["system"][0]["cache_control"]["type"] == "ephemeral"
    assert "cache_control" not in str(body["messages"])
    assert (body["max_tokens"], body["temperature"]) == (200, 0.0)


def test_models_that_refuse_a_temperature_are_not_sent_one() -> None:
    with ProviderServer() as server:
        generated(a_rung(server, "openai", model="gpt-5-mini"))
        generated(a_rung(server, "anthropic", model="claude-opus-5"))
    assert all("temperature" not in request.body for request in server.requests)


@EACH
@STREAMED
@pytest.mark.parametrize(
    "fault",
    [Fault.CUT, Fault.RESET, Fault.HTML, Fault.MALFORMED, Fault.EMPTY_CHOICES],
)
def test_a_reply_that_is_not_whole_is_never_accepted(provider: str, fault: Fault, *, stream: bool) -> None:
    with ProviderServer([Scripted(fault=fault)]) as server:
        with pytest.raises(ProviderUnavailable) as caught:
            generated(a_rung(server, provider, stream=stream))
        assert len(server.requests) == 1
    assert str(caught.value).startswith("generation: ")


@EACH
def test_a_stream_that_ends_early_but_properly_is_not_accepted(provider: str) -> None:
    with ProviderServer([Scripted(fault=Fault.ENDS_EARLY)]) as server, pytest.raises(ProviderUnavailable):
        generated(a_rung(server, provider))


@EACH
@STREAMED
@pytest.mark.parametrize(
    ("fault", "words"), [(Fault.LENGTH, "was cut at 200 tokens"), (Fault.CONTENT_FILTER, "refused to answer")]
)
def test_a_reply_that_was_cut_or_filtered_is_no_success(
    provider: str, fault: Fault, words: str, *, stream: bool
) -> None:
    with ProviderServer([Scripted(fault=fault)]) as server, pytest.raises(ProviderRejected, match=words):
        generated(a_rung(server, provider, stream=stream))


@EACH
@STREAMED
@pytest.mark.parametrize("fault", [Fault.STALL, Fault.STALL_MIDWAY, Fault.PINGS])
def test_the_deadline_ends_every_kind_of_stall(provider: str, fault: Fault, *, stream: bool) -> None:
    with ProviderServer([Scripted(fault=fault)]) as server:
        started = time.monotonic()
        with pytest.raises(ProviderUnavailable, match="before the deadline"):
            generated(a_rung(server, provider, stream=stream), deadline_s=0.4)
        assert time.monotonic() - started < 2


@EACH
def test_a_deadline_that_is_over_costs_no_call(provider: str) -> None:
    with ProviderServer() as server:
        with pytest.raises(ProviderUnavailable, match="before the deadline"):
            generated(a_rung(server, provider), deadline_s=0)
        assert server.requests == []


@EACH
@pytest.mark.parametrize(
    ("scripted", "kind", "words"),
    [
        (Scripted(status=429, retry_after="30"), RateLimited, "rate limit .429, asks to wait 30 s"),
        (Scripted(status=500), ProviderUnavailable, "status 500"),
        (Scripted(status=503), ProviderUnavailable, "status 503"),
        (Scripted(status=529), ProviderUnavailable, "status 529"),
        (Scripted(status=400), ProviderRejected, "rejects the request"),
        (Scripted(status=404), ProviderRejected, "there is no"),
        (Scripted(status=402), QuotaExhausted, "quota"),
    ],
)
def test_an_error_status_becomes_a_typed_error_after_one_call(
    provider: str, scripted: Scripted, kind: type[ProviderError], words: str
) -> None:
    with ProviderServer([scripted]) as server:
        started = time.monotonic()
        with pytest.raises(kind, match=words) as caught:
            generated(a_rung(server, provider))
        assert len(server.requests) == 1
        assert time.monotonic() - started < 2
    assert type(caught.value) is kind
    assert caught.value.move


def test_a_used_up_quota_is_not_taken_for_a_rate_limit() -> None:
    with ProviderServer([Scripted(status=429, error="insufficient_quota")]) as server:
        with pytest.raises(ProviderRejected, match="quota of openai"):
            generated(a_rung(server, "openai"))
        assert len(server.requests) == 1


def test_a_prompt_over_the_real_window_is_told_apart() -> None:
    too_long = Scripted(status=400, error="context_length_exceeded")
    with ProviderServer([too_long]) as server, pytest.raises(PromptTooLarge):
        generated(a_rung(server, "openai"))
    too_long = Scripted(status=400, message="prompt is too long: 210000 tokens > 200000 maximum")
    with ProviderServer([too_long]) as server, pytest.raises(PromptTooLarge):
        generated(a_rung(server, "anthropic"))


@EACH
def test_a_missing_key_names_its_variable_and_costs_no_call(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOLDFAST_TEST_KEY", raising=False)
    with ProviderServer() as server:
        with pytest.raises(ProviderRejected, match=r"HOLDFAST_TEST_KEY is not set.*Set HOLDFAST_TEST_KEY"):
            generated(a_rung(server, provider, key_env="HOLDFAST_TEST_KEY"))
        assert server.requests == []


def test_a_key_that_is_set_later_is_found_by_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async def twice(rung: RungSettings) -> list[str | Reply]:
        model = model_for(rung)
        with pytest.raises(ProviderRejected):
            async for _ in model.generate(PROMPT, Call(deadline=Deadline.after(20))):
                pass
        monkeypatch.setenv("HOLDFAST_TEST_KEY", "abcdef")
        return [piece async for piece in model.generate(PROMPT, Call(deadline=Deadline.after(20)))]

    monkeypatch.delenv("HOLDFAST_TEST_KEY", raising=False)
    with ProviderServer() as server:
        assert isinstance(
            asyncio.run(twice(a_rung(server, "openai", key_env="HOLDFAST_TEST_KEY")))[-1], Reply
        )


@EACH
def test_a_key_is_sent_and_never_shown(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "sk-test-0123456789abcdef"
    monkeypatch.setenv("HOLDFAST_TEST_KEY", secret)
    echo = Scripted(status=401, message=f"Incorrect API key provided: {secret}. And sk-other-999999.")
    with ProviderServer([echo]) as server:
        rung = a_rung(server, provider, key_env="HOLDFAST_TEST_KEY")
        with pytest.raises(ProviderRejected, match="does not accept the key in HOLDFAST_TEST_KEY") as caught:
            generated(rung)
    assert secret in str(server.requests[0].headers)
    shown = f"{caught.value}{caught.value!r}{caught.value.__cause__}{rung!r}{model_for(rung)!r}"
    assert secret not in shown
    assert "999999" not in shown


def test_an_unreachable_address_is_unavailable() -> None:
    with ProviderServer() as server:
        rung = a_rung(server, "openai")
    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        generated(rung)


@STREAMED
@pytest.mark.parametrize(
    "text", ["NO_ANSWER", "no_answer.", "**NO_ANSWER**", "NO_ANSWER\nThe passages do not say."]
)
def test_the_agreed_word_means_that_there_is_no_answer_and_is_not_shown(text: str, *, stream: bool) -> None:
    with ProviderServer([Scripted(text=text)]) as server:
        shown, reply = generated(a_rung(server, "openai", stream=stream))
    assert (shown, reply.finish, reply.text) == ("", "nothing", "NO_ANSWER")


@pytest.mark.parametrize("text", ["No.", "NO", "No answer is given in time [1].", "Nothing more [1]."])
def test_a_reply_that_begins_like_the_agreed_word_is_shown_whole(text: str) -> None:
    with ProviderServer([Scripted(text=text)]) as server:
        shown, reply = generated(a_rung(server, "openai"))
    assert (shown, reply.finish, reply.text) == (text, "stop", text)


def test_assembly_and_generation_agree_on_the_word() -> None:
    assert assembler.NO_ANSWER == provider_model.NO_ANSWER


def test_a_character_sent_in_halves_is_joined_and_a_lone_half_replaced() -> None:
    with ProviderServer([Scripted(text="ok \ud83d\ude00 and \ud83d.", pieces=12)]) as server:
        shown, reply = generated(a_rung(server, "openai"))
    assert shown == reply.text == "ok \U0001f600 and \ufffd."
    reply.text.encode()


def test_a_server_that_ignores_the_output_limit_is_stopped() -> None:
    endless = Scripted(text="x" * 100_000, pieces=50)
    with (
        ProviderServer([endless]) as server,
        pytest.raises(ProviderUnavailable, match="where 200 tokens were asked for"),
    ):
        generated(a_rung(server, "openai"))


def test_one_model_serves_several_event_loops() -> None:
    with ProviderServer() as server:
        model = model_for(a_rung(server, "openai"))

        async def once() -> list[str | Reply]:
            return [piece async for piece in model.generate(PROMPT, Call(deadline=Deadline.after(20)))]

        assert asyncio.run(once()) == asyncio.run(once())


def test_a_closed_model_opens_again_when_it_is_called() -> None:
    async def around(rung: RungSettings) -> list[str | Reply]:
        model = model_for(rung)
        await model.aclose()
        first = [piece async for piece in model.generate(PROMPT, Call(deadline=Deadline.after(20)))]
        await model.aclose()
        return [*first, *[piece async for piece in model.generate(PROMPT, Call(deadline=Deadline.after(20)))]]

    with ProviderServer([Scripted(pieces=1)]) as server:
        assert len(asyncio.run(around(a_rung(server, "anthropic")))) == 4


def test_calls_side_by_side_do_not_mix_their_replies() -> None:
    def by_question(request: Any) -> Scripted:
        return Scripted(text=request.body["messages"][-1]["content"], pause_s=0.001)

    async def many(rung: RungSettings) -> list[str]:
        model = model_for(rung)

        async def one(n: int) -> str:
            prompt = Prompt(
                question="",
                messages=(Message(role="user", text=f"answer {n}"),),
                passages=(),
                output_tokens=50,
            )
            *_, reply = [piece async for piece in model.generate(prompt, Call(deadline=Deadline.after(20)))]
            assert isinstance(reply, Reply)
            return reply.text

        return await asyncio.gather(*map(one, range(20)))

    with ProviderServer(by_question) as server:
        assert asyncio.run(many(a_rung(server, "openai"))) == [f"answer {n}" for n in range(20)]
