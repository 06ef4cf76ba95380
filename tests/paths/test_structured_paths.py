"""A workflow that declares an output, from its documents to a recorded, cited record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import holdfast
from holdfast.access.trust import trust
from holdfast.casework import draft_of_run, findings, keep
from holdfast.cli.main import app
from holdfast.domain.cases import Case
from holdfast.domain.items import ItemAttachment, WorkItem
from holdfast.domain.outcomes import Answer, Escalation, Refusal
from holdfast.domain.runs import Run
from holdfast.errors import NotAllowed, ProviderError
from holdfast.testing.case_work import worked
from holdfast.testing.provider import ProviderServer, Scripted, Served
from holdfast.workflow import load_workflow

pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")

Make = Callable[..., Path]

ANA = holdfast.Principal(user="ana")
GLAND = "How tight are the gland bolts of the HX-200?"
SCHEMA = """
output:
  schema:
    title: Torque card
    type: object
    properties:
      pump: {type: string}
      torque_nm: {type: number, minimum: 1}
      tool: {type: string}
    required: [pump, torque_nm]
    additionalProperties: false
"""
MODEL = '''
"""The record that is filled."""

from pydantic import BaseModel, Field


class Card(BaseModel):
    pump: str = Field(pattern="^HX")
    torque_nm: float
    tool: str = "torque wrench"
'''


def rung(server: ProviderServer, more: str = "", provider: str = "openai") -> str:
    address = server.anthropic_url if provider == "anthropic" else server.openai_url
    model = "claude-haiku-4-5" if provider == "anthropic" else "gpt-4.1-mini"
    one = f"{{provider: {provider}, model: {model}, base_url: '{address}'}}"
    return f"generation:\n  rungs:\n    - {one}\n{more}"


def said(torque: Any = 35, *, pump: str = "HX-200") -> Callable[[Served], Scripted]:
    """Return what answers with a card that cites the passage about the gland."""

    def answer(request: Served) -> Scripted:
        shown = json.dumps(request.body)
        numbers = [_number_of(shown)]
        card = {
            "no_answer": False,
            "pump": {"value": pump, "cites": numbers},
            "torque_nm": {"value": torque, "cites": numbers},
            "tool": {"value": None, "cites": []},
        }
        return Scripted(text=json.dumps(card))

    return answer


def _number_of(shown: str) -> int:
    before = shown.partition("gland bolts of the HX-200 to")[0]
    return int(before.rpartition('<passage n=\\"')[2].partition("\\")[0])


def asked(folder: Path, question: str = GLAND, model: str = "") -> Run:
    with holdfast.open(folder) as flow:
        flow.sync()
        return flow.ask(question, principal=ANA, model=model)


@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_an_answer_carries_the_record_and_its_citations(make: Make, provider: str) -> None:
    with ProviderServer(said()) as server:
        run = asked(make(rung(server, SCHEMA, provider)))
    answer = run.outcome
    assert isinstance(answer, Answer), run.outcome
    assert answer.output == {"pump": "HX-200", "torque_nm": 35}
    (citation,) = answer.citations
    assert citation.document == "gland.md"
    assert "35 Nm" in citation.quote
    assert answer.cites["torque_nm"] == (citation.n,)
    assert answer.text == f"pump: HX-200 [{citation.n}]\ntorque_nm: 35 [{citation.n}]"
    assert run.degraded == ""


def from_the_note(request: Served) -> Scripted:
    """Return a card whose torque is cited from what is attached."""
    shown = json.dumps(request.body)
    measured = shown.partition("measured 61.5")[0].rpartition('<passage n=\\"')[2]
    card = {
        "no_answer": False,
        "pump": {"value": "HX-200", "cites": [_number_of(shown)]},
        "torque_nm": {"value": 61.5, "cites": [int(measured.partition("\\")[0])]},
        "tool": {"value": None, "cites": []},
    }
    return Scripted(text=json.dumps(card))


NOTE = ItemAttachment(name="note.txt", text="We measured 61.5 Nm at the gland bolts.")
CITING = SCHEMA + "  cite_attachments: true\n"


def test_a_field_cites_what_came_with_the_item_and_its_run_shows(make: Make) -> None:
    with ProviderServer(from_the_note) as server:
        folder = make(rung(server, CITING))
        with holdfast.open(folder) as flow:
            flow.sync()
            run = flow.ask(WorkItem(id="1", principal=ANA, question=GLAND, attachments=(NOTE,)))
        assert isinstance(run.outcome, Answer), run.outcome
        cited = {one.document: one.quote for one in run.outcome.citations}
        assert cited["attachment://note.txt"] == NOTE.text
        assert asyncio.run(_kept(folder, run.id)) is not None


def test_a_golden_case_of_such_a_run_is_made_and_measured(make: Make) -> None:
    async def made(folder: Path) -> Case:
        async with holdfast.open(folder) as flow:
            await flow.sync()
            run = await flow.ask(WorkItem(id="1", principal=ANA, question=GLAND, attachments=(NOTE,)))
            stored = flow.run(run.id, principal=ANA)
            assert stored is not None
            drafted = draft_of_run(flow.wiring, stored, writer="ana", id="torque")
            (case,) = keep(flow.wiring, drafted, who="ana")
            assert {one.kind for one in findings(flow.wiring, [case])} == {"kind"}
            return case

    with ProviderServer(from_the_note) as server:
        folder = make(rung(server, CITING))
        case = asyncio.run(made(folder))
        assert {one.document: one.quote for one in case.expect.evidence}["attachment://note.txt"] == NOTE.text
        row = asyncio.run(worked(folder, ["torque"], who="ana"))["torque"]
    scores = {one.metric: (one.value, one.why) for one in row.scores}
    for metric in ("evidence_cited", "citation_valid", "citation_precision", "context_recall", "recall@10"):
        assert scores[metric] == (1, ""), metric
    assert row.documents == ("gland.md",)


async def _kept(folder: Path, run_id: str) -> Any:
    async with holdfast.open(folder) as flow:
        return flow.run(run_id, principal=ANA)


def test_the_prompt_on_record_has_the_rules_and_the_shape(make: Make) -> None:
    with ProviderServer(said()) as server:
        folder = make(rung(server, SCHEMA))
        run = asked(folder)
        kept = asyncio.run(_kept(folder, run.id))
    assert kept.outcome["output"] == {"pump": "HX-200", "torque_nm": 35}
    assert list(kept.outcome["cites"]) == ["pump", "torque_nm", "tool"]
    (prompt,) = [stage.made for stage in kept.stages if stage.stage == "assembly"]
    assert prompt["output"]["name"] == "Torque_card"
    assert "Fields with citations (pump, torque_nm, tool)" in prompt["messages"][0]["text"]
    (reply,) = [stage.made for stage in kept.stages if stage.stage == "generation"]
    assert reply["output"] == {"pump": "HX-200", "torque_nm": 35}


def test_a_value_that_its_passage_does_not_say_is_no_answer(make: Make) -> None:
    with ProviderServer(said(42)) as server:
        run = asked(make(rung(server, "  extractive: false\n" + SCHEMA)))
    assert isinstance(run.outcome, Refusal)
    assert "torque_nm (number 42 is in no cited passage)" in run.outcome.reason


def test_the_next_rung_is_asked_when_citations_fail_or_nothing_fits(make: Make) -> None:
    for first in (said(42), said("tight")):
        with ProviderServer(first) as wrong, ProviderServer(said()) as right:
            second = f"    - {{provider: openai, model: gpt-4o, base_url: '{right.openai_url}'}}\n"
            run = asked(make(rung(wrong, second + SCHEMA)))
            assert isinstance(run.outcome, Answer), run.outcome
            assert run.model == "openai:gpt-4o"
    assert "does not fit its schema after 2 repairs: torque_nm" in run.fallback


def test_the_extractive_answerer_is_passed_over_and_a_faulty_record_stays_what_it_was(make: Make) -> None:
    with ProviderServer(said(42)) as server:
        run = asked(make(rung(server, SCHEMA)))
    assert isinstance(run.outcome, Refusal)
    assert "torque_nm" in run.outcome.reason


@pytest.mark.parametrize(("unfilled", "kind"), [("escalate", Escalation), ("refuse", Refusal)])
def test_without_a_model_an_item_never_ends_as_text(make: Make, unfilled: str, kind: type) -> None:
    run = asked(make(f"{SCHEMA}deciding: {{unfilled: {unfilled}}}\n"))
    assert isinstance(run.outcome, kind)
    assert "structured output needs a model" in run.outcome.reason
    assert "35 Nm" not in run.outcome.text


def test_when_every_model_fails_the_item_goes_to_a_person_too(make: Make) -> None:
    with ProviderServer([Scripted(status=500)]) as server:
        run = asked(make(rung(server, SCHEMA)))
        assert isinstance(run.outcome, Escalation)
        assert "status 500" in run.fallback
        with pytest.raises(ProviderError):
            asked(make(rung(server, "  extractive: false\n" + SCHEMA)))


def test_a_pydantic_model_of_the_folder_runs_only_when_the_folder_is_trusted(make: Make) -> None:
    with ProviderServer(said()) as server:
        folder = make(rung(server, "output: {model: 'cards:Card'}\n"))
        (folder / "cards.py").write_text(MODEL)
        with pytest.raises(NotAllowed, match="cards:Card"):
            asked(folder)
        trust(folder)
        answer = asked(folder).outcome
        assert isinstance(answer, Answer)
        assert answer.output == {"pump": "HX-200", "torque_nm": 35.0}
        (folder / "cards.py").write_text(MODEL.replace("^HX", "^VG"))
        with pytest.raises(NotAllowed):
            asked(folder)


def test_a_schema_file_is_part_of_the_declaration_and_no_document(make: Make) -> None:
    folder = make(
        "output: {schema: card.json}\n",
        declaration="name: desk\nembedding: {model: lsa}\nsources: [{files: ., access: [everyone]}]\n",
        documents={"gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n"},
    )
    card = {"type": "object", "properties": {"pump": {"type": "string"}}}
    (folder / "card.json").write_text(json.dumps(card))
    before = load_workflow(folder)
    with holdfast.open(folder) as flow:
        assert flow.sync().added == 1
    (folder / "card.json").write_text(json.dumps(card | {"title": "Card"}))
    assert load_workflow(folder).declaration_digest != before.declaration_digest


def test_the_command_shows_a_table_and_json_and_the_doctor_asks_for_a_model(make: Make) -> None:
    command = CliRunner()
    with ProviderServer(said()) as server:
        folder = make(rung(server, SCHEMA))
        shown = command.invoke(app, ["ask", str(folder), GLAND]).stdout
        line = json.loads(command.invoke(app, ["ask", str(folder), GLAND, "--json"]).stdout.splitlines()[-1])
    assert "  pump       HX-200 [" in shown
    assert "  torque_nm  35 [" in shown
    assert line["output"] == {"pump": "HX-200", "torque_nm": 35}
    assert line["cites"]["pump"] == [citation["n"] for citation in line["citations"]]
    told = command.invoke(app, ["doctor", str(make(SCHEMA))]).stdout
    assert "Structured output needs a model, and none is declared" in told
