"""The changes of the example that the gate is tried on: each changes something, and leaves a declaration that loads."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import scripted_reader
from changing.harmful import HARMFUL
from changing.harmless import HARMLESS
from scripted_reader import Asked, read, read_otherwise

from holdfast.domain.prompts import Passage
from holdfast.workflow import load_workflow, set_value

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "engineering-support"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(
        EXAMPLE, tmp_path_factory.mktemp("example") / "work", ignore=shutil.ignore_patterns(".holdfast")
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_every_change_changes_something_and_the_declaration_still_loads(folder: Path) -> None:
    assert min(len(HARMFUL), len(HARMLESS)) >= 12
    rung = scripted_reader.rung("http://127.0.0.1:9/v1")
    set_value(folder / "workflow.yaml", "generation.rungs", [rung])
    before = contents(folder)
    for change in (*HARMFUL, *HARMLESS):
        change.make(folder)
        assert contents(folder) != before, change.name
        load_workflow(folder)
        for name in contents(folder).keys() - before.keys():
            (folder / name).unlink()
        for name, data in before.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


RULES = "Do not guess. Put numbers in square brackets. Copy exactly as written. Else reply NO_ANSWER."


def asked(system: str, text: str = "Tighten the gland bolts to 24 Nm.") -> Asked:
    passage = Passage(n=1, document="a.md", text=text, start=0, end=len(text), score=1.0)
    return Asked(system=system, question="How tight are the gland bolts?", passages=(passage,), text=system)


def test_the_scripted_reader_does_as_its_prompt_says() -> None:
    told = read(asked(RULES))
    assert told == "Tighten the gland bolts to 24 Nm. [1]"
    assert "[1]" not in read(asked(RULES.replace("square brackets", "front")))
    assert "24 Nm" not in read(asked(RULES.replace("exactly as", "as")))
    assert "rule of thumb" in read(asked(RULES.replace("Do not guess.", "")))
    assert read(asked(RULES, "The canteen opens at noon.")) == "NO_ANSWER"
    assert read(asked(RULES.replace("NO_ANSWER", ""), "The canteen opens at noon.")) != "NO_ANSWER"
    assert read_otherwise(asked(RULES)) == "NO_ANSWER"
