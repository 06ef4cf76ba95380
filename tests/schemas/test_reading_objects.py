"""The object in a reply is read whole or not at all, and on its way only ever grows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.schemas.reading import PartialObject, object_in

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=5), VALUES, min_size=1, max_size=4)


def grows(before: Any, after: Any) -> bool:
    """Return whether `after` tells at least what `before` told."""
    match before, after:
        case dict(), dict():
            return all(key in after and grows(inner, after[key]) for key, inner in before.items())
        case list(), list():
            return len(before) <= len(after) and all(map(grows, before, after))
        case str(), str():
            return after.startswith(before)
    return type(before) is type(after) and bool(before == after)


@given(OBJECTS, st.sampled_from(["", "```json\n", "Here it is:\n\n"]), st.booleans(), st.integers(1, 7))
def test_an_object_so_far_only_grows_and_never_fails(
    value: dict[str, Any],
    lead: str,
    ascii_only: bool,  # noqa: FBT001 - drawn
    step: int,
) -> None:
    text = lead + json.dumps(value, ensure_ascii=ascii_only, indent=1) + ("\n```" if lead else "")
    reader, told = PartialObject(), {}
    for at in range(0, len(text), step):
        found = reader(text[at : at + step])
        if found is not None:
            assert found != told
            assert grows(told, found)
            told = found
    assert grows(told, json.loads(json.dumps(value)))
    assert object_in(text) == value


@given(st.text(), st.integers(1, 5))
def test_any_text_is_read_without_an_exception(text: str, step: int) -> None:
    reader = PartialObject()
    for at in range(0, len(text), step):
        reader('{"a": "' + text[at : at + step] if not at else text[at : at + step])


def test_a_number_is_told_when_it_is_finished() -> None:
    reader = PartialObject()
    assert [reader(piece) for piece in ('{"a": 1', "2", ', "b": tr', "ue}")] == [
        None, None, {"a": 12}, {"a": 12, "b": True},
    ]  # fmt: skip


def test_reading_a_long_reply_by_the_character_stays_in_proportion() -> None:
    text = json.dumps({"rows": [{"n": n, "text": "x" * 40} for n in range(400)]})
    reader = PartialObject()
    told = sum(reader(character) is not None for character in text)
    assert 10 < told < 1_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I cannot do that.", "holds no JSON object"),
        ("{}", "is empty"),
        ('{"a": 1, "a": 2}', "'a' twice"),
        ('{"a": NaN}', "NaN, which is no number"),
        ('{"a": 1e999}', "no number"),
        ('{"a": [1, 2', "breaks at character"),
        ('{"a": 1} {"b"', ""),
        ('{"a":' * 100_000, "nested too deeply"),
        ("__import__('os').system('true')", "holds no JSON object"),
    ],
)
def test_what_is_no_whole_object_is_told_in_words(text: str, words: str) -> None:
    if not words:
        assert object_in(text) == {"a": 1}
        return
    with pytest.raises(ValueError, match=words):
        object_in(text)


def test_half_a_character_does_not_get_through() -> None:
    assert object_in('{"a": "\\ud83d", "b": ["\\udc00x"]}') == {"a": "\ufffd", "b": ["\ufffdx"]}
