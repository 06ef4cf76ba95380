"""The Ask page shows what can be asked: questions whose evidence this person may see."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from .conftest import Served, served, write_workflow

CASES = """\
cases:
  - {id: open, kind: common, question: "How tight are the gland bolts?", principal: {user: ana}, expect: {outcome: answer,
     facts: ["35 Nm"], evidence: [{document: gland.md, quote: "Tighten the gland bolts of the HX-200 to 35 Nm."}]}}
  - {id: closed, kind: common, question: "When does the valve open?", principal: {user: ana, groups: [service]},
     expect: {outcome: answer, facts: ["9 bar"], evidence: [{document: service/notes.md,
     quote: "The hidden valve of the KD-7 opens at 9 bar."}]}}
  - {id: rare, kind: high-risk, question: "What is a high risk?", principal: {user: ana}, expect: {outcome: answer,
     facts: ["24 months"], evidence: [{document: warranty.md,
     quote: "The warranty of the HX-200 pump lasts 24 months from delivery."}]}}
"""


def offered(web: Served, person: str) -> list[str]:
    page = web.client(person).get("/w/desk/ask").text
    return [html.unescape(one) for one in re.findall(r"data-option>([^<]+)<", page.split("<template")[0])]


def test_examples_come_from_cases_whose_evidence_one_may_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    folder = write_workflow(tmp_path / "desk")
    (folder / "golden").mkdir()
    (folder / "golden" / "cases.yaml").write_text(CASES, encoding="utf-8")
    with served(folder) as web:
        offered(web, "ana")  # reads the cases
        assert offered(web, "ana") == ["How tight are the gland bolts?", "When does the valve open?"]
        assert offered(web, "ben") == ["How tight are the gland bolts?"]
        (folder / "golden" / "cases.yaml").write_text("cases: [broken", encoding="utf-8")
        assert offered(web, "ana") == []


def test_without_golden_cases_no_example_is_offered(web: Served) -> None:
    assert offered(web, "ana") == []
