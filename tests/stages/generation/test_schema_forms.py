"""Each provider is shown a schema in the form that it takes, and nothing that it cannot hold is hidden."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from holdfast.stages.generation.anthropic_schema import NotHeld, call_form, held_form, why_not_held
from holdfast.stages.generation.families import MODES, mode_of
from holdfast.stages.generation.openai_schema import strict_form
from holdfast.stages.generation.settings import RungSettings

TEXT = {"type": "string"}
NULL = {"type": "null"}
PART = {"type": "object", "title": "Part", "properties": {"x": {"type": "number"}}, "required": ["x"]}
CLOSED_PART = {
    "type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"], "additionalProperties": False,
}  # fmt: skip


def record(field: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": {"a": field}, "required": ["a"], "additionalProperties": False,
    } | more  # fmt: skip


# --- OpenAI ---


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (TEXT, TEXT),
        ({"type": "number", "minimum": 1, "title": "A"}, {"type": "number", "minimum": 1}),
        ({"type": "string", "minLength": 2, "pattern": "^M\\d+$"},) * 2,
        ({"type": "string", "default": "x"}, TEXT),
        (PART, CLOSED_PART),
        ({"type": ["object", "null"], **{key: PART[key] for key in ("properties", "required")}},
         {**CLOSED_PART, "type": ["object", "null"]}),
        ({"allOf": [TEXT], "description": "d"}, {**TEXT, "description": "d"}),
        ({"type": "array", "items": PART}, {"type": "array", "items": CLOSED_PART}),
        ({"anyOf": [PART, NULL]}, {"anyOf": [CLOSED_PART, NULL]}),
        ({"enum": ["title", "default"]}, {"enum": ["title", "default"]}),
    ],
)  # fmt: skip
def test_openai_is_shown_what_its_strict_mode_takes(field: Any, shown: Any) -> None:
    form = strict_form(record(field))
    assert (form.schema, form.is_strict) == (record(shown), True)


def test_a_field_that_is_called_like_a_keyword_is_no_keyword() -> None:
    schema = record(TEXT, properties={"title": TEXT, "default": TEXT}, required=["title", "default"])
    assert strict_form(schema).schema == schema
    assert call_form(schema) == schema
    assert list(held_form(schema)["properties"]) == ["title", "default"]


def test_beside_a_reference_stands_nothing_but_its_words_are_kept() -> None:
    schema = record({"$ref": "#/$defs/P", "description": "second"}, **{"$defs": {"P": PART}})
    wanted = {"description": "second", "anyOf": [{"$ref": "#/$defs/P"}]}
    form = strict_form(schema)
    assert form.is_strict
    assert form.schema["properties"]["a"] == held_form(schema)["properties"]["a"] == wanted
    assert form.schema["$defs"] == held_form(schema)["$defs"] == {"P": CLOSED_PART}


@pytest.mark.parametrize(
    "field",
    [
        {},
        True,
        {"description": "anything"},
        {"type": "array"},
        {"type": "array", "items": {}},
        {"type": "array", "items": TEXT, "uniqueItems": True},
        {"type": "object"},
        {"type": "object", "additionalProperties": TEXT},
        {**PART, "additionalProperties": True},
        {**PART, "required": []},
        {"type": "string", "format": "uri"},
        {"type": "string", "pattern": "^(?!x)a"},
        {"oneOf": [TEXT, {"type": "integer"}]},
        {"allOf": [TEXT, {"minLength": 3}]},
        {"$ref": "#/properties/b"},
        {"anyOf": [TEXT, {"type": "array", "items": {"minimum": 1}}]},
    ],
)
def test_what_strict_mode_does_not_take_is_asked_for_without_it(field: Any) -> None:
    form = strict_form(record(field))
    assert not form.is_strict
    assert form.schema["required"] == ["a"]


def test_an_escaped_parenthesis_looks_nowhere() -> None:
    assert strict_form(record({"type": "string", "pattern": r"^a\(?=b$"})).is_strict
    assert not strict_form(record({"type": "string", "pattern": r"^a\\(?=b)"})).is_strict


def test_a_fine_tuned_model_is_not_held_to_lengths() -> None:
    field = {"type": "string", "maxLength": 5}
    assert strict_form(record(field)).is_strict
    assert not strict_form(record(field), holds_lengths=False).is_strict


# --- Anthropic ---


@pytest.mark.parametrize(
    ("field", "shown"),
    [
        (TEXT, TEXT),
        ({"type": "number", "minimum": 1, "description": "Torque."},
         {"type": "number", "description": "Torque.\n\n{minimum: 1}"}),
        ({"type": "string", "pattern": "^M\\d+$"}, {"type": "string", "description": "{pattern: ^M\\d+$}"}),
        ({"type": "string", "format": "date"},) * 2,
        ({"type": "string", "format": "idn-email"}, {"type": "string", "description": "{format: idn-email}"}),
        ({"type": "string", "enum": ["a", "b"], "title": "A"}, {"enum": ["a", "b"]}),
        ({"const": 3, "description": "three"}, {"enum": [3], "description": "three"}),
        ({"type": ["string", "null"], "format": "date", "description": "day"},
         {"anyOf": [{"type": "string", "format": "date"}, NULL], "description": "day"}),
        ({"type": "array", "items": TEXT, "minItems": 1, "maxItems": 4},
         {"type": "array", "items": TEXT, "minItems": 1, "description": "{maxItems: 4}"}),
        ({"type": "array", "items": TEXT, "minItems": 2},
         {"type": "array", "items": TEXT, "description": "{minItems: 2}"}),
        ({"oneOf": [TEXT, {"type": "integer"}]}, {"anyOf": [TEXT, {"type": "integer"}]}),
        ({"type": "string", "anyOf": [{"minLength": 2}, {"enum": ["a"]}]},
         {"anyOf": [{"type": "string", "description": "{minLength: 2}"}, {"enum": ["a"]}]}),
        (PART, CLOSED_PART),
        ({**PART, "additionalProperties": True}, CLOSED_PART),
        ({"type": "string", "default": "x"}, TEXT),
    ],
)  # fmt: skip
def test_anthropic_is_told_in_words_what_it_has_no_keyword_for(field: Any, shown: Any) -> None:
    assert held_form(record(field)) == record(shown)


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({}, "a may be anything"),
        (True, "a may be anything"),
        ({"type": "array"}, "a is a list of anything"),
        ({"type": "array", "items": {"description": "thing"}}, "a.items may be anything"),
        ({"type": "object"}, "a may have fields of any name"),
        ({"type": "object", "additionalProperties": TEXT}, "a may have fields of any name"),
        ({**PART, "anyOf": [{"required": ["x"]}]}, "a has anyOf beside other keywords"),
        ({"enum": [{"x": 1}]}, "a may be anything"),
        ({"$ref": "#/properties/b"}, "a refers to #/properties/b"),
        ({"$ref": "#/$defs/N"}, "$defs.N holds itself"),
    ],
)
def test_what_anthropic_cannot_hold_is_named_and_asked_for_by_a_call(field: Any, why: str) -> None:
    inner = {"type": "array", "items": {"$ref": "#/$defs/M"}}
    schema = record(field, **{"$defs": {"N": inner, "M": {"anyOf": [{"$ref": "#/$defs/N"}, NULL]}}})
    schema = schema if "N" in str(field) else record(field)
    with pytest.raises(NotHeld):
        held_form(schema)
    assert why_not_held(schema) == why
    rung = RungSettings(provider="anthropic", model="claude-haiku-4-5")
    assert mode_of(rung, asked=schema) == "tool"
    assert mode_of(rung, "schema", asked=schema) == "schema"
    assert mode_of(RungSettings(provider="openai", model="gpt-4.1"), asked=schema) == "schema"
    assert mode_of(rung, asked=record(TEXT)) == "schema"


def test_a_call_takes_any_schema_without_its_titles() -> None:
    schema = record(
        {"type": "object", "title": "A", "additionalProperties": {"type": "string", "title": "B"}}
    )
    wanted = record({"type": "object", "additionalProperties": TEXT})
    assert call_form({**schema, "title": "Record"}) == wanted


# --- what the how-to says ---


def test_the_how_to_names_each_family_with_the_way_it_is_asked() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "structured-output.md"
    if not page.exists():
        pytest.skip("the documentation is not beside the tests")
    rows = [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    for provider, known in MODES.items():
        for mode in sorted(set(known.values())):
            names = {name for name, one in known.items() if one == mode and name}
            told = {
                name
                for row in rows
                if row.startswith(f"| `{provider}`") and row.endswith(f"| `{mode}` |")
                for name in re.findall(r"`([^`]+)`", row)[1:-1]
            }
            assert told == names, (provider, mode)
