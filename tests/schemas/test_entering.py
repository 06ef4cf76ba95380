"""Single fields of an object, set by what a person typed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.schemas.entering import Unreadable
from holdfast.schemas.setting import with_fields

SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {
        "Part": {"type": "object", "properties": {"name": {"type": "string"}, "price": {"type": "number"}}}
    },
    "properties": {
        "claim": {"type": "string"},
        "note": {"type": ["string", "null"]},
        "cost": {"type": "number"},
        "kind": {"enum": ["a", 1, True]},
        "urgent": {"type": "boolean"},
        "rooms": {"type": "array", "items": {"type": "string"}},
        "part": {"$ref": "#/$defs/Part"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "a.b": {"type": "integer"},
        "free": {},
    },
}
GIVEN = {"claim": "C-1", "note": "x", "cost": 5, "parts": [{"name": "pipe", "price": 1}]}


@pytest.mark.parametrize(
    ("typed", "made"),
    [
        ({"cost": "2430"}, {**GIVEN, "cost": 2430}),
        ({"cost": "2,430"}, {**GIVEN, "cost": "2,430"}),  # the schema says what is wrong with it
        ({"claim": "12"}, {**GIVEN, "claim": "12"}),
        ({"note": "", "cost": ""}, {"claim": "C-1", "note": None, "parts": GIVEN["parts"]}),
        ({"kind": "1", "urgent": "true"}, {**GIVEN, "kind": 1, "urgent": True}),
        ({"rooms": "hall\ncellar"}, {**GIVEN, "rooms": ["hall", "cellar"]}),
        ({"rooms": '["hall"]', "rooms.1": "attic"}, {**GIVEN, "rooms": ["hall", "attic"]}),
        ({"part.price": "2"}, {**GIVEN, "part": {"price": 2}}),
        ({"parts.0.price": "2", "parts.1.name": "tap"}, {**GIVEN, "parts": [{"name": "pipe", "price": 2}, {"name": "tap"}]}),
        ({"parts.0": ""}, {**GIVEN, "parts": []}),
        ({"a.b": "3"}, {**GIVEN, "a.b": 3}),
        ({"part": '{"former": 1}', "part.former": ""}, {**GIVEN, "part": {}}),
        ({"free": '{"x": [1]}', "free.x.0": "2"}, {**GIVEN, "free": {"x": [2]}}),
    ],
)  # fmt: skip
def test_a_field_is_set_by_its_path_and_nothing_else(typed: dict[str, str], made: dict[str, Any]) -> None:
    before = repr(GIVEN)
    assert with_fields(GIVEN, SCHEMA, typed) == made
    assert repr(GIVEN) == before


@given(
    st.dictionaries(st.text(".ab0c-", max_size=6) | st.sampled_from(sorted(SCHEMA["properties"])), st.text())
)
def test_whatever_is_typed_is_set_or_told(typed: dict[str, str]) -> None:
    try:
        made = with_fields(GIVEN, SCHEMA, typed)
    except Unreadable as error:
        made = {"told": str(error).partition(": ")[2]}
    assert made
