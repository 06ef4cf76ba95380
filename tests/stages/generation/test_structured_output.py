"""A rung's model fills the declared shape in its provider's own way, or raises a typed error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.outputs import Mode
from holdfast.domain.prompts import Message, Partial, Piece, Prompt, Reply, Restart
from holdfast.domain.usage import Usage
from holdfast.errors import DeclarationError, OutputInvalid, ProviderUnavailable
from holdfast.stages.generation.families import is_told_in_words, mode_of
from holdfast.stages.generation.output import Shape, shape_of
from holdfast.stages.generation.output_settings import OutputSettings
from holdfast.stages.generation.providers import model_for
from holdfast.stages.generation.settings import RungSettings
from holdfast.stages.generation.structured import StructuredModel, TextOnly
from holdfast.testing.provider import Fault, ProviderServer, Scripted

SCHEMA = {
    "title": "Torque card",
    "type": "object",
    "properties": {
        "torque_nm": {"type": "number", "minimum": 1, "description": "Tightening torque."},
        "bolt": {"type": "string", "pattern": "^M\\d+$"},
    },
    "required": ["torque_nm"],
    "additionalProperties": False,
}
GOOD = {
    "no_answer": False,
    "torque_nm": {"value": 24, "cites": [1]},
    "bolt": {"value": "M10", "cites": [2]},
}
BAD = {**GOOD, "torque_nm": {"value": 0, "cites": [1]}}
PROMPT = Prompt(
    question="Which torque?",
    messages=(Message(role="system", text="Rules."), Message(role="user", text="Which torque?")),
    passages=(),
    tokens=100,
    output_tokens=300,
)
SPENT = Usage(input_tokens=10, output_tokens=5)
MODES: list[Mode] = ["schema", "tool", "prompt"]
EACH = pytest.mark.parametrize("provider", ["openai", "anthropic"])
EACH_MODE = pytest.mark.parametrize("mode", MODES)
STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


def shape(schema: Mapping[str, Any] = SCHEMA, **settings: Any) -> Shape:
    return shape_of(OutputSettings.model_validate({"schema": schema, **settings}), schema=schema)


class Spoken:
    """A stack that yields given replies one after the other."""

    name = "test:spoken"

    def __init__(self, *replies: Any) -> None:
        self.asked: list[Prompt] = []
        self.calls: list[Call] = []
        self._replies = list(replies)

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield one reply, its text in pieces of ten characters."""
        self.asked.append(prompt)
        self.calls.append(call)
        reply = self._replies.pop(0)
        if isinstance(reply, Reply):
            yield reply
            return
        text = reply if isinstance(reply, str) else json.dumps(reply)
        for at in range(0, len(text), 10):
            yield text[at : at + 10]
        yield Reply(text=text, model=self.name, usage=SPENT, cost_usd=0.01)


def pieces_of(model: Any, *, deadline_s: float = 20) -> list[Piece]:
    async def collected() -> list[Piece]:
        call = Call(deadline=Deadline.after(deadline_s))
        return [piece async for piece in model.generate(PROMPT, call)]

    return asyncio.run(collected())


def reply_of(model: Any, **how: Any) -> Reply:
    reply = pieces_of(model, **how)[-1]
    assert isinstance(reply, Reply)
    return reply


# --- over the wire ---


def served(provider: str, mode: Mode, *replies: Any, stream: bool = True) -> tuple[list[Piece], list[Any]]:
    pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")
    script = [Scripted(output=reply, pieces=9) for reply in replies]
    with ProviderServer(script) as server:
        address = server.anthropic_url if provider == "anthropic" else server.openai_url
        model = "claude-haiku-4-5" if provider == "anthropic" else "gpt-4.1-mini"
        rung = RungSettings.model_validate(
            {"provider": provider, "model": model, "base_url": address, "stream": stream}
        )
        filled = StructuredModel(model_for(rung), shape(), mode=mode, in_words=False)
        return pieces_of(filled), [request.body for request in server.requests]


@EACH
@EACH_MODE
@STREAMED
def test_an_output_comes_with_its_citations_in_every_mode(provider: str, mode: Mode, *, stream: bool) -> None:
    pieces, bodies = served(provider, mode, GOOD, stream=stream)
    reply = pieces[-1]
    assert isinstance(reply, Reply)
    assert reply.output == {"torque_nm": 24, "bolt": "M10"}
    assert reply.cites == {"torque_nm": (1,), "bolt": (2,)}
    assert (reply.text, reply.finish, reply.repairs) == ("torque_nm: 24 [1]\nbolt: M10 [2]", "stop", 0)
    assert len(bodies) == 1
    assert all(isinstance(piece, Partial) for piece in pieces[:-1])


@EACH
@EACH_MODE
def test_what_does_not_fit_is_given_back_with_what_is_wrong(provider: str, mode: Mode) -> None:
    pieces, bodies = served(provider, mode, BAD, GOOD)
    reply = pieces[-1]
    assert isinstance(reply, Reply)
    assert (reply.output, reply.repairs) == ({"torque_nm": 24, "bolt": "M10"}, 1)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (200, 40)
    (restart,) = [piece for piece in pieces if isinstance(piece, Restart)]
    assert "torque_nm: is 0, at least 1 is wanted" in restart.reason
    first, second = bodies
    assert second["messages"][: len(first["messages"])] == first["messages"]
    earlier, told = second["messages"][len(first["messages"]) :]
    assert (earlier["role"], told["role"]) == ("assistant", "user")
    assert '\\"no_answer\\"' in json.dumps(earlier)
    assert "- torque_nm: is 0, at least 1 is wanted" in str(told["content"])


def test_openai_is_asked_by_its_response_format_or_by_a_required_tool() -> None:
    _, (body,) = served("openai", "schema", GOOD)
    asked = body["response_format"]["json_schema"]
    assert (asked["name"], asked["strict"]) == ("Torque_card", True)
    assert list(asked["schema"]["properties"]) == ["no_answer", "torque_nm", "bolt"]
    assert "tools" not in body
    _, (body,) = served("openai", "tool", GOOD)
    assert (body["tool_choice"], body["tools"][0]["function"]["name"]) == ("required", "Torque_card")
    assert "response_format" not in body


def test_anthropic_is_asked_by_its_output_format_or_by_a_required_tool() -> None:
    _, (body,) = served("anthropic", "schema", GOOD)
    told = json.dumps({key: value for key, value in body.items() if key not in ("messages", "system")})
    assert '"json_schema"' in told
    assert "tools" not in body
    # Its schema transform moves bounds into words, so that only our own validation holds them.
    assert '"minimum"' not in told
    _, (body,) = served("anthropic", "tool", GOOD)
    assert (body["tool_choice"]["type"], body["tools"][0]["name"]) == ("any", "Torque_card")


@EACH
def test_in_words_the_schema_joins_the_system_text_and_nothing_else_is_sent(provider: str) -> None:
    _, (body,) = served(provider, "prompt", GOOD)
    assert not {"tools", "tool_choice", "response_format", "output_format", "output_config"} & body.keys()
    assert '"torque_nm"' in json.dumps(body, ensure_ascii=False).replace("\\", "")


@EACH
def test_words_in_the_place_of_a_call_are_read_all_the_same(provider: str) -> None:
    pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")
    with ProviderServer([Scripted(text=f"```json\n{json.dumps(GOOD)}\n```")]) as server:
        address = server.anthropic_url if provider == "anthropic" else server.openai_url
        rung = RungSettings.model_validate({"provider": provider, "model": "m", "base_url": address})
        assert reply_of(StructuredModel(model_for(rung), shape(), mode="tool")).output["torque_nm"] == 24


def test_a_stream_that_breaks_off_is_no_output() -> None:
    pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")
    with ProviderServer([Scripted(text=json.dumps(GOOD), fault=Fault.CUT)]) as server:
        rung = RungSettings(provider="openai", model="m", base_url=server.openai_url)
        with pytest.raises(ProviderUnavailable):
            pieces_of(StructuredModel(model_for(rung), shape(), mode="schema"))


# --- partial objects ---


def test_partial_objects_have_the_declared_shape_and_only_grow() -> None:
    pieces = pieces_of(StructuredModel(Spoken(GOOD), shape(), mode="schema"))
    assert [piece.output for piece in pieces if isinstance(piece, Partial)] == [
        {"torque_nm": 24}, {"torque_nm": 24, "bolt": "M10"},
    ]  # fmt: skip


def test_nothing_is_shown_of_an_object_that_says_there_is_no_answer() -> None:
    pieces = pieces_of(StructuredModel(Spoken({**GOOD, "no_answer": True}), shape(), mode="schema"))
    (reply,) = pieces
    assert isinstance(reply, Reply)
    assert (reply.finish, reply.output, reply.text) == ("nothing", None, "")


def test_the_agreed_word_for_no_answer_counts_too() -> None:
    said = Reply(text="NO_ANSWER", model="m", finish="nothing")
    assert reply_of(StructuredModel(Spoken(said), shape(), mode="prompt")).finish == "nothing"


# --- repairs ---


def test_after_the_last_repair_the_output_is_invalid_and_the_reason_is_told() -> None:
    stack = Spoken(BAD, BAD, BAD, GOOD)
    with pytest.raises(OutputInvalid, match=r"after 2 repairs: torque_nm: is 0, at least 1 is wanted"):
        pieces_of(StructuredModel(stack, shape(), mode="schema"))
    assert [call.number for call in stack.calls] == [1, 1, 1]
    assert stack.calls[0].journal is stack.calls[2].journal


def test_each_repair_carries_only_the_latest_reply() -> None:
    stack = Spoken("no json", {**BAD, "bolt": {"value": "M10", "cites": []}}, GOOD)
    assert reply_of(StructuredModel(stack, shape(), mode="prompt")).repairs == 2
    assert [len(prompt.messages) for prompt in stack.asked] == [2, 4, 4]
    assert stack.asked[1].messages[2].text == "no json"
    assert "- the reply: it holds no JSON object" in stack.asked[1].messages[3].text
    assert stack.asked[1].tokens > stack.asked[0].tokens > PROMPT.tokens


def test_without_repairs_one_call_is_made() -> None:
    stack = Spoken(BAD, GOOD)
    with pytest.raises(OutputInvalid, match="does not fit its schema: torque_nm"):
        pieces_of(StructuredModel(stack, shape(repairs=0), mode="schema"))
    assert len(stack.asked) == 1


def test_no_repair_is_begun_after_the_deadline() -> None:
    stack = Spoken(BAD, GOOD)
    with pytest.raises(OutputInvalid):
        pieces_of(StructuredModel(stack, shape(), mode="schema"), deadline_s=0)
    assert len(stack.asked) == 1


def test_a_value_without_its_citations_is_told_once_and_not_as_a_wrong_type() -> None:
    stack = Spoken({**GOOD, "torque_nm": 24}, GOOD)
    pieces_of(StructuredModel(stack, shape(), mode="schema"))
    told = stack.asked[1].messages[-1].text
    assert told.count("torque_nm") == 1
    assert '- torque_nm: is not of the form {"value": ..., "cites": [1]}' in told


def test_a_null_in_a_field_that_may_be_left_out_leaves_it_out() -> None:
    reply = reply_of(StructuredModel(Spoken({**GOOD, "bolt": None}), shape(), mode="schema"))
    assert (reply.output, reply.cites) == ({"torque_nm": 24}, {"torque_nm": (1,), "bolt": ()})


def test_without_citations_plain_values_are_asked_for_and_taken() -> None:
    stack = Spoken({"no_answer": False, "torque_nm": 24, "bolt": None})
    reply = reply_of(StructuredModel(stack, shape(cite="none"), mode="schema"))
    assert (reply.output, reply.cites, reply.text) == ({"torque_nm": 24}, {}, "torque_nm: 24")


def test_costs_of_all_calls_are_summed() -> None:
    reply = reply_of(StructuredModel(Spoken(BAD, GOOD), shape(), mode="schema"))
    assert (reply.usage, reply.cost_usd) == (Usage(input_tokens=20, output_tokens=10), 0.02)


# --- Pydantic models ---


class Card(BaseModel):
    """A torque card."""

    model_config = ConfigDict(strict=True, extra="forbid")
    torque_nm: float = Field(ge=1)
    bolt: str = "M8"

    @field_validator("bolt")
    @classmethod
    def _is_metric(cls, value: str) -> str:
        if not value.startswith("M"):
            raise ValueError("must begin with M")
        return value


MODEL = OutputSettings(model="hooks:Card")


def test_a_pydantic_model_validates_in_its_own_words_and_adds_no_defaults() -> None:
    made = shape_of(MODEL, schema=None, model=Card)
    assert (made.spec.name, made.spec.cited) == ("Card", (("torque_nm",), ("bolt",)))
    stack = Spoken({**GOOD, "bolt": {"value": "10", "cites": [1]}}, {**GOOD, "bolt": None})
    reply = reply_of(StructuredModel(stack, made, mode="schema"))
    assert '- bolt: must begin with M, not "10"' in stack.asked[1].messages[-1].text
    assert reply.output == {"torque_nm": 24.0}


class Stumbling(BaseModel):
    """A model whose own code fails."""

    a: int

    @field_validator("a")
    @classmethod
    def _stumble(cls, value: int) -> int:
        raise KeyError(value)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (dict, "is no Pydantic model"),
        ("text", "is no Pydantic model"),
        (type("Empty", (BaseModel,), {}), "has no field"),
        (type("Taken", (BaseModel,), {"__annotations__": {"no_answer": bool}}), "Holdfast's own"),
        (type("Odd", (BaseModel,), {"__annotations__": {"a": Callable[[], None]}}), "has no JSON Schema"),
    ],
)
def test_a_class_that_cannot_be_asked_for_is_a_mistake_in_the_declaration(model: Any, words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        shape_of(MODEL, schema=None, model=model)


def test_a_model_whose_code_fails_is_told_as_a_mistake_of_the_folder() -> None:
    made = shape_of(OutputSettings(model="hooks:Stumbling", cite="none"), schema=None, model=Stumbling)
    with pytest.raises(DeclarationError, match=r"hooks:Stumbling failed on a reply \(KeyError"):
        pieces_of(StructuredModel(Spoken({"a": 1}), made, mode="prompt"))


# --- families ---


@pytest.mark.parametrize(
    ("provider", "model", "mode"),
    [
        ("openai", "gpt-4.1-mini", "schema"),
        ("openai", "gpt-5.4-nano", "schema"),
        ("openai", "gpt-4o-2024-05-13", "tool"),
        ("openai", "gpt-4-0613", "tool"),
        ("openai", "o1-mini", "prompt"),
        ("openai", "qwen3", "prompt"),
        ("anthropic", "claude-haiku-4-5", "schema"),
        ("anthropic", "claude-3-5-haiku-latest", "tool"),
        ("ollama", "llama3.2", "schema"),
    ],
)
def test_each_family_is_asked_in_the_best_way_it_is_known_to_have(
    provider: Any, model: str, mode: Mode
) -> None:
    rung = RungSettings(provider=provider, model=model)
    assert mode_of(rung) == mode
    assert mode_of(rung, "tool") == "tool"
    assert is_told_in_words(rung, mode) is (mode == "prompt" or provider == "ollama")


def test_a_part_of_ones_own_is_asked_in_words_whatever_is_declared() -> None:
    assert mode_of(RungSettings(use="hooks:Mine"), "schema") == "prompt"


def test_the_answerer_that_quotes_says_that_it_is_not_able() -> None:
    (reply,) = pieces_of(TextOnly(Spoken()))
    assert isinstance(reply, Reply)
    assert (reply.finish, reply.text, reply.output) == ("unable", "", None)
