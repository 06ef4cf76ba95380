"""Laws that hold for every declaration."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from holdfast.declaring.mending import homes_of, keys_of
from holdfast.declaring.mistakes import Mistake, Unreadable
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.errors import HoldfastError
from holdfast.workflow import LoadedWorkflow, Workflow, examine, load_workflow, set_value

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
FAST = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])

PIECES = st.sampled_from(
    ["name", "sources", "retrieval", "k", ":", ": ", "- ", "[", "]", "{", "}", "&a", "*a", "<<", "\n", "\n  ",
     "'", '"', "|", ">-", "#", "!", "!!int ", "!!binary ", "%YAML 1.1\n---\n", "---", "...", "?", "\t", "~", "0x",
     "1_0", "1:30", ".nan", "\\ud800", '"\\ud800"', "\ufeff", "\x85", "\u2028", ",", "@", "`", "é", "😀"]
)  # fmt: skip
SECTIONS = [
    ((), {}), (("retrieval",), {}), (("chunking",), {}), (("guardrails", "pii"), {}), (("owner",), {}),
    (("generation", "budget"), {}), (("assembly",), {}), (("embedding", "lsa"), {}), (("enriching",), {}),
]  # fmt: skip


def load(data: bytes) -> object:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "workflow.yaml").write_bytes(data)
        return load_workflow(Path(folder))


@FAST
@given(
    st.one_of(
        st.binary(max_size=80), st.lists(PIECES, max_size=25).map(lambda parts: "".join(parts).encode())
    )
)
def test_no_bytes_make_the_reader_fail_in_any_other_way_than_its_own(data: bytes) -> None:
    try:
        parse_yaml(data, name="workflow.yaml")
    except Unreadable as error:
        assert error.mistake.line >= 1  # noqa: PT017
        assert error.mistake.line <= data.count(b"\n") + data.count(b"\r") + 3  # noqa: PT017


@SLOW
@given(
    st.one_of(
        st.binary(max_size=60), st.lists(PIECES, max_size=25).map(lambda parts: "".join(parts).encode())
    )
)
def test_any_bytes_load_or_end_in_an_error_for_people(data: bytes) -> None:
    try:
        load(data)
    except HoldfastError as error:
        assert "workflow.yaml" in str(error)  # noqa: PT017


@SLOW
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(sorted(Workflow.model_fields)) | st.text(max_size=5), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_any_values_load_or_end_in_an_error_for_people(values: Any) -> None:
    import json  # noqa: PLC0415

    try:
        load(json.dumps(values).encode())
    except HoldfastError:
        return


@SLOW
@given(st.sampled_from(SECTIONS), st.integers(0, 4), st.from_regex(r"zz[a-z]{3,8}", fullmatch=True))
def test_an_unknown_key_at_any_depth_is_found_with_its_line(
    section: tuple[tuple[str, ...], object], above: int, key: str
) -> None:
    path = section[0]
    lines = ["# a comment"] * above
    lines += [f"{'  ' * depth}{name}:" for depth, name in enumerate(path)]
    lines.append(f"{'  ' * len(path)}{key}: 1")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "workflow.yaml").write_text("\n".join(lines))
        mistakes = examine(Path(folder))
    assert isinstance(mistakes, tuple)
    (mistake,) = mistakes
    assert isinstance(mistake, Mistake)
    assert (mistake.line, mistake.what) == (len(lines), f"unknown key '{key}'")


@SLOW
@given(st.integers(1, 1000), st.sampled_from(["", "# top\n", "name: x  # here\n"]), st.booleans())
def test_a_set_value_is_what_is_loaded_and_the_rest_stays(value: int, before: str, has_section: bool) -> None:  # noqa: FBT001
    text = before + ("retrieval:\n  depth: 60 # kept\n" if has_section else "chunking: {size: 400}\n")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "workflow.yaml"
        file.write_text(text)
        set_value(file, "retrieval.k", value)
        loaded = load_workflow(Path(folder))
        assert loaded.settings.retrieval.k == value
        assert [line for line in text.splitlines() if line not in file.read_text().splitlines()] == []


def test_every_section_of_the_declaration_can_be_walked() -> None:
    assert ("generation", "rungs") in homes_of(Workflow, "provider")
    assert "pattern" in keys_of(Workflow, ("lookups", 0, "parameters", "order"))
    assert issubclass(Workflow, BaseModel)
    assert LoadedWorkflow.__dataclass_fields__
