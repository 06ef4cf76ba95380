"""What a corrected record makes a golden case expect."""

from __future__ import annotations

from holdfast.domain.cases import ExpectedField
from holdfast.evaluation.case_fields import fields_of

SCHEMA = {
    "type": "object",
    "properties": {
        "claim": {"type": "string"},
        "cost": {"type": ["number", "null"]},
        "urgent": {"type": "boolean"},
        "rooms": {"type": "array", "items": {"type": "string"}},
        "home": {
            "type": "object",
            "properties": {"street": {"type": "string"}, "at": {"type": "object", "properties": {"x": {}}}},
        },
        "parts": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}},
    },
}


def test_values_are_expected_as_they_can_be_compared_and_what_was_taken_out_as_empty() -> None:
    record = {
        "claim": "C-1", "cost": None, "urgent": False, "rooms": ["hall"],
        "home": {"street": "Elm", "at": {"x": 1}}, "parts": [{"name": "pipe"}], "other.name": "x",
    }  # fmt: skip
    drafted = {"claim": "C-2", "cost": 5, "home": {"street": "Oak"}, "rooms": ["hall"], "gone": 1}
    assert fields_of(record, drafted, SCHEMA) == {
        "claim": ExpectedField(value="C-1"),
        "cost": ExpectedField(value="", compare="empty"),
        "urgent": ExpectedField(value=False),
        "rooms": ExpectedField(value=("hall",), compare="set"),
        "home.street": ExpectedField(value="Elm"),
    }


def test_without_a_draft_only_what_was_filled_in_is_expected() -> None:
    assert fields_of({"claim": "C-1", "cost": 5.5}, None, SCHEMA) == {
        "claim": ExpectedField(value="C-1"),
        "cost": ExpectedField(value=5.5, compare="number"),
    }
