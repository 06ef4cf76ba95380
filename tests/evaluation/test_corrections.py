"""A recorded run becomes a case, and a correction one that waits for a second person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.cases import Evidence, Fact
from holdfast.domain.documents import Document, Metadata
from holdfast.domain.items import ItemAttachment, Speaker, Turn
from holdfast.domain.locators import Locator
from holdfast.errors import NotAllowed
from holdfast.evaluation.corrections import Correction, case_of_run, confirm, corrected, id_of
from holdfast.storage.runs import RunSummary, StoredRun, StoredStage

PLACE = {"page": 6, "heading": ["HX-200 Manual"], "sheet": None, "cells": None, "slide": None, "part": None, "row": None}  # fmt: skip
NOWHERE = {**PLACE, "page": None, "heading": [], "row": 1}
ROW = {"order_number": "SO-1", "status": "open"}


def run(kind: str = "answer", **outcome: Any) -> StoredRun:
    citations = [
        {"n": 1, "document": "hx.pdf", "title": "", "quote": "Gland bolts | M10\n| 32 Nm", "start": 0, "end": 9, "locator": PLACE},
        {"n": 2, "document": "hx.pdf", "title": "", "quote": "Gland bolts | M10\n| 32 Nm", "start": 0, "end": 9, "locator": PLACE},
        {"n": 3, "document": "lookup:orders", "title": "", "quote": "order_number: SO-1; status: open", "start": 0, "end": 9, "locator": NOWHERE},
    ]  # fmt: skip
    return StoredRun(
        summary=RunSummary(
            id="67f104", item_id="i", question="q", kind=kind, model="m", degraded="", fallback="", user="lena", version="v" * 16,
            index_version=1, cost_usd=0, started_at=datetime.now(UTC), took_ms=1,
        ),
        item={
            "question": "How tight are the gland bolts, and order SO-1?", "fields": {"order": "SO-1"},
            "principal": {"user": "lena", "groups": ["service"]}, "attachments": [{"name": "a", "text": "b"}],
            "history": [{"speaker": "person", "text": "It is an HX-200."}],
        },
        outcome={"text": "The gland bolts take 32 Nm [1].", "citations": citations} | outcome,
        stages=(StoredStage(stage="lookups", part="", given=None, made={"rows": [{"lookup": "orders", "values": ROW}]}, took_ms=1, cost_usd=0, error=""),),
    )  # fmt: skip


HX = Document(
    source="s", path="hx.pdf", digest="d", text="", sections=(),
    metadata=Metadata(title="Manual", keys={"product": ("HX-150", "HX-200"), "bulletin": ("SB-1",)}),
)  # fmt: skip


def test_everything_that_a_run_knows_is_in_its_case() -> None:
    case = case_of_run(run(), documents={"hx.pdf": [HX]}, facts=[Fact(text="32 Nm")], writer="ana")
    assert (case.id, case.kind, case.origin, case.held) == (
        "how-tight-are-the-gland-bolts",
        "common",
        "run",
        False,
    )
    assert (case.version, case.run, case.written_by) == ("v" * 16, "67f104", "ana")
    assert case.principal == Principal(user="lena", groups=frozenset({"service"}))
    assert case.attachments == (ItemAttachment(name="a", text="b"),)
    assert case.history == (Turn(speaker=Speaker.PERSON, text="It is an HX-200."),)
    assert case.expect.evidence == (
        Evidence(document="hx.pdf", quote="Gland bolts M10 32 Nm", locator=Locator(page=6, heading=("HX-200 Manual",)), keys={"product": "HX-200"}),
        Evidence(document="lookup:orders", quote="order_number: SO-1; status: open", keys={"order_number": "SO-1"}),
    )  # fmt: skip
    assert case.expect.facts == (Fact(text="32 Nm"),)


def test_what_a_run_cites_of_an_attachment_is_evidence_unless_two_are_called_the_same() -> None:
    attached = {**run().outcome["citations"][0], "document": "attachment://a", "quote": "b | c\n d"}
    cited = run(citations=[attached])
    assert case_of_run(cited).expect.evidence == (Evidence(document="attachment://a", quote="b | c d"),)
    assert case_of_run(cited).rests_on == ()
    twice = replace(cited, item={**cited.item, "attachments": 2 * cited.item["attachments"]})
    assert case_of_run(twice).expect.evidence == ()


@pytest.mark.parametrize(
    ("kind", "called"), [("refusal", "refuse"), ("question", "ambiguous"), ("escalation", "escalate")]
)
def test_the_kind_follows_the_outcome_unless_it_is_said(kind: str, called: str) -> None:
    ended = run(kind, citations=None)
    assert (case_of_run(ended).kind, case_of_run(ended).expect.outcome) == (called, kind)
    assert case_of_run(ended, kind="edge").kind == "edge"


def test_a_corrected_value_becomes_a_fact_and_the_wrong_one_must_not_be_stated() -> None:
    says = Correction(outcome="answer", text="They take 24 Nm [1]; use kit SK-1201 from 2025-06-20.")
    drafted = run()
    for cited in drafted.outcome["citations"][:2]:
        cited["quote"] = "Gland bolts | M10\n| 24 Nm"
    case = corrected(drafted, says, writer="ana")
    assert (case.held, case.origin, case.written_by) == (True, "correction", "ana")
    assert [str(fact) for fact in case.expect.facts] == ["24 Nm", "SK-1201", "2025-06-20"]
    assert case.expect.must_not_state == ("32 Nm",)
    assert case.expect.answer == "They take 24 Nm; use kit SK-1201 from 2025-06-20."
    assert len(case.expect.evidence) == 2


def test_only_a_value_that_is_replaced_and_stands_in_no_evidence_must_not_be_stated() -> None:
    text = "Change the oil after 500 h of clean service [1]. The seal holds for years [1]."
    says = Correction(outcome="answer", text=text)
    was = "Change the oil every 200 h [1]. Wait for 2 min before [1]."
    drafted = run(text=was)
    assert corrected(drafted, says, writer="ana").expect.must_not_state == ("200 h",)
    true = {"text": "Oil: 500 h, in dust 200 h.", "document": "hx.pdf"}
    shown = {"passages": [{**true, "start": 0}]}
    cited = [{**drafted.outcome["citations"][0], "quote": "Oil: 500 h"}]
    seen = replace(drafted, outcome={**drafted.outcome, "citations": cited}, stages=(
        *drafted.stages,
        StoredStage(stage="assembly", part="", given=None, made=shown, took_ms=1, cost_usd=0, error=""),
    ))  # fmt: skip
    assert corrected(seen, says, writer="ana").expect.must_not_state == ()


def test_what_the_correction_says_itself_is_taken_as_it_is() -> None:
    there = (Evidence(document="gp.pdf", quote="24 Nm"),)
    says = Correction(outcome="answer", text="24 Nm", evidence=there, facts=(), must_not_state=())
    expect = corrected(run(), says, writer="ana").expect
    assert (expect.evidence, expect.facts, expect.must_not_state) == (there, (), ())


def test_a_run_that_should_have_been_refused_has_no_evidence_and_no_facts() -> None:
    case = corrected(run(), Correction(outcome="refusal", text="There is no HX-200 here."), writer="ana")
    assert (case.kind, case.expect.outcome) == ("refuse", "refusal")
    assert (case.expect.evidence, case.expect.facts) == ((), ())


def test_only_a_second_person_confirms() -> None:
    case = corrected(run(), Correction(outcome="answer", text="24 Nm"), writer="ana")
    confirmed = confirm(case, "ben")
    assert confirmed == replace(case, held=False, confirmed_by="ben")
    for who, said in (("ana", "ana wrote the case"), (" ", "nobody confirms")):
        with pytest.raises(NotAllowed, match=said):
            confirm(case, who)
    with pytest.raises(NotAllowed, match="waits for nobody"):
        confirm(confirmed, "kim")


def test_an_id_is_made_of_words_and_never_taken_twice() -> None:
    assert id_of("Ölwechsel? HX-200 / 2,500 h!") == "olwechsel-hx-200-2-500-h"
    assert id_of("Why?", ["why", "why-2"]) == "why-3"
    assert id_of("日本語") == "case"
