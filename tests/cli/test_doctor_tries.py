"""`holdfast doctor` tries what would otherwise fail with the first item: prompts, lookups, rules."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

WORKFLOW = """\
name: claims
sources: [{files: documents, access: [everyone]}]
lookups:
  - name: consignments
    database: tms.db
    sql: SELECT number, goods_value_eur FROM consignments WHERE number = :cn;
    parameters: {cn: {pattern: 'CN-\\d{5}'}}
    access: [everyone]
deciding:
  rules:
    - {name: large, when: consignments.goods_value_eur > 10000, then: escalate, because: It is large.}
  routes: {desk: {contact: desk@example.com}}
"""


@pytest.fixture(name="claims")
def _claims(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    (tmp_path / "prompts").mkdir()
    (tmp_path / "workflow.yaml").write_text(WORKFLOW)
    with closing(sqlite3.connect(tmp_path / "tms.db")) as database:
        database.execute("CREATE TABLE consignments (number TEXT, goods_value_eur REAL)")
    return tmp_path


def broken(holdfast: Any, folder: Path, *, code: int = 0) -> list[dict[str, str]]:
    ended = holdfast("doctor", folder, "--json")
    assert ended.exit_code == code, ended.stderr
    return [one for one in ended.json["advice"] if one["weight"] == "broken"]


def test_what_works_is_not_complained_about(holdfast: Any, claims: Path) -> None:
    (claims / "prompts/system.md.jinja").write_text("Say {{ no_answer }}.{% include 'house.md.jinja' %}")
    (claims / "prompts/house.md.jinja").write_text("Be brief.")
    (claims / "prompts/examples.md.jinja").write_text("One example.")
    told = holdfast("doctor", claims, "--json")
    titles = [one["title"] for one in told.json["advice"]]
    assert not [title for title in titles if "prompts/" in title and "examples" not in title]
    assert broken(holdfast, claims) == []


def test_examples_are_used_by_the_default_system_text(holdfast: Any, claims: Path) -> None:
    (claims / "prompts/examples.md.jinja").write_text("One example.")
    assert "No template uses" not in holdfast("doctor", claims).stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [("Say {{ no_anwser }}.", "Did you mean `no_answer`?"), ("Say it.\n{% if x %}", "line 2")],
)
def test_a_prompt_that_cannot_be_used_makes_the_declaration_invalid(
    holdfast: Any, claims: Path, text: str, told: str
) -> None:
    (claims / "prompts/system.md.jinja").write_text(text)
    (found,) = broken(holdfast, claims, code=3)
    assert "prompts/system.md.jinja line" in found["title"]
    assert told in found["title"] + found["move"]


def test_a_statement_that_the_database_refuses_is_found_without_an_item(holdfast: Any, claims: Path) -> None:
    (claims / "workflow.yaml").write_text(WORKFLOW.replace("SELECT number", "SELECT nubmer"))
    (found,) = broken(holdfast, claims)
    assert found["title"] == "lookup consignments: the database says: no such column: nubmer"


def test_a_rule_that_reads_a_column_no_row_has_never_holds_and_is_told(holdfast: Any, claims: Path) -> None:
    (claims / "workflow.yaml").write_text(
        WORKFLOW.replace("consignments.goods_value_eur", "consignments.goods_val")
    )
    (found,) = broken(holdfast, claims)
    assert found["title"] == (
        "`consignments.goods_val > 10000` reads a column that lookup consignments does not bring"
    )
    assert "did you mean goods_value_eur?" in found["move"]
    assert found["place"] == "workflow.yaml line 11"


def test_a_lookup_for_a_misspelt_everyone_is_for_nobody(holdfast: Any, claims: Path) -> None:
    (claims / "workflow.yaml").write_text(WORKFLOW.replace("    access: [everyone]", "    access: [evryone]"))
    (found,) = broken(holdfast, claims)
    assert found["title"] == "lookup consignments: no one is in the group 'evryone'; did you mean everyone?"


def test_no_move_of_the_doctor_is_a_case_that_any_answer_would_pass(holdfast: Any, claims: Path) -> None:
    told = holdfast("doctor", claims).stdout
    assert "expect: {outcome: answer, facts: [...]}" in " ".join(told.split())
