"""Providers that are spoken to by pydantic-ai's models hold to the same promises as the direct ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Message, Prompt, Reply
from holdfast.domain.usage import Usage
from holdfast.errors import DeadlineOver, ProviderRejected, RateLimited, ReplyMalformed, ReplyTruncated
from holdfast.stages.generation.families import mode_of
from holdfast.stages.generation.provider_prices import price_of
from holdfast.stages.generation.providers import endpoint_of, model_for
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
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


def a_rung(model: str = "ollama:the-model", **more: Any) -> RungSettings:
    return RungSettings.model_validate({"provider": "pydantic-ai", "model": model} | more)


async def _collected(rung: RungSettings, deadline_s: float, prompt: Prompt) -> list[str | Reply]:
    model = model_for(rung)
    try:
        return [piece async for piece in model.generate(prompt, Call(deadline=Deadline.after(deadline_s)))]
    finally:
        await model.aclose()


def generated(rung: RungSettings, *, deadline_s: float = 20, prompt: Prompt = PROMPT) -> Reply:
    reply = asyncio.run(_collected(rung, deadline_s, prompt))[-1]
    assert isinstance(reply, Reply)
    return reply


@STREAMED
def test_a_reply_carries_text_usage_and_the_model_that_answered(
    monkeypatch: pytest.MonkeyPatch, *, stream: bool
) -> None:
    scripted = Scripted(model="the-model-2", input_tokens=120, output_tokens=30)
    with ProviderServer([scripted]) as server:
        monkeypatch.setenv("OLLAMA_BASE_URL", server.openai_url)
        reply = generated(a_rung(stream=stream))
    assert (reply.text, reply.returned_model, reply.finish) == (TEXT, "the-model-2", "stop")
    assert reply.usage == Usage(input_tokens=120, output_tokens=30)
    (request,) = server.requests
    assert (request.body["model"], request.streams) == ("the-model", stream)


@STREAMED
def test_a_failure_is_typed_and_nothing_is_tried_again_behind_our_back(
    monkeypatch: pytest.MonkeyPatch, *, stream: bool
) -> None:
    cases = [
        (Fault.RATE_LIMIT, RateLimited),
        (Fault.EMPTY_CHOICES, ReplyMalformed),
        (Fault.LENGTH, ReplyTruncated),
    ]
    for fault, error in cases:
        with ProviderServer([Scripted(fault=fault)]) as server:
            monkeypatch.setenv("OLLAMA_BASE_URL", server.openai_url)
            with pytest.raises(error):
                generated(a_rung(stream=stream))
        assert len(server.requests) == 1, fault


def test_the_deadline_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    with ProviderServer([Scripted(fault=Fault.STALL_MIDWAY)]) as server:
        monkeypatch.setenv("OLLAMA_BASE_URL", server.openai_url)
        with pytest.raises(DeadlineOver):
            generated(a_rung(), deadline_s=2)


@STREAMED
def test_a_shape_is_asked_for_by_a_tool_call(monkeypatch: pytest.MonkeyPatch, *, stream: bool) -> None:
    schema = {"type": "object", "properties": {"torque_nm": {"type": "integer"}}, "required": ["torque_nm"]}
    rung = a_rung(stream=stream)
    output = OutputSpec(name="torque", asked=schema, mode=mode_of(rung))
    assert output.mode == "tool"
    prompt = Prompt(
        question=PROMPT.question, messages=PROMPT.messages, passages=(), tokens=1_000, output_tokens=200,
        output=output,
    )  # fmt: skip
    with ProviderServer([Scripted(text='{"torque_nm": 24}')]) as server:
        monkeypatch.setenv("OLLAMA_BASE_URL", server.openai_url)
        reply = generated(rung, prompt=prompt)
    assert reply.text == '{"torque_nm": 24}'
    assert server.requests[0].body["tools"][0]["function"]["name"] == "torque"


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)
    with pytest.raises(ProviderRejected, match=r"pydantic-ai:deepseek:deepseek-chat .*DEEPSEEK_API_KEY"):
        generated(a_rung("deepseek:deepseek-chat"))
    with pytest.raises(ProviderRejected, match="cannot be used: Unknown"):
        generated(a_rung("nobody:knows-it"))


def test_a_price_is_looked_up_at_whose_model_it_is() -> None:
    usage = Usage(input_tokens=1_000_000)
    known = price_of(usage, endpoint_of(a_rung("google:gemini-2.5-pro")))
    assert known is not None
    assert known.usd > 0
    assert price_of(usage, endpoint_of(a_rung("nobody:knows-it"))) is None


@pytest.mark.parametrize(
    "rung",
    [
        {"model": "gemini-3-pro"},
        {"model": "google:gemini-3-pro", "base_url": "https://example.com/v1"},
        {"model": "google:gemini-3-pro", "key_env": "A_KEY"},
    ],
)
def test_a_rung_says_whose_model_it_is_and_leaves_key_and_address_to_its_client(rung: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match=r"whose it is|own variables"):
        RungSettings.model_validate({"provider": "pydantic-ai"} | rung)
