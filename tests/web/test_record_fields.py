"""A record's form says what the record says, whatever its schema."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.outputs import OutputSpec, Record
from holdfast.schemas.citing import cited_paths
from holdfast.web.record_fields import Control, control_of, filled

ADDRESS = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "no": {"type": ["integer", "null"]}},
    "required": ["street"],
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "$defs": {"Address": ADDRESS, "Tree": {"type": "object", "properties": {"in": {"$ref": "#/$defs/Tree"}}}},
    "properties": {
        "a/b~c.d e": {"type": "string"},
        "text": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "size": {"type": "number"},
        "day": {"type": "string", "format": "date"},
        "kind": {"enum": ["x", "", 1, True, None]},
        "choice": {"enum": ["x", 1, 1.5]},
        "yes": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"type": "number"}},
        "home": {"$ref": "#/$defs/Address"},
        "homes": {"type": "array", "items": {"$ref": "#/$defs/Address"}},
        "tree": {"$ref": "#/$defs/Tree"},
        "free": {},
    },
    "required": ["size", "home"],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
LIKELY = {
    "tags": st.lists(st.text()), "sizes": st.lists(st.integers()), "text": st.text(),
    "homes": st.lists(st.fixed_dictionaries({"street": st.text()}, optional={"no": st.integers()}), max_size=3),
    "home": st.fixed_dictionaries({"street": st.text(), "more": JSON}),
}  # fmt: skip
OUTPUTS = st.fixed_dictionaries(
    {}, optional={name: LIKELY.get(name, JSON) | JSON for name in [*SCHEMA["properties"], "other"]}
)
SPEC = OutputSpec(name="record", schema=SCHEMA, cited=cited_paths(SCHEMA, ["size", "homes.street"]))


def as_a_browser_posts(form: Control) -> dict[str, str]:
    """Return what is posted of a form: line ends as a browser makes them."""
    posted = {}
    for one in form.within():
        if one.name:
            posted[one.name] = one.text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
        if one.cites_name:
            posted[one.cites_name] = one.cites_text
    return posted


@given(OUTPUTS)
def test_a_form_that_nobody_changes_is_the_record_to_the_letter(output: dict[str, Any]) -> None:
    before = Record(output=output)
    posted = as_a_browser_posts(control_of(SPEC, before))
    said = filled(control_of(SPEC, before, posted))
    assert said.output == output
    assert repr(said.output) == repr(output)
    assert (said.cites, said.faults) == ({}, {})


@given(OUTPUTS, st.dictionaries(st.sampled_from([
    "value:/text", "value:/size", "json:/free", "value:/homes/0/street", "value:/homes/77/no", "gone:/homes/0",
    "json:/homes", "lines:/tags", "cites:/size", "value:/nothing", "value:", "json:", "/", "cites:/homes/1/street",
]), st.text()), st.text())  # fmt: skip
def test_whatever_is_posted_is_read_or_told(
    output: dict[str, Any], posted: dict[str, str], more: str
) -> None:
    form = control_of(SPEC, Record(output=output), posted, more=more)
    said = filled(form)
    ids = {one.id for one in form.within()}
    assert set(said.faults) <= ids
    assert set(said.places.values()) <= ids


def changed(output: dict[str, Any], cites: Any = None, **typed: str) -> Any:
    before = Record(output=output, cites=cites or {})
    posted = as_a_browser_posts(control_of(SPEC, before)) | {
        name.replace("__", ":/").replace("_", "/"): text for name, text in typed.items()
    }
    return filled(control_of(SPEC, before, posted))


def test_an_emptied_field_is_null_where_null_may_be_and_else_not_there() -> None:
    before = {"text": "a", "size": 3, "tags": ["x"], "free": 1, "home": {"street": "Elm", "no": 4}}
    said = changed(before, value__text="", value__size=" ", lines__tags="", json__free="", value__home_no="")
    assert said.output == {"text": None, "free": None, "home": {"street": "Elm", "no": None}}


def test_a_field_that_the_schema_no_longer_has_goes_when_it_is_emptied() -> None:
    said = changed({"size": 1, "former": "x"}, json__former="")
    assert said.output == {"size": 1}


def test_empty_sections_in_each_other_end_and_entries_of_lists_have_their_controls() -> None:
    tree = {"type": "object", "properties": {name: {"$ref": "#/$defs/Tree"} for name in "abcdefgh"}}
    schema = {
        "type": "object",
        "$defs": {"Tree": tree},
        "properties": {"tree": {"$ref": "#/$defs/Tree"}, "trees": {"type": "array", "items": tree}},
    }
    spec = OutputSpec(name="record", schema=schema)
    assert len(list(control_of(spec, Record(output={})).within())) < 20
    (entry,) = control_of(spec, None, {}, more="trees").below[1].below
    assert {one.name for one in entry.below} == {f"json:/trees/0/{name}" for name in "abcdefgh"}


def test_what_is_typed_has_the_type_of_its_field() -> None:
    said = changed(
        {}, value__text=" 12 ", value__size="-1.5e2", value__yes="false", lines__tags="a\r\n\r\n 1 ",
        lines__sizes="1\r\n2.5\r\nx", json__free='{"a": [1]}', value__choice="1",
    )  # fmt: skip
    assert said.output == {
        "text": "12", "size": -150.0, "yes": False, "tags": ["a", "1"], "sizes": [1, 2.5, "x"],
        "free": {"a": [1]}, "choice": 1,
    }  # fmt: skip
    assert changed({}, value__size="1e999").output == {"size": "1e999"}
    assert changed({}, value__size="9" * 5000).output == {"size": "9" * 5000}
    assert list(changed({}, json__free="[" * 100_000).faults.values()) == ["is nested too deep to be read"]


def test_an_entry_that_is_emptied_or_taken_out_goes_with_its_citations() -> None:
    before = {"homes": [{"street": "Elm"}, {"street": "Oak"}, {"street": "Ash"}]}
    cites = {"homes.0.street": (1,), "homes.1.street": (2,), "homes.2.street": (3,)}
    for typed in ({"gone__homes_0": "yes"}, {"value__homes_0_street": ""}):
        said = changed(before, cites, value__homes_2_street="Fir", **typed)
        assert said.output == {"homes": [{"street": "Oak"}, {"street": "Fir"}]}
        assert said.cites == {"homes.0.street": (2,), "homes.1.street": (3,)}
        assert set(said.places) >= {"homes.0.street", "homes.1.no"}
