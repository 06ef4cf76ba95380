"""Evidence of a golden case may stand in what the case carries, and is measured as such."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holdfast.case_contract import case_json
from holdfast.declaring.evaluation import EvaluationSettings
from holdfast.domain.access import AccessList, Principal
from holdfast.domain.cases import Case, Evidence, Expectation, Fact
from holdfast.domain.hits import Hit
from holdfast.domain.items import ItemAttachment
from holdfast.domain.outcomes import Answer
from holdfast.domain.prompts import Passage, Prompt
from holdfast.domain.runs import Run
from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError
from holdfast.evaluation.case_access import visible_cases
from holdfast.evaluation.case_checks import check_cases
from holdfast.evaluation.case_writing import appended, write
from holdfast.evaluation.cases import load_cases
from holdfast.evaluation.experiments.measuring import cluster_of
from holdfast.evaluation.experiments.running import named_documents
from holdfast.evaluation.scoring.composing import evaluators_of, locator_of, seen_of
from holdfast.evaluation.scoring.scoring import score_run
from holdfast.testing.observing import TEXT, a_case, a_run, cited
from holdfast.testing.records import document

MAIL = "Dear team,\n\nwe measured 61.5 Nm at the gland bolts.\n"
CLAIM = "attachment://claim.eml"
CASE = f"""\
cases:
  - id: torque
    question: Fill in the card.
    principal: {{user: ana}}
    attachments: [{{name: claim.eml, text: {MAIL!r}}}]
    expect:
      outcome: answer
      fields: {{torque_nm: 61.5}}
      evidence:
        - document: {CLAIM}
          quote: we measured 61.5 Nm
"""
MEASURED = Evidence(document=CLAIM, quote="we measured 61.5 Nm", line=10)


def carrying(*evidence: Evidence, **more: Any) -> Case:
    """Return a case that carries the mail and rests on this evidence."""
    expect = Expectation(outcome="answer", facts=(Fact(text="61.5 Nm"),), evidence=evidence or (MEASURED,))
    return a_case(expect, attachments=(ItemAttachment(name="claim.eml", text=MAIL),), **more)


def loaded(folder: Path, text: str) -> tuple[Case, ...]:
    (folder / "golden").mkdir(exist_ok=True)
    (folder / "golden" / "claims.yaml").write_text(text, encoding="utf-8")
    return load_cases(folder)


def test_a_case_names_what_it_carries_and_is_written_back_as_it_was(tmp_path: Path) -> None:
    (case,) = loaded(tmp_path, CASE)
    assert case.in_attachments == (replace(MEASURED, line=10),)
    assert (case.in_documents, case.beside_it, case.behind) == ((), (), ())
    assert case_json(case)["evidence"][0]["document"] == CLAIM
    write(appended(tmp_path, "more", (replace(case, id="again"),)))
    first, second = load_cases(tmp_path)
    assert replace(first.in_attachments[0], line=0) == replace(second.in_attachments[0], line=0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((CLAIM, "attachment://clam.eml"), "line 10: the case 'torque' names attachment://clam.eml, which it does not carry; did you mean attachment://claim.eml?"),
        ((f"    attachments: [{{name: claim.eml, text: {MAIL!r}}}]\n", ""), "which it does not carry; write its name and text under `attachments`"),
        (("attachments: [", "attachments: [{name: claim.eml, text: Other.}, "), "line 10: the case 'torque' carries two attachments called attachment://claim.eml; give each a name of its own"),
        (("quote: we measured 61.5 Nm", "quote: we measured 61.5 Nm\n          locator: {page: 2}"), "an attachment has neither places nor keys; leave locator and keys out"),
    ],
)  # fmt: skip
def test_what_a_case_does_not_carry_is_told_where_it_is_written(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    assert change[0] in CASE
    with pytest.raises(DeclarationError) as caught:
        loaded(tmp_path, CASE.replace(*change))
    assert said in str(caught.value)


def test_checks_hold_the_quote_against_the_attachment() -> None:
    def told(case: Case, *, is_cited: bool = True) -> list[str]:
        found = check_cases([case], documents={}, access={}, cites_attachments=is_cited)
        return [f"{one.kind}: {one.says}; {one.move}" for one in found if one.case and one.kind != "fact"]

    assert told(carrying()) == []
    assert told(carrying(replace(MEASURED, quote="we measured 62 Nm")))[0] == (
        f"quote: the quote 'we measured 62 Nm' does not stand in {CLAIM}; quote what stands there"
    )
    assert (
        "cites nothing that is attached; set output.cite_attachments" in told(carrying(), is_cited=False)[0]
    )
    assert f"did you mean {CLAIM}?" in told(carrying(replace(MEASURED, document="claim.eml")))[0]


def test_evidence_in_an_attachment_opens_a_case_to_nobody() -> None:
    of_a_run = carrying(run="r1", written_by="ben")
    secret = Expectation(outcome="refusal", must_not_state=("61.5 Nm",), evidence=(MEASURED,))
    forbidden = replace(carrying(kind="forbidden"), expect=secret)
    closed = carrying(MEASURED, Evidence(document="price.md", quote="9 EUR"))
    access = {"price.md": [AccessList(entries=frozenset({"sales"}))]}
    cases = (carrying(), of_a_run, forbidden, closed)
    assert visible_cases(cases, Principal(user="kim"), access=access) == (carrying(),)
    assert visible_cases(cases, Principal(user="ben"), access=access) == (carrying(), of_a_run)
    sales = Principal(user="kim", groups=frozenset({"sales"}))
    assert visible_cases(cases, sales, access=access) == (carrying(), closed)
    assert "shown to nobody" in str(check_cases([forbidden], documents={}, access={}))


def test_cases_about_one_attached_text_fail_together_and_those_about_another_do_not() -> None:
    same, other = carrying(), replace(carrying(), attachments=(ItemAttachment(name="claim.eml", text="No."),))
    assert cluster_of(same) == cluster_of(replace(same, id="second"))
    assert cluster_of(same) != cluster_of(other)
    mixed = carrying(MEASURED, Evidence(document="a.md", quote="24 Nm"))
    assert cluster_of(mixed) == "document a.md"
    assert named_documents(mixed) == ("a.md",)


def scored(case: Case, *citations: Any, passages: tuple[Passage, ...], cites: bool = True) -> dict[str, Any]:
    """Return the scores of a run of the case that cites these and was shown these passages."""
    answer = Answer(text="It is 61.5 Nm [1].", citations=citations, confidence=0.9)
    hits = (Hit(chunk_id=1, document="a.md", ordinal=0, text=TEXT, start=0, end=len(TEXT)),)
    run = _shown(a_run(answer, hits=hits), passages)
    locate = locator_of({"a.md": document("a.md", TEXT)}.get, cites_attachments=cites)
    found = asyncio.run(score_run(evaluators_of(EvaluationSettings()), seen_of(run, case, locate)))
    return {one.metric: one for one in found}


def _shown(run: Run, passages: tuple[Passage, ...]) -> Run:
    prompt = Prompt(question=run.item.question, messages=(), passages=passages)
    stages = (replace(one, made=prompt) if one.stage == Stage.ASSEMBLY else one for one in run.stages)
    return replace(run, stages=tuple(stages))


IN_MAIL = Passage(n=1, document=CLAIM, text=MAIL, start=0, end=len(MAIL))
IN_MANUAL = Passage(n=2, document="a.md", text=TEXT, start=0, end=len(TEXT))
QUOTED = cited("we measured 61.5 Nm at the gland bolts.", text=MAIL, document=CLAIM)
NAMES = ("evidence_cited", "citation_valid", "citation_precision", "context_recall", "recall@10")


def test_citations_are_held_against_the_attachment_and_retrieval_is_not() -> None:
    def values(case: Case, *citations: Any, passages: tuple[Passage, ...]) -> list[float | None]:
        found = scored(case, *citations, passages=passages)
        return [found[name].value for name in NAMES]

    assert values(carrying(), QUOTED, passages=(IN_MAIL,)) == [1, 1, 1, 1, None]
    elsewhere = cited("Dear team,", text=MAIL, document=CLAIM)
    assert values(carrying(), elsewhere, passages=(IN_MAIL,))[0] == 0
    assert values(carrying(), QUOTED, passages=(IN_MANUAL,)) == [1, 0, None, 0, None]
    both = carrying(MEASURED, Evidence(document="a.md", quote="24 Nm"))
    assert values(both, QUOTED, passages=(IN_MAIL, IN_MANUAL)) == [0.5, 1, 1, 1, 1]
    assert values(both, QUOTED, passages=(IN_MAIL,)) == [0.5, 1, 1, 0.5, 1]


def test_where_attachments_are_not_cited_their_evidence_is_not_measured_and_it_is_told_why() -> None:
    found = scored(carrying(), passages=(IN_MANUAL,), cites=False)
    assert found["evidence_cited"].value is found["context_recall"].value is None
    assert "output.cite_attachments is not set" in found["evidence_cited"].why
    gone = carrying(replace(MEASURED, quote="we measured 62 Nm"))
    assert (
        "line 10 does not stand in attachment://claim.eml" in scored(gone, passages=())["evidence_cited"].why
    )
