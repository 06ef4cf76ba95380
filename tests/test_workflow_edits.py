"""Changing a value in a file that people wrote."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from holdfast.declaring.editing import edited
from holdfast.errors import DeclarationError, UsageError
from holdfast.workflow import load_workflow, set_value

EXAMPLE = Path(__file__).parent.parent / "examples" / "engineering-support" / "workflow.yaml"
WRITTEN = """\
# Who answers what.
name: support   # short

sources:
    # the released papers
    - files: documents
    - {files: mails, name: "mail"}

retrieval:
    # twenty was too few
    k: 20   # hits

generation:
    rungs:
        - {provider: openai, model: a}  # first
"""


def changed(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---"))]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "workflow.yaml"
    made.write_text(WRITTEN)
    return made


def test_one_value_changes_one_line_and_comments_survive(file: Path) -> None:
    set_value(file, "retrieval.k", 30)
    assert changed(WRITTEN, file.read_text()) == ["-    k: 20   # hits", "+    k: 30   # hits"]


def test_a_new_key_is_one_new_line(file: Path) -> None:
    set_value(file, "retrieval.depth", 200)
    assert [line for line in changed(WRITTEN, file.read_text()) if line.strip("+-")] == ["+    depth: 200"]


def test_a_new_section_goes_to_the_end(file: Path) -> None:
    set_value(file, "chunking.size", 600)
    assert file.read_text() == WRITTEN + "chunking:\n    size: 600\n"


def test_an_entry_of_a_list_is_reached_by_its_position(file: Path) -> None:
    set_value(file, "generation.rungs.0.model", "b")
    assert changed(WRITTEN, file.read_text()) == [
        "-        - {provider: openai, model: a}  # first",
        "+        - {provider: openai, model: b}  # first",
    ]


def test_the_worked_example_keeps_every_other_line() -> None:
    text = edited(EXAMPLE.read_bytes(), "generation.deadline_s", 20, name=EXAMPLE.name)
    assert changed(EXAMPLE.read_text(), text) == ["-  deadline_s: 30", "+  deadline_s: 20"]


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("retrieval.k", "many", "write a whole number"),
        ("retrieval.kk", 3, "unknown key 'kk'"),
        ("generation.rungs.4.model", "b", "has no entry 4"),
        ("name.short", "b", "has no entry name"),
    ],
)
def test_a_change_that_would_not_be_valid_leaves_the_file_as_it_is(
    file: Path, key: str, value: object, told: str
) -> None:
    with pytest.raises(DeclarationError, match=told):
        set_value(file, key, value)
    assert file.read_text() == WRITTEN
    assert list(file.parent.iterdir()) == [file]


def test_the_rights_of_the_file_stay(file: Path) -> None:
    file.chmod(0o640)
    set_value(file, "retrieval.k", 30)
    assert file.stat().st_mode & 0o777 == 0o640
    assert load_workflow(file.parent).settings.retrieval.k == 30


def test_a_file_that_is_not_there_is_the_callers_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        set_value(tmp_path / "workflow.yaml", "retrieval.k", 3)
