"""How an item ended is said once, in the words of its kind; what it cost, with what it took."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from holdfast.testing.provider import ProviderServer, Scripted
from holdfast.web.reasons import told_reason
from holdfast.web.wording import wording

from .conftest import QUESTION, Served, served, write_workflow


def outcome_of(web: Served, question: str) -> dict[str, Any]:
    events = web.events(question=question)
    told: dict[str, Any] = next(one["data"] for one in events[:-1] if one["type"] == "data-outcome")
    return told


@pytest.mark.parametrize(
    ("question", "ended"),
    [
        (QUESTION, "Answered. The answer is complete."),
        ("What is the capital of France?", "No answer was found."),
        ("which one?", "Asked back: something has to be known first."),
        ("Somebody was injured.", "Handed over to a person; there is no answer yet."),
    ],
)
def test_every_kind_of_end_has_a_status_line_of_its_own(web: Served, question: str, ended: str) -> None:
    assert outcome_of(web, question)["ended"] == ended


def test_there_is_no_confidence_without_an_answer(web: Served) -> None:
    assert outcome_of(web, QUESTION)["confidence"]
    for question in ("What is the capital of France?", "Somebody was injured.", "which one?"):
        assert not outcome_of(web, question)["confidence"]


def test_a_reason_that_is_the_text_is_not_said_again(web: Served) -> None:
    told = outcome_of(web, "Somebody was injured.")
    assert told["text"] == "A report in which a person was harmed goes to product safety."
    assert told["reason"] == "rule personal-harm"


def test_a_run_that_cost_nothing_says_why_and_every_stage_says_what_it_cost(web: Served) -> None:
    run = web.ask()["run"]
    page = web.client().get(f"/w/desk/runs/{run}").text
    assert "0 USD: no paid model was used, 0 tokens" in page
    assert "extractive: quoted word for word, no model was called" in page
    stages = page.split('class="stack timeline"')[1].split("</table>")[0]
    assert len(re.findall(r'data-label="Cost">0 USD<', stages)) == stages.count('scope="row"')
    assert "No model was called" in web.client().get("/w/desk/operations").text


def test_a_run_that_called_a_model_says_for_how_many_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("A_KEY", "k")
    with ProviderServer([Scripted(text="The gland bolts of the HX-200 take 35 Nm [1].")]) as server:
        rung = f"{{provider: openai, model: m, base_url: '{server.openai_url}', key_env: A_KEY}}"
        more = f"generation: {{rungs: [{rung}], extractive: false}}\nchecking: {{}}\n"
        with served(write_workflow(tmp_path / "desk", more=more)) as web:
            told = outcome_of(web, QUESTION)
            page = web.client().get(f"/w/desk/runs/{told['run']}").text
    assert re.fullmatch(r"0 USD for [1-9]\d* tokens", told["cost"]), told["cost"]
    assert told["cost"] in page


def test_reasons_of_our_own_are_told_in_the_readers_language(web: Served) -> None:
    run = web.ask()["run"]
    german = web.client(**{"accept-language": "de"}).get(f"/w/desk/runs/{run}").text
    reason = german.split('data-slot="reason"')[1].split("</p>")[0]
    assert "zitierten Stelle" in reason
    assert "das, wonach gefragt war" in reason
    other = told_reason(wording("de"), "it stands in 2 cited passages; the team's own words")
    assert other == "es steht in 2 zitierten Stellen; the team's own words"


def test_a_stage_that_runs_twice_says_what_it_looks_at(web: Served) -> None:
    page = web.client().get(f"/w/desk/runs/{web.ask()['run']}").text
    stages = page.split('class="stack timeline"')[1].split("</table>")[0]
    names = re.findall(r'<th scope="row">([^<]+)<', stages)
    assert names[:2] == ["getting ready", "guardrails: the item"]
    assert names[-2:] == ["guardrails: the outcome", "between the stages"]
    assert len(names) == len(set(names))


def test_a_run_does_not_link_to_itself_and_leads_to_its_case(web: Served) -> None:
    run = web.ask("Somebody was injured.", person="ana")["run"]
    for person, leads_on in (
        ("rita", f'href="/w/desk/review?case={run}"'),
        ("ana", f"/w/desk/ask?run={run}"),
    ):
        page = web.client(person).get(f"/w/desk/runs/{run}").text
        assert "How this came about" not in page
        assert leads_on in page
