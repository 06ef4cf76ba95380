"""Corrections, from wherever they are made to everyone whom they concern."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from .conftest import Served, served, write_workflow

CORRECTED = "Tighten the gland bolts of the HX-200 to 35 Nm, crosswise [1]."
REVIEW = """\
review:
  risks: {product-safety: high}
  owners: {product-safety: rita}
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    with served(write_workflow(tmp_path / "desk", more=REVIEW)) as web:
        yield web


def decided(web: Served, person: str, run: str, action: str, **more: Any) -> Any:
    answer = web.client(person).post("/api/decisions", json={"run": run, "action": action, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def read(web: Served, person: str, path: str) -> str:
    answer: httpx2.Response = web.client(person).get(f"/w/desk/{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_reviewers_edit_of_any_run_reaches_who_asked_and_the_finished_cases(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    told = decided(own, "rita", run, "edit", text=CORRECTED, words="crosswise matters")
    assert (told["sent"], told["state"]) == (True, "Corrected")
    assert told["said"] == "Sent to ana, who is told of it."
    assert "A reviewer has answered your question" in read(own, "ana", "documents")
    for person, path in (("ana", f"ask?run={run}"), ("ana", f"runs/{run}"), ("rita", f"runs/{run}")):
        page = read(own, person, path)
        assert page.index("crosswise [1]") < page.index("Replaced by rita: what it said before")
        assert "crosswise matters" in page
    assert "A reviewer has answered your question" not in read(own, "ana", "documents")
    assert "edited" in read(own, "kim", "review?done=yes").casefold()
    assert "Make a golden case of it" in read(own, "kim", f"review?case={run}")
    assert "Corrected" in read(own, "ana", "ask")
    assert "Corrected" in read(own, "ana", "runs")


def test_a_correction_is_corrected_once_more_and_who_asked_is_told_again(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    decided(own, "rita", run, "edit", text=CORRECTED)
    read(own, "ana", f"ask?run={run}")
    again = {"action": "edit", "text": "35 Nm, in two passes [1].", "again": True}
    assert own.client("kim").post(f"/api/reviews/{run}/decision", json=again).status_code == 200
    assert "A reviewer has answered your question" in read(own, "ana", "documents")
    page = read(own, "ana", f"ask?run={run}")
    assert page.index("in two passes") < page.index("Sent earlier, replaced since:") < page.index("crosswise")
    once = own.client("rita").post(f"/api/reviews/{run}/decision", json={"action": "edit", "text": "3 [1]"})
    assert once.status_code == 403  # not meant as a second edit: the case was finished meanwhile


def test_a_rejection_on_the_run_page_withdraws_the_answer(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    assert decided(own, "rita", run, "reject", category="outdated", words="see the bulletin")["sent"]
    page = read(own, "ana", f"ask?run={run}")
    assert "rita has no answer to give" in page
    assert page.index("see the bulletin") < page.index("Withdrawn by rita")


def test_who_asked_is_told_where_their_question_went_and_how_long_it_may_take(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    told = decided(own, "ana", run, "hand_over", to="product-safety", words="crosswise or not?")
    assert told["state"] == "Handed over"
    assert told["said"] == "Handed to product-safety; the reply comes here. Due in 3 h."
    page = read(own, "ana", f"ask?run={run}")
    assert "Handed to product-safety; the reply comes here." in page
    case = read(own, "rita", f"review?case={run}")
    assert "ana handed it over to product-safety." in case
    assert "crosswise or not?" in case


def test_who_asked_speaks_in_their_own_words_and_may_change_their_mind(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    assert decided(own, "ana", run, "accept")["sent"] is False
    assert 'data-action="accept" aria-pressed="true">Helpful' in read(own, "ana", f"ask?run={run}")
    decided(own, "ana", run, "reject", category="wrong", words="it is 40")
    page = read(own, "ana", f"ask?run={run}")
    assert 'data-action="accept" aria-pressed="false">Helpful' in page
    assert 'data-action="reject" aria-expanded="false" aria-pressed="true">Wrong' in page
    assert "Found wrong by ana" in page
    assert 'data-action="edit"' not in page


def test_no_desk_is_chosen_for_anybody_and_each_says_what_it_is_for(own: Served) -> None:
    page = read(own, "ana", f"ask?run={own.ask(person='ana')['run']}")
    assert '<input type="radio" name="to" value="product-safety">' in page
    assert "A report in which a person was harmed goes to product safety." in page
    assert "Risk high: due within 4 h" in page


def test_nothing_is_offered_about_a_run_that_was_only_replayed(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    replayed = own.client("kim").post(f"/w/desk/runs/{run}/replay", data={"rung": "0", "k": "5"})
    again = replayed.headers["location"].rpartition("/")[2]
    assert "data-action" in read(own, "rita", f"runs/{run}")
    assert "data-action" not in read(own, "rita", f"runs/{again}")


def test_the_passages_that_a_correction_newly_cites_are_evidence(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    made = own.client("rita").get(f"/api/runs/{run}").json()
    cited = {one["n"] for one in made["outcome"]["citations"]}
    passages = next(one for one in made["stages"] if one["stage"] == "assembly")["made"]["passages"]
    other = next(one["n"] for one in passages if one["n"] not in cited)
    decided(own, "rita", run, "edit", text=f"35 Nm [1], see [{other}].")
    page = read(own, "rita", f"review?case={run}")
    assert page.index(f'data-evidence="{other}"') < page.index("Other passages that were found")


def test_a_route_says_what_its_people_are_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))
    folder = write_workflow(tmp_path / "desk", more=REVIEW)
    declared = (folder / "workflow.yaml").read_text(encoding="utf-8")
    purpose = declared.replace("safety@example.com}", "safety@example.com, purpose: Whatever could hurt}")
    (folder / "workflow.yaml").write_text(purpose, encoding="utf-8")
    with served(folder) as web:
        assert "Whatever could hurt" in read(web, "ana", "ask")


def test_a_source_that_does_not_exist_is_refused_on_the_runs_page_too(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    posted = {"run": run, "action": "edit", "text": "35 Nm [19]."}
    refused = own.client("rita").post("/api/decisions", json=posted)
    assert refused.status_code == 400
    assert "[19]" in refused.json()["error"]
    assert "A reviewer has answered" not in read(own, "ana", "documents")
    assert "No case has been finished yet." in read(own, "kim", "review?done=yes")


def test_golden_cases_are_listed_to_who_may_see_their_evidence_and_who_asked_is_told(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    decided(own, "rita", run, "edit", text=CORRECTED)
    case = own.client("rita").post(f"/api/reviews/{run}/golden", json={}).json()["case"]
    assert f"Became golden case {case}: " in read(own, "ana", f"ask?run={run}")
    listed = read(own, "kim", "golden")
    assert f"?case={case}" in listed
    assert "waits for a second person" in listed
    assert own.client("kim").post("/api/golden/confirm", json={"case": case}).status_code == 200
    assert "confirmed by kim" in read(own, "rita", "golden")
    assert "confirmed by kim" in read(own, "rita", f"golden?case={case}")
    assert own.client("ana").get("/w/desk/golden").status_code == 403
    assert "/w/desk/golden" in read(own, "rita", "quality")


def test_a_held_golden_case_follows_a_later_correction_when_it_is_told_to(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    decided(own, "rita", run, "edit", text=CORRECTED)
    make = f"/api/reviews/{run}/golden"
    case = own.client("rita").post(make, json={}).json()["case"]
    assert own.client("rita").post(make, json={}).status_code == 400  # it is of this correction already
    assert "It expects something else." not in read(own, "kim", f"review?case={run}")
    again = {"action": "edit", "text": "Tighten them to 40 Nm [1].", "again": True}
    assert own.client("kim").post(f"/api/reviews/{run}/decision", json=again).status_code == 200
    assert "It expects something else." in read(own, "kim", f"review?case={run}")
    renewed = own.client("kim").post(make, json={}).json()
    assert (renewed["case"], renewed["written_by"], renewed["held"]) == (case, "kim", True)
    page = read(own, "rita", f"golden?case={case}")
    assert "Tighten them to 40 Nm." in page
    assert "crosswise" not in page
    assert own.client("rita").post("/api/golden/confirm", json={"case": case}).status_code == 200
    assert own.client("kim").post(make, json={}).status_code == 400  # it counts


def test_a_golden_case_that_another_contradicts_says_so(own: Served) -> None:
    made = []
    for question, text in (
        ("How tight are the gland bolts of the HX-200?", "35 Nm [1]."),
        ("How tight are the gland bolts of an HX-200?", "24 Nm [1]."),
    ):
        run = own.ask(question, person="ana")["run"]
        decided(own, "rita", run, "edit", text=f"Tighten the gland bolts to {text}")
        made.append(own.client("rita").post(f"/api/reviews/{run}/golden", json={}).json()["case"])
    page = read(own, "kim", f"golden?case={made[1]}")
    assert "Asks nearly the same and expects something else:" in page
    assert f"?case={made[0]}" in page


def test_a_held_golden_case_is_changed_or_discarded_by_whom_it_waits_for(own: Served) -> None:
    made = []
    for question in (
        "How tight are the gland bolts of the HX-200?",
        "How long is the HX-200 under warranty?",
    ):
        run = own.ask(question, person="ana")["run"]
        decided(own, "rita", run, "edit", text=f"{question[:8]} 35 Nm [1].")
        made.append(own.client("rita").post(f"/api/reviews/{run}/golden", json={}).json()["case"])
    kim = own.client("kim")
    said = {"case": made[0], "answer": "35 Nm, crosswise.", "facts": "35 Nm\ncrosswise", "must_not_state": ""}
    changed = kim.post("/api/golden/change", json=said)
    assert changed.status_code == 200, changed.text
    assert changed.json()["written_by"] == "kim"
    assert "<li>crosswise</li>" in read(own, "rita", f"golden?case={made[0]}")
    assert kim.post("/api/golden/confirm", json={"case": made[0]}).status_code == 403
    assert own.client("rita").post("/api/golden/confirm", json={"case": made[0]}).status_code == 200
    assert kim.post("/api/golden/discard", json={"case": made[0]}).status_code == 400  # it waits no more
    for person, status in (("ana", 403), ("kim", 200)):
        posted = {"case": made[1], "words": "the bulletin is out of date"}
        gone = own.client(person).post("/api/golden/discard", json=posted)
        assert gone.status_code == status, gone.text
    assert made[1] not in read(own, "kim", "golden")
    assert made[0] in read(own, "kim", "golden")


def test_only_who_may_review_confirms_changes_or_discards_a_correction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    with served(write_workflow(tmp_path / "desk", more="review: {groups: [sales]}\n")) as web:
        run = web.ask(person="ana")["run"]
        decided(web, "kim", run, "edit", text="To 36 Nm [1].")
        case = web.client("kim").post(f"/api/reviews/{run}/golden").json()["case"]
        file = web.folder / "golden" / "corrections.yaml"
        before = file.read_bytes()
        for what in ("confirm", "change", "discard"):
            answer = web.client("rita").post(f"/api/golden/{what}", json={"case": case})
            assert answer.status_code == 403, (what, answer.text)
        assert file.read_bytes() == before
        assert web.client("emil").post("/api/golden/confirm", json={"case": case}).status_code == 200


def test_a_file_whose_only_case_is_discarded_goes_with_it(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    decided(own, "rita", run, "edit", text=CORRECTED)
    case = own.client("rita").post(f"/api/reviews/{run}/golden", json={}).json()["case"]
    assert own.client("rita").post("/api/golden/discard", json={"case": case}).status_code == 200
    assert not (own.folder / "golden" / "corrections.yaml").exists()
    again = own.client("rita").post(f"/api/reviews/{run}/golden", json={})
    assert again.json()["case"] == case


def test_a_case_that_is_given_to_somebody_comes_with_a_note_and_a_notice(own: Served) -> None:
    run = own.ask("Somebody was injured.", person="ana")["run"]
    assert "Review (1)" in read(own, "rita", "documents")
    assert "Review (" not in read(own, "kim", "documents")  # it is rita's
    given = {"to": "kim", "words": "I am away"}
    assert own.client("rita").post(f"/api/reviews/{run}/reassign", json=given).status_code == 200
    page = read(own, "kim", "documents")
    assert "A case waits for you" in page
    assert "Review (1)" in page
    case = read(own, "kim", f"review?case={run}")
    assert "Handed over by rita" in case
    assert "kim: I am away" in case
    assert "I am away" not in read(own, "ana", f"ask?run={run}")
    assert "A case waits for you" not in read(own, "kim", "documents")


def test_a_slip_in_what_was_sent_is_told_at_once_and_stands_at_the_case(own: Served) -> None:
    run = own.ask(person="ana")["run"]
    slip = "Tighten the gland bolts of the HX-200 to 53 Nm"
    told = decided(own, "rita", run, "edit", text=f"{slip} [1].")
    assert told["said"] == f"Sent to ana, who is told of it. Not in its sources: “{slip}.”"
    assert "Not in its sources:" in read(own, "kim", f"review?case={run}")
    assert "Not in its sources:" not in read(own, "ana", f"ask?run={run}")
    right = {"action": "edit", "text": "Tighten the gland bolts of the HX-200 to 35 Nm [1].", "again": True}
    assert own.client("rita").post(f"/api/reviews/{run}/decision", json=right).status_code == 200
    assert "Not in its sources:" not in read(own, "kim", f"review?case={run}")
