"""An output whose citations hold is an answer; one that nobody could fill never ends as text."""

from __future__ import annotations

from typing import Any

from holdfast.domain.access import Principal
from holdfast.domain.checks import Checks, Citation, Claim
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Escalation, Refusal, Ruling
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.stages.deciding.decider import decider_for
from holdfast.stages.deciding.settings import DecidingSettings

ITEM = WorkItem(id="1", principal=Principal(user="ada"), question="Which torque?")
PASSAGE = Passage(n=1, document="a.md", text="24 Nm", start=0, end=5)
CITATION = Citation(n=1, document="a.md", title="a", quote="24 Nm", start=0, end=5)


def ruled(
    *claims: Claim,
    cited: Any = (("torque",),),
    finish: Any = "stop",
    unresolved: Any = (),
    answerability: float = 0.9,
    **settings: Any,
) -> Ruling:
    prompt = Prompt(
        question="Which torque?",
        messages=(),
        passages=(PASSAGE,),
        output=OutputSpec(name="card", cited=cited),
    )
    output = {"torque": 24} if finish == "stop" else None
    cites = {"torque": (1,)} if cited else {}
    reply = Reply(text="torque: 24 [1]", model="m:1", output=output, cites=cites, finish=finish)
    checks = Checks(
        claims=claims,
        citations=(CITATION,) if claims else (),
        support=min((claim.support for claim in claims), default=0.0),
        answerability=answerability,
        unresolved=unresolved,
    )
    return decider_for(DecidingSettings.model_validate(settings)).decide(ITEM, prompt, reply, checks)


def claim(name: str, support: float, *conflicts: str) -> Claim:
    return Claim(text=name, start=0, end=1, cites=(1,), support=support, conflicts=conflicts, field=name)


def test_an_output_that_stands_is_an_answer_with_its_citations() -> None:
    ruling = ruled(claim("torque", 0.99))
    answer = ruling.outcome
    assert isinstance(answer, Answer)
    assert ruling.final
    assert (answer.output, answer.cites, answer.citations) == ({"torque": 24}, {"torque": (1,)}, (CITATION,))
    assert answer.confidence == 0.99


def test_a_form_is_not_refused_for_passages_that_do_not_read_like_an_answer() -> None:
    answer = ruled(claim("torque", 0.97), answerability=0.02).outcome
    assert isinstance(answer, Answer)
    assert answer.confidence == 0.97


def test_fields_whose_citations_fail_are_named_and_the_next_rung_may_do_better() -> None:
    weak = [claim("torque", 0.0, "number 42 is in no cited passage"), claim("bolt", 0.2)]
    ruling = ruled(claim("date", 0.99), *weak, unresolved=("[7]",))
    assert isinstance(ruling.outcome, Refusal)
    assert not ruling.final
    assert ruling.outcome.reason == (
        "citations of 2 fields do not hold: torque (number 42 is in no cited passage); "
        "bolt (its passages hardly state it, 20% likely)"
    )


def test_with_uncertain_escalate_the_draft_goes_along() -> None:
    outcome = ruled(claim("torque", 0.0, "wrong"), uncertain="escalate", routes={"desk": {}}).outcome
    assert isinstance(outcome, Escalation)
    assert outcome.draft == "torque: 24 [1]"


def test_an_output_without_fields_to_cite_is_an_answer_by_itself() -> None:
    answer = ruled(cited=()).outcome
    assert isinstance(answer, Answer)
    assert (answer.output, answer.citations, answer.confidence) == ({"torque": 24}, (), 0.9)
    assert "none of its fields has to be cited" in answer.reason


def test_an_output_with_nothing_in_it_is_no_answer() -> None:
    ruling = ruled()
    assert isinstance(ruling.outcome, Refusal)
    assert not ruling.final


def test_an_output_that_no_model_could_fill_goes_to_a_person_or_is_refused_as_declared() -> None:
    ruling = ruled(finish="unable", routes={"desk": {"contact": "desk@example.com"}})
    assert isinstance(ruling.outcome, Escalation)
    assert not ruling.final
    assert "structured output needs a model" in ruling.outcome.reason
    assert (ruling.outcome.route, ruling.outcome.draft) == ("desk", "")
    refused = ruled(finish="unable", unfilled="refuse").outcome
    assert isinstance(refused, Refusal)
    assert "structured output needs a model" in refused.reason
