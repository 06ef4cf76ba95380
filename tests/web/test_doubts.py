"""What is found wrong on the Ask page: where it goes, what is told of it, where it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.reviewing.test_sources import SUMMARY

from holdfast.web.run_pages import told_costs
from holdfast.web.wording import wording

from .conftest import Served, served, write_workflow
from .test_correcting import decided, read

WAITS = "A reviewer looks at it; the reply comes here. Due in 23 h."
RECORD = "review: {found_wrong: record}\n"


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    with served(write_workflow(tmp_path / "desk", more=getattr(request, "param", ""))) as web:
        yield web


def found_wrong(web: Served, run: str, person: str = "ana") -> Any:
    return decided(web, person, run, "reject", category="incomplete", words="which wrench?")


def test_what_is_found_wrong_reaches_a_reviewer_and_who_asked_is_told_so(desk: Served) -> None:
    run = desk.ask(person="ana")["run"]
    told = found_wrong(desk, run)
    assert (told["state"], told["said"], told["sent"]) == ("With a reviewer", WAITS, False)
    assert WAITS in read(desk, "ana", f"ask?run={run}")
    queue = read(desk, "rita", "review")
    assert "found wrong by who asked" in queue
    assert "Review (1)" in queue
    case = read(desk, "rita", f"review?case={run}")
    assert "ana, who asked, does not accept it: incomplete." in case
    assert "which wrench?" in case
    desk.client("rita").post(f"/api/reviews/{run}/decision", json={"action": "edit", "text": "35 Nm [1]."})
    assert "A reviewer has answered your question" in read(desk, "ana", "documents")


def test_a_change_of_mind_takes_it_back_and_says_so(desk: Served) -> None:
    run = desk.ask(person="ana")["run"]
    found_wrong(desk, run)
    told = decided(desk, "ana", run, "accept")
    assert (told["state"], told["sent"]) == ("Answer", False)
    assert told["said"] == "Recorded; no reviewer has to look at it any more. You may change it."
    assert "A reviewer looks at it" not in read(desk, "ana", f"ask?run={run}")
    assert "found wrong" not in read(desk, "rita", "review").replace("asked finds wrong", "")
    found_wrong(desk, run)
    desk.client("rita").post(f"/api/reviews/{run}/claim")
    told = decided(desk, "ana", run, "accept")
    assert told["said"] == "Recorded. rita is looking at it already; the reply comes here."
    assert told["state"] == "With a reviewer"


@pytest.mark.parametrize("desk", [RECORD], indirect=True)
def test_where_it_is_only_recorded_nobody_is_promised_an_answer(desk: Served) -> None:
    run = desk.ask(person="ana")["run"]
    told = found_wrong(desk, run)
    assert told["said"] == "Recorded. Nobody answers it; ask a person for a reply."
    assert "Nothing waits." in read(desk, "rita", "review")
    assert "An answer that who asked finds wrong comes here too." not in read(desk, "rita", "review")
    assert '<span class="badge" data-kind="doubted">found wrong</span>' in read(desk, "kim", "runs")


def test_runs_are_marked_and_found_by_what_people_said_of_them(desk: Served) -> None:
    wrong = desk.ask("How tight are the gland bolts?", person="ana")["run"]
    right = desk.ask("How long does the warranty last?", person="ana")["run"]
    other = desk.ask("How fast does the mixer turn?", person="ana")["run"]
    found_wrong(desk, wrong)
    decided(desk, "ana", right, "accept")
    decided(desk, "rita", other, "edit", text="77 rpm [1].")
    for value, found in (("wrong", wrong), ("helpful", right), ("waiting", wrong), ("reviewed", other)):
        for sort in ("", "took"):
            listed = desk.client("kim").get("/api/runs", params={"decided": value, "sort": sort}).json()
            assert [one["run"] for one in listed["runs"]] == [found], (value, sort)
    page = read(desk, "kim", "runs?decided=wrong")
    assert page.count('data-kind="doubted">found wrong<') == 1
    assert desk.client("kim").get("/api/runs", params={"decided": "nonsense"}).status_code == 422
    assert '<a href="/w/desk/runs?decided=wrong">1</a>' in read(desk, "kim", "operations")


def test_a_reviewer_is_told_who_corrects_their_own_answer_and_does_not_count_it_as_work(desk: Served) -> None:
    run = desk.ask(person="rita")["run"]
    says = "You asked this yourself: another reviewer corrects it."
    assert says in read(desk, "rita", f"runs/{run}")
    assert says not in read(desk, "kim", f"runs/{run}")
    assert says not in read(desk, "ana", "ask")
    found_wrong(desk, run, "rita")
    assert "Review (" not in read(desk, "rita", "documents")
    assert "Review (1)" in read(desk, "kim", "documents")


def test_the_cost_of_what_is_listed_stands_below_it(desk: Served) -> None:
    desk.ask(person="ana")
    desk.ask(person="ana")
    assert "In sum: 0 USD for 2 runs listed here." in read(desk, "kim", "runs")


def test_a_cost_that_is_not_known_is_no_part_of_the_sum() -> None:
    known, unknown = replace(SUMMARY, cost_usd=0.25), replace(SUMMARY, cost_usd=None)
    told = told_costs(wording("en"), [known, known, unknown])
    assert told == "In sum: 0.5000 USD for 2 runs listed here. Of 1 more the cost is not known."


def test_a_case_without_a_draft_is_answered_and_not_edited(desk: Served) -> None:
    run = desk.ask("A fitter was injured.", person="ana")["run"]
    desk.client("rita").post(f"/api/reviews/{run}/claim")
    page = read(desk, "rita", f"review?case={run}")
    assert "Write the answer <kbd>e</kbd>" in page
    assert "Edit and send" not in page


def test_few_minutes_are_told_alike_in_review_and_operations(desk: Served) -> None:
    run = desk.ask("A fitter was injured.", person="ana")["run"]
    desk.client("rita").post(f"/api/reviews/{run}/decision", json={"action": "edit", "text": "Call safety."})
    assert '<td class="num">0.0</td>' in read(desk, "kim", "review?done=yes")
    assert "0.0 min" in read(desk, "kim", "operations")


def test_a_date_is_said_to_be_no_more_than_a_date(desk: Served) -> None:
    page = read(desk, "kim", "document?path=gland.md")
    assert " · dated 20" in page
    assert "in force" not in page
