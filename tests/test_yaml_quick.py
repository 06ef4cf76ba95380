"""What is read quickly is what the whole parser reads."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.declaring import yaml_text
from holdfast.declaring.mistakes import Unreadable
from holdfast.declaring.yaml_quick import Unsure, quick_nodes
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.declaring.yaml_whole import composed

EXAMPLE = Path(__file__).parent.parent / "examples" / "engineering-support"
BITS = [
    *"abn :-,[]{}#'\"|>\n?!&*~<=%@`.01+_eE\\",
    ": ", "\n  ", "\n- ", "\n  - ", "a: ", "key: ", "''", '""', "null", "true", "yes", "on", "1.5", "0x1F", "0o7",
    "007", "1_000", "2024-01-01", "2024-01-01T10:00:00Z", " #c", "|\n ", ">\n ", "|-\n  ", "[a, b]", "{a: 1}", "...",
    "---", "<<", "é", "😀", "? ", "\\n", "\t", "\x85",
]  # fmt: skip
LEAVES = [
    "a", "1", "-1", "1.5", "null", "", "'x y'", '"q"', "yes", "a b: c", "a#b", "a # c", "x:y", "2024-01-01", "|\n",
    "@a", "-a", "[1, a]", "{a: b}", "{a: , b}", "[a, , b]", "http://x.y/z?a=b&c", "[a: b]", "~", "? a", "{a}", "{a:1}",
    "{'a':1}", "100%", "a, b", "[x, y,]", ".5", "5.", "1e3", "text [1] more", "> folded", "*x", "007", "&a b",
]  # fmt: skip
KEYS = ["a", "b", "c", "'d'", "e f", "1", "? g", "long key", "<<", "true", "2024-01-01"]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))


def _mapping(entries: list[tuple[str, str]]) -> str:
    return "\n".join(
        f"{key}:\n{_indented(value)}" if "\n" in value else f"{key}: {value}" for key, value in entries
    )


def _listed(values: list[str]) -> str:
    return "\n".join(f"- {_indented(value).lstrip()}" for value in values)


blocks = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: st.one_of(
        st.lists(st.tuples(st.sampled_from(KEYS), inner), min_size=1, max_size=4).map(_mapping),
        st.lists(inner, min_size=1, max_size=4).map(_listed),
    ),
    max_leaves=12,
)


def _read(root: Any) -> Any:
    if root is None or not root.tag.endswith(":map"):
        return root is None
    reader = yaml_text._Reader("x")
    try:
        return repr(reader.mapping(root, ())), reader.lines, reader.empty
    except Unreadable as error:
        return str(error)


def _agree(text: str) -> None:
    try:
        quick = quick_nodes(text)
    except Unsure:
        return
    assert _read(quick) == _read(composed(text, "x"))


@given(st.lists(st.sampled_from(BITS), max_size=25).map("".join))
def test_signs_in_any_order_are_read_as_the_whole_parser_reads_them(text: str) -> None:
    _agree(text)


@given(blocks)
def test_nested_text_is_read_as_the_whole_parser_reads_it(text: str) -> None:
    _agree(text)


@pytest.mark.parametrize("file", sorted(EXAMPLE.rglob("*.yaml")), ids=lambda file: file.name)
def test_files_of_the_example_are_plain_enough(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert _read(quick_nodes(text)) == _read(composed(text, "x"))


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1\nb: *x",
        "a: !!str 1",
        "a: 1\n---\nb: 2",
        "%YAML 1.1\n---\na: yes",
        "a: 0x1F",
        "a: 1e3",
        "a: [",
        "a: 1\x85b: 2",
    ],
)
def test_what_could_be_read_otherwise_is_left_to_the_whole_parser(text: str) -> None:
    with pytest.raises(Unsure):
        quick_nodes(text)


def test_an_error_is_told_in_our_words() -> None:
    with pytest.raises(Unreadable, match=r"x line 2: .*second colon"):
        parse_yaml(b"a: 1\nb: c: d\n", name="x")


@pytest.mark.parametrize("text", ["[" * 100_000, "a: " + "{a: " * 50_000, "- " * 50_000, "? " * 50_000])
def test_deep_nesting_ends_soon(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(Unreadable):
        parse_yaml(text.encode(), name="x")
    assert time.perf_counter() - began < 5
