from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.checks import Checks
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Refusal, Ruling
from holdfast.domain.prompts import Prompt, Reply
from holdfast.domain.rows import Facts
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderError, ProviderUnavailable
from holdfast.flows.answer import AnswerParts, answer
from holdfast.telemetry.trail import RunTrail
from holdfast.testing.answering import A_HIT, a_rung, answer_parts
from holdfast.testing.fakes import FakeDecider, FakeGuards, FakeLookups, FakeModel, FakeRetriever

ITEM = WorkItem(id="1", question="How tight?", principal=Principal(user="ana"))


def parts(*models: FakeModel) -> AnswerParts:
    return answer_parts(*map(a_rung, models))


def worked(made: AnswerParts, trail: RunTrail | None = None) -> Outcome:
    return asyncio.run(answer(ITEM, made, trail or RunTrail()))


def test_an_item_passes_every_stage_in_order_and_leaves_a_record_of_each() -> None:
    trail = RunTrail()
    outcome = worked(parts(FakeModel(text="24 Nm [1]")), trail)
    assert isinstance(outcome, Answer)
    assert outcome.text == "24 Nm [1]"
    assert [record.stage for record in trail.records] == [
        Stage.GUARDRAILS, Stage.RETRIEVAL, Stage.LOOKUPS, Stage.DECIDING, Stage.RERANKING, Stage.ASSEMBLY,
        Stage.GENERATION, Stage.CHECKING, Stage.DECIDING, Stage.GUARDRAILS,
    ]  # fmt: skip
    assert trail.degraded == []


def test_an_unavailable_model_hands_over_to_the_next_rung_and_the_run_is_marked() -> None:
    trail = RunTrail()
    down = FakeModel(name="a:down", error=ProviderUnavailable("no answer within 5 s"))
    outcome = worked(parts(down, FakeModel(text="24 Nm [1]")), trail)
    assert isinstance(outcome, Answer)
    assert trail.fallback == ["a:down: no answer within 5 s"]
    assert trail.degraded == [], "the model that answered passed the same checks"
    failed = [record for record in trail.records if record.error]
    assert [record.stage for record in failed] == [Stage.GENERATION]


def test_a_ruling_that_is_not_final_goes_on_to_the_next_rung() -> None:
    outcome = worked(parts(FakeModel(text=""), FakeModel(text="24 Nm [1]")))
    assert isinstance(outcome, Answer)


def test_the_last_ruling_counts_when_none_is_final() -> None:
    outcome = worked(parts(FakeModel(text=""), FakeModel(text="")))
    assert isinstance(outcome, Refusal)


def test_when_every_rung_is_down_the_provider_error_is_raised() -> None:
    with pytest.raises(ProviderError, match="down"):
        worked(parts(FakeModel(error=ProviderUnavailable("down"))))


def test_a_ladder_without_rungs_says_what_to_declare() -> None:
    with pytest.raises(ProviderError, match=r"generation\.rungs"):
        worked(parts())


def test_a_guardrail_that_refuses_ends_the_item_before_anything_is_searched() -> None:
    trail = RunTrail()
    outcome = worked(replace(parts(FakeModel(text="x")), guards=FakeGuards(refuse="too long")), trail)
    assert isinstance(outcome, Refusal)
    assert [record.stage for record in trail.records] == [Stage.GUARDRAILS]


def test_a_business_rule_decides_without_calling_a_model() -> None:
    model = FakeModel(text="24 Nm [1]")
    handed = Escalation(text="A person decides.", reason="injury", route="product-safety")
    ruled = replace(parts(model), decider=FakeDecider(ruling=Ruling(outcome=handed)))
    assert worked(ruled) == handed
    assert model.prompts == []


def test_a_degraded_search_marks_the_run() -> None:
    trail = RunTrail()
    made = replace(
        parts(FakeModel(text="24 Nm [1]")),
        retriever=FakeRetriever(hits=(A_HIT,), degraded="found by words only"),
    )
    worked(made, trail)
    assert trail.degraded == ["found by words only"]


def test_the_text_reaches_the_listener_sentence_by_sentence() -> None:
    pieces: list[object] = []
    text = "The bolts take 24 Nm [1]. The nuts take 30 Nm [1]."
    trail = RunTrail(listen=pieces.append)
    outcome = worked(parts(FakeModel(text=text)), trail)
    trail.finish(outcome.text)
    assert pieces == ["The bolts take 24 Nm [1]. ", "The nuts take 30 Nm [1]."]


def test_a_refusal_says_that_a_lookup_knows_nothing_of_what_the_item_names() -> None:
    class Refusing(FakeDecider):
        def decide(self, item: WorkItem, prompt: Prompt, reply: Reply, checks: Checks) -> Ruling:
            return Ruling(outcome=Refusal(text="", reason="the passages hardly answer"))

    found = Facts(skipped=("orders: it holds nothing for SO-9", "parts: the item holds no part"))
    made = replace(parts(FakeModel(name="m")), lookups=FakeLookups(facts=found), decider=Refusing())
    assert worked(made).reason == "the passages hardly answer; orders: it holds nothing for SO-9"
