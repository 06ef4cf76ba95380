"""A schema is refused where it cannot be held, and what fits it is told from what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from holdfast.schemas.citing import apart, asked, cited_paths, plain_so_far, tree_of
from holdfast.schemas.filling import why_unfillable
from holdfast.schemas.formats import has_format
from holdfast.schemas.optional import with_nulls, without_idle_nulls
from holdfast.schemas.supported import faults_in
from holdfast.schemas.validating import misfits

Drawn = tuple[dict[str, Any], Any]
"""A schema and a value that was made to fit it."""


def an_object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# --- laws ---


@st.composite
def fitting(draw: st.DrawFn, depth: int = 2) -> Drawn:  # noqa: PLR0911 - one for each kind
    """Draw a schema with a value that fits it."""
    kinds = ["text", "whole", "number", "yes", "choice", "date", "nothing"]
    kind = draw(st.sampled_from([*kinds, "list", "object", "either"] if depth else kinds))
    match kind:
        case "text":
            value = draw(st.text(max_size=8))
            low, high = draw(st.integers(0, len(value))), draw(st.integers(len(value), 20))
            return {"type": "string", "minLength": low, "maxLength": high}, value
        case "whole":
            number = draw(st.integers(-1000, 1000))
            return {"type": "integer", "minimum": number - draw(st.integers(0, 5))}, number
        case "number":
            real = draw(st.floats(-1e6, 1e6))
            return {"type": "number", "maximum": real + 1, "exclusiveMinimum": real - 1}, real
        case "yes":
            return {"type": "boolean"}, draw(st.booleans())
        case "choice":
            choices = draw(st.lists(st.one_of(st.text(max_size=4), st.integers(), st.booleans()), min_size=1))
            return {"enum": choices}, draw(st.sampled_from(choices))
        case "date":
            return {"type": "string", "format": "date"}, draw(st.dates()).isoformat()
        case "nothing":
            return {"type": ["null", "string"]}, None
        case "list":
            schema, value = draw(fitting(depth - 1))
            count = draw(st.integers(0, 3))
            return {"type": "array", "items": schema, "maxItems": 3}, [value] * count
        case "either":
            schema, value = draw(fitting(depth - 1))
            return {"anyOf": [{"type": "array", "minItems": 90}, schema]}, value
    return draw(objects(depth - 1))


@st.composite
def objects(draw: st.DrawFn, depth: int = 2) -> Drawn:
    """Draw an object's schema, with names that no schema keyword has, and a value."""
    names = draw(st.lists(st.text("abcdxyz_", min_size=1, max_size=5), min_size=1, max_size=4, unique=True))
    drawn = {name: draw(fitting(depth)) for name in names}
    required = [name for name in names if draw(st.booleans())]
    schema = an_object(**{name: one for name, (one, _) in drawn.items()}) | {"required": required}
    left_out = {name for name in names if name not in required and draw(st.booleans())}
    return schema, {name: value for name, (_, value) in drawn.items() if name not in left_out}


@given(objects())
def test_what_was_made_for_a_schema_fits_it_and_the_schema_is_sound(drawn: Drawn) -> None:
    schema, value = drawn
    assert faults_in(schema) == ()
    assert misfits(value, schema) == ()
    assert misfits(json.loads(json.dumps(value)), json.loads(json.dumps(schema))) == ()


@given(objects(), st.data())
def test_a_value_that_was_changed_for_the_worse_no_longer_fits(drawn: Drawn, data: st.DataObject) -> None:
    schema, value = drawn
    change = data.draw(st.sampled_from(["another field", "a field too few", "another type"]))
    if change == "another field":
        assert misfits({**value, "Other": 1}, schema)
    elif change == "a field too few":
        assume(schema["required"])
        gone = data.draw(st.sampled_from(schema["required"]))
        (told,) = misfits({key: one for key, one in value.items() if key != gone}, schema)
        assert told == f"{gone}: is missing"
    else:
        assert misfits([value], schema)
        name = data.draw(st.sampled_from(list(schema["properties"])))
        found = misfits({**value, name: {"never": object}}, schema)
        assert any(one.startswith(name) for one in found)


@given(objects())
def test_asking_for_citations_and_taking_them_apart_gives_the_object_back(drawn: Drawn) -> None:
    schema, value = drawn
    paths = cited_paths(schema, None)
    tree = tree_of(paths)
    wrapped = wrap(value, tree)
    assert faults_in(asked(schema, paths)) == ()
    full = {"no_answer": False, **wrapped}
    assert [one for one in misfits(full, asked(schema, paths)) if "is missing" not in one] == []
    plain, cites, problems = apart(full, tree)
    assert (plain, problems) == (value, [])
    assert set(cites.values()) <= {(1,), ()}
    assert plain_so_far(wrapped, tree) == value


def wrap(value: Any, tree: dict[str, Any]) -> Any:
    if isinstance(value, list) and "*" in tree:
        return [wrap(one, tree["*"]) if tree["*"] else cited(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        name: cited(one) if name in tree and not tree[name] else wrap(one, tree.get(name, {}))
        for name, one in value.items()
    }


def cited(value: Any) -> dict[str, Any]:
    return {"value": value, "cites": [] if value is None else [1]}


@given(objects())
def test_nulls_stand_for_fields_left_out_and_are_taken_out_again(drawn: Drawn) -> None:
    schema, value = drawn
    whole = {name: value.get(name) for name in schema["properties"]}
    assert all(one.endswith("is missing") for one in misfits(whole, with_nulls(schema)))
    back = without_idle_nulls(whole, schema, schema)
    assert misfits(back, schema) == ()
    assert {key: one for key, one in back.items() if one is not None} == {
        key: without_idle_nulls(one, schema["properties"][key], schema)
        for key, one in value.items()
        if one is not None
    }


# --- each keyword ---


@pytest.mark.parametrize(
    ("schema", "fits", "not_fits"),
    [
        ({"type": "integer"}, [1, 1.0, -3], [1.5, True, "1", None]),
        ({"type": "number"}, [1, 1.5], [True, "1"]),
        ({"type": ["string", "null"]}, ["", None], [0]),
        ({"const": 1}, [1, 1.0], [True, "1"]),
        ({"enum": [[1], {"a": 0}]}, [[1], {"a": 0}], [[True], {"a": False}, {}]),
        ({"type": "string", "pattern": "^[A-Z]{2}-\\d+$"}, ["HX-200"], ["hx-200", "HX-200 "]),
        ({"exclusiveMinimum": 1, "maximum": 3}, [2, 3, "text"], [1, 4]),
        ({"multipleOf": 0.1}, [0.3, 7], [0.25]),
        ({"minItems": 1, "maxItems": 2, "items": {"type": "integer"}}, [[1], [1, 2]], [[], [1, 2, 3], ["a"]]),
        ({"uniqueItems": True}, [[1, True], [[1], [2]]], [[1, 1.0], [{"a": 1}, {"a": 1}]]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, [{}, {"a": 1}], [{"a": "1"}]),
        ({"anyOf": [{"type": "integer"}, {"minLength": 2}]}, [1, "ab", None], ["a"]),
        ({"oneOf": [{"type": "integer"}, {"minimum": 5}]}, [3, 5.5, "text"], [7, 1.5]),
        ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, [1, 2], [0, 3]),
        ({"$ref": "#/$defs/a", "maximum": 5, "$defs": {"a": {"minimum": 1}}}, [1, 5], [0, 6]),
    ],
)
def test_each_keyword_says_yes_and_no(schema: Any, fits: list[Any], not_fits: list[Any]) -> None:
    assert [value for value in fits if misfits(value, schema)] == []
    assert [value for value in not_fits if not misfits(value, schema)] == []


@pytest.mark.parametrize(
    ("name", "fits", "not_fits"),
    [
        ("date", ["2025-03-31", "2024-02-29"], ["2025-02-29", "31.3.2025", "20250331", "2025-3-1"]),
        (
            "date-time",
            ["2025-03-31T14:30:00Z", "2025-03-31t14:30:00.123456789+02:00"],
            ["2025-03-31", "2025-03-31T14:30:00", "2025-03-31T25:00:00Z"],
        ),
        ("email", ["ana@example.com", "a.b+c@mail.example.org"], ["ana", "ana@", "a b@example.com", "a@b"]),
        ("uri", ["https://example.com/a?b=c", "mailto:ana@example.com"], ["example.com", "http:", "a b:c"]),
    ],
)
def test_formats_are_checked(name: str, fits: list[str], not_fits: list[str]) -> None:
    assert [text for text in fits if not has_format(text, name)] == []
    assert [text for text in not_fits if has_format(text, name)] == []


def test_misfits_name_the_field_and_what_is_wanted() -> None:
    part = an_object(name={"type": "string"}, torque={"anyOf": [{"type": "number"}, {"type": "null"}]})
    schema = an_object(parts={"type": "array", "items": {"$ref": "#/$defs/part"}}) | {"$defs": {"part": part}}
    value = {"parts": [{"name": "bolt", "torque": "24 Nm"}, {"torque": None, "nmae": "nut"}]}
    assert misfits(value, schema) == (
        'parts.0.torque: is "24 Nm", not a number',
        'parts.0.torque: is "24 Nm", not null',
        "parts.1.name: is missing",
        "parts.1.nmae: is not among the fields (name, torque)",
    )


def test_a_pattern_without_an_end_is_a_misfit_and_not_a_hang() -> None:
    (told,) = misfits("a" * 40 + "!", {"type": "string", "pattern": "^(a|aa|b?a)+$(?<!x)(a+)+$"})
    assert "pattern" in told


# --- what cannot be declared ---


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"type": "strin"}, "did you mean 'string'"),
        ({"type": "string", "patern": "x"}, "did you mean 'pattern'"),
        ({"type": "string", "pattern": "("}, "no regular expression"),
        ({"type": "string", "format": "ipv4"}, "which is not checked"),
        ({"$ref": "https://example.com/part.json"}, "leads out of the schema"),
        ({"$ref": "#/$defs/part"}, "which is not there"),
        ({"not": {"type": "null"}}, "'not' is not supported"),
        ({"prefixItems": []}, "an object of it"),
        ({"type": "integer", "minimum": "1"}, "is no number"),
        ({"enum": []}, "is no list of values"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "a has a lowest value above its highest"),
        ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2}, "no whole number"),
        ({"type": "string", "minLength": 3, "maxLength": 2}, "minLength above maxLength"),
        ({"type": "string", "enum": [1, 2]}, "none of the choices of a (1, 2)"),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "two types at once"),
        (False, "no value at all"),
        ({"$ref": "#"}, "holds itself"),
        ({"type": "array", "minItems": 1, "items": {"$ref": "#"}}, "holds itself"),
        (an_object() | {"required": ["b"]}, "a.b is required"),
    ],
)
def test_a_schema_that_cannot_be_held_or_filled_is_a_fault_that_names_the_part(part: Any, words: str) -> None:
    (fault, *_) = faults_in(an_object(a=part))
    assert words in f"{fault.what}; {fault.move}"
    assert fault.move


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "array", "items": {"type": "string"}}, "no object with fields"),
        ({"type": "object"}, "no object with fields"),
        ({"type": "object", "properties": {}}, "has no field"),
        ({**an_object(a={"type": "string"}), "anyOf": [{}]}, "anyOf stands at the top"),
    ],
)
def test_a_schema_of_no_object_is_refused(schema: Any, words: str) -> None:
    assert words in faults_in(schema)[0].what


def test_a_schema_may_hold_itself_where_that_ends() -> None:
    node = an_object(name={"type": "string"}, below={"type": "array", "items": {"$ref": "#"}})
    assert faults_in(node) == ()
    assert why_unfillable(node) == ""
    value = {"name": "a", "below": [{"name": "b", "below": []}]}
    assert misfits(value, node) == ()
    shown = asked(node, cited_paths(node, ["name"]))
    assert misfits({"no_answer": False, **value, "name": cited("a")}, shown) == ()
    with pytest.raises(ValueError, match="name the fields to cite"):
        cited_paths(node, None)


def test_fields_to_cite_are_found_through_lists_and_near_misses_are_told() -> None:
    part = an_object(name={"type": "string"}, torque={"type": "number"})
    lists = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/part"}}, {"type": "null"}]}
    schema = an_object(parts=lists, tags={"type": "array", "items": {"type": "string"}}) | {
        "$defs": {"part": part}
    }
    assert cited_paths(schema, None) == (("parts", "*", "name"), ("parts", "*", "torque"), ("tags",))
    assert cited_paths(schema, ["parts.torque", "tags"]) == (("parts", "*", "torque"), ("tags",))
    with pytest.raises(ValueError, match=r"no field 'parts.torqe'; did you mean 'torque'"):
        cited_paths(schema, ["parts.torqe"])


@pytest.mark.parametrize(
    ("written", "cites"),
    [([1, 2, 2], (1, 2)), (["[3]"], (3,)), (4, (4,)), (None, ()), (["one"], None), ([True], None)],
)
def test_numbers_of_passages_are_read_as_models_write_them(written: Any, cites: Any) -> None:
    plain, found, problems = apart({"a": {"value": 1, "cites": written}}, {"a": {}})
    assert plain == {"a": 1}
    assert (problems == []) is (cites is not None)
    assert found == {"a": cites or ()}
