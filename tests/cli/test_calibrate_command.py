"""`holdfast calibrate` on a folder of few and of many cases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdfast.cli.main import app

DECLARATION = """\
name: desk
embedding: {model: lsa}   # no network here
sources:
  - files: documents
deciding:
  answer_at: 0.99   # as strict as can be
  ask_about: []
"""
NAMES = [
    f"{a}{b}{c}" for a in ("pa", "ri", "so", "tu") for b in ("lan", "mek", "dor") for c in ("is", "at", "ol")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("desk")
    for name in ("documents", "golden"):
        (made / name).mkdir()
    (made / "documents" / "permissions.yaml").write_text('"**": [everyone]\n', encoding="utf-8")
    cases = []
    for at, name in enumerate(NAMES):
        text = f"# Pump {name}\n\nThe cover bolts of the pump {name} are tightened to {at + 10} Nm.\n"
        (made / "documents" / f"{name}.md").write_text(text, encoding="utf-8")
        cases.append(
            f"  - id: {name}\n    question: To how many Nm are the cover bolts of the pump {name} tightened?\n"
            f"    principal: {{user: ana}}\n    expect: {{outcome: answer, facts: ['{at + 10} Nm']}}\n"
        )
    (made / "golden" / "pumps.yaml").write_text("cases:\n" + "".join(cases), encoding="utf-8")
    (made / "workflow.yaml").write_text(DECLARATION, encoding="utf-8")
    return made


def test_a_budget_that_cases_cannot_show_changes_nothing(folder: Path) -> None:
    told = CliRunner().invoke(app, ["calibrate", str(folder)])
    assert told.exit_code == 0, told.output
    assert "Keep 0.99: a budget of 2.0% cannot be shown." in told.output
    assert "149 answers are needed" in told.output
    assert (folder / "workflow.yaml").read_text() == DECLARATION


def test_a_budget_that_is_shown_is_written_with_comments_kept(folder: Path) -> None:
    told = CliRunner().invoke(app, ["calibrate", str(folder), "--budget", "0.25", "--apply", "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    chosen = found["thresholds"]["deciding.answer_at"]
    assert chosen["now"] == 0.99
    assert chosen["chosen"] is not None
    assert found["applied"]
    (line,) = [one for one in (folder / "workflow.yaml").read_text().splitlines() if "answer_at" in one]
    assert line.split() == ["answer_at:", f"{chosen['chosen']}", *["#", "as", "strict", "as", "can", "be"]]
    assert "-  answer_at: 0.99" in found["diff"]


def test_a_folder_without_cases_is_told_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "a.md").write_text("The bolts take 24 Nm.", encoding="utf-8")
    (tmp_path / "workflow.yaml").write_text(DECLARATION, encoding="utf-8")
    told = CliRunner().invoke(app, ["calibrate", str(tmp_path)])
    assert told.exit_code == 2
    assert "no golden case" in told.output


def test_a_threshold_that_lets_out_the_same_replies_is_left_alone(folder: Path) -> None:
    file = folder / "workflow.yaml"
    file.write_text(DECLARATION.replace("0.99", "0.6"), encoding="utf-8")
    told = CliRunner().invoke(app, ["calibrate", str(folder), "--budget", "0.25", "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["diff"] == ""
