"""The form of expected fields says what they say, whatever the schema."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.cases import ExpectedField
from holdfast.web.expected_fields import expected, expecting

SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {"Deep": {"type": "object", "properties": {"x": {"type": "string"}}}},
    "properties": {
        "text": {"type": "string"}, "number": {"type": "number"}, "day": {"type": "string", "format": "date"},
        "flag": {"type": "boolean"}, "grade": {"enum": [1, 2]}, "words": {"type": "array", "items": {"type": "string"}},
        "a.b": {"type": "string"}, "any": {},
        "in": {"anyOf": [{"type": "object", "properties": {"no": {"type": "integer"}, "deep": {"$ref": "#/$defs/Deep"}}}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Deep"}},
    },
}  # fmt: skip
NAMES = ("text", "number", "day", "flag", "grade", "words", "any", "in.no", "in.deep", "in", "parts", "gone")
SCALARS = (
    st.text(min_size=1, max_size=9)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
)
FIELDS = st.one_of(
    st.builds(ExpectedField, value=SCALARS),
    st.builds(
        ExpectedField, value=st.lists(SCALARS, min_size=1, max_size=3).map(tuple), compare=st.just("set")
    ),
    st.builds(ExpectedField, value=st.integers(), compare=st.just("number"), tolerance=st.floats(0, 9)),
    st.just(ExpectedField(value="", compare="empty")),
    st.just(ExpectedField(value="2026-03-14", compare="date")),
)


def as_shown(fields: dict[str, ExpectedField]) -> dict[str, str]:
    """Return what a browser posts of a form that nobody changed."""
    shown: dict[str, str] = {}
    for one in (inner for whole in expecting(SCHEMA, fields) for inner in whole.within() if inner.hows):
        if one.has_box:
            shown[one.control.name] = (
                one.control.text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
            )
        shown |= {f"how:{one.path}": one.how} | ({f"off:{one.path}": one.off} if one.may_be_off else {})
    return shown


@given(fields=st.dictionaries(st.sampled_from(NAMES), FIELDS, max_size=6))
def test_an_unchanged_form_says_what_was_expected(fields: dict[str, ExpectedField]) -> None:
    controls = expecting(SCHEMA, fields, as_shown(fields))
    assert len({inner.id for one in controls for inner in one.within()}) == len(
        [inner for one in controls for inner in one.within()]
    )
    read = expected(controls, SCHEMA, fields)
    assert list(read.fields.items()) == list(fields.items())
    assert ("gone" in fields) <= bool(read.faults)


def test_what_cannot_be_named_or_lies_deeper_has_no_box_of_its_own() -> None:
    found = {one.path: one for whole in expecting(SCHEMA, {}) for one in whole.within()}
    assert set(found) == {
        "text", "number", "day", "flag", "grade", "words", "any", "in", "in.no", "in.deep", "parts",
    }  # fmt: skip
    assert found["in.deep"].hows == found["parts"].hows == ("", "empty")
    assert found["grade"].hows == ("", "number", "exact", "empty")
    assert found["flag"].hows == ("", "exact", "empty")
    assert not found["in"].hows  # a section, unless a case expects it as a whole


@pytest.mark.parametrize(
    ("typed", "expects"),
    [
        ({"value:in.no": "3", "how:in.no": "number"}, {"in.no": ExpectedField(value=3, compare="number")}),
        ({"value:grade": "2", "how:grade": "number"}, {"grade": ExpectedField(value=2, compare="number")}),
        ({"value:flag": "false", "how:flag": "exact"}, {"flag": ExpectedField(value=False)}),
        ({"value:any": '"x"', "how:any": "exact"}, {"any": ExpectedField(value="x")}),
        ({"value:text": "5", "how:text": "exact"}, {"text": ExpectedField(value="5")}),
        ({"how:in.deep": "empty"}, {"in.deep": ExpectedField(value="", compare="empty")}),
    ],
)
def test_what_is_typed_is_expected(typed: dict[str, str], expects: dict[str, ExpectedField]) -> None:
    read = expected(expecting(SCHEMA, {}, typed), SCHEMA, {})
    assert (dict(read.fields), dict(read.faults)) == (expects, {})
    assert all(type(one.value) is type(expects[name].value) for name, one in read.fields.items())
