"""Which rung is asked, whose ruling counts, and what a reader is shown meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

from holdfast.domain.access import Principal
from holdfast.domain.calls import Call
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Refusal, Ruling, kind_of
from holdfast.domain.prompts import Piece, Prompt, Reply, Restart
from holdfast.domain.rows import Facts
from holdfast.errors import BudgetExhausted, ProviderUnavailable
from holdfast.flows.answer import AnswerParts, answer
from holdfast.flows.ladder import Rung
from holdfast.stages.deciding.routing import condition_of, stopped_by_budget
from holdfast.stages.deciding.settings import DecidingSettings
from holdfast.telemetry.trail import RunTrail
from holdfast.testing.answering import a_rung, answer_parts
from holdfast.testing.fakes import FakeDecider, FakeModel

ITEM = WorkItem(id="1", question="How tight?", principal=Principal(user="ana", groups=frozenset({"service"})))
SMALL, LARGE, LAST = (
    FakeModel(name=name, text=f"{name} says 24 Nm [1].") for name in ("small", "large", "last")
)
ROUTES = DecidingSettings.model_validate({"routes": {"desk": {"contact": "desk@example.com"}}})


def worked(made: AnswerParts, trail: RunTrail | None = None) -> Outcome:
    return asyncio.run(answer(ITEM, made, trail or RunTrail()))


def text_of(*ladder: Rung) -> str:
    return worked(answer_parts(*ladder)).text


def test_a_rung_whose_condition_does_not_hold_is_passed_over_without_a_mark() -> None:
    trail = RunTrail()
    outcome = worked(answer_parts(a_rung(SMALL, suits=lambda _route: False), a_rung(LARGE)), trail)
    assert outcome.text.startswith("large")
    assert trail.degraded == []
    assert [record.given for record in trail.records if record.part.endswith(":climb")] == [["small"]]


def test_in_a_cascade_an_answer_below_what_it_has_to_reach_calls_the_next_rung() -> None:
    assert text_of(a_rung(SMALL, accept=1.0), a_rung(LARGE)).startswith("small")
    sure = 0.9

    class Unsure(FakeDecider):
        def decide(self, *given: Any) -> Any:
            ruling = super().decide(*given)
            return replace(ruling, outcome=replace(ruling.outcome, confidence=sure))

    trail = RunTrail()
    outcome = worked(answer_parts(a_rung(SMALL, accept=0.95), a_rung(LARGE), decider=Unsure()), trail)
    assert outcome.text.startswith("large")
    assert trail.degraded == []


def test_an_answer_that_was_not_good_enough_still_beats_the_last_resort() -> None:
    down = FakeModel(name="large", error=ProviderUnavailable("down"))
    ladder = (a_rung(SMALL, accept=1.1), a_rung(down), a_rung(LAST, is_last_resort=True))
    assert text_of(*ladder).startswith("small")
    assert text_of(a_rung(down), a_rung(LAST, is_last_resort=True)).startswith("last")


def test_the_last_resort_in_the_place_of_a_reply_that_was_held_back_is_marked() -> None:
    class Strict(FakeDecider):
        def decide(self, *given: Any) -> Any:
            ruling = super().decide(*given)
            is_small = any(isinstance(one, Reply) and one.text.startswith("small") for one in given)
            return Ruling(outcome=Refusal(text="", reason="unsupported"), final=False) if is_small else ruling

    trail = RunTrail()
    ladder = (a_rung(SMALL), a_rung(LAST, is_last_resort=True))
    assert worked(answer_parts(*ladder, decider=Strict()), trail).text.startswith("last")
    assert trail.degraded == ["small: the checks held its reply back"]


def test_the_last_resort_does_not_overrule_a_model_that_found_nothing_in_the_passages() -> None:
    class Reads(FakeDecider):
        def decide(self, item: Any, prompt: Any, reply: Reply, checks: Any) -> Any:
            if reply.finish == "nothing":
                return Ruling(outcome=Refusal(text="", reason="it found no answer"), final=False)
            return super().decide(item, prompt, reply, checks)

    read = Scripted((Reply(text="NO_ANSWER", model="scripted", finish="nothing"),))
    last = a_rung(LAST, is_last_resort=True)
    trail = RunTrail()
    outcome = worked(answer_parts(a_rung(read), last, decider=Reads()), trail)
    assert (kind_of(outcome), trail.degraded) == ("refusal", [])
    with_a_larger = answer_parts(a_rung(read), a_rung(LARGE), last, decider=Reads())
    assert worked(with_a_larger).text.startswith("large"), "another model may find what this one did not"
    with_one_down = answer_parts(a_rung(read), a_rung(DOWN), last, decider=Reads())
    assert kind_of(worked(with_one_down)) == "refusal"


def test_a_budget_that_stops_an_item_decides_how_it_ends() -> None:
    def ended(at_limit: Any) -> Outcome:
        spent = FakeModel(name="small", error=BudgetExhausted("the day's budget is used up"))
        made = answer_parts(
            a_rung(spent), a_rung(LAST), over_budget=lambda why: stopped_by_budget(ROUTES, at_limit, why)
        )
        return worked(made)

    assert [kind_of(ended(limit)) for limit in ("degrade", "escalate", "refuse")] == [
        "answer", "escalation", "refusal",
    ]  # fmt: skip
    handed = ended("escalate")
    assert isinstance(handed, Escalation)
    assert (handed.route, handed.contact) == ("desk", "desk@example.com")
    refused = ended("refuse")
    assert isinstance(refused, Refusal)
    assert "budget" in refused.reason


def test_a_condition_reads_the_route_the_groups_and_the_language() -> None:
    def suits(text: str, *, tokens: int = 500, cost_usd: float = 0.01) -> bool:
        return condition_of(text, language_of=lambda _question: "de")(ITEM, Facts(), tokens, cost_usd)

    assert suits("route.tokens < 1000")
    assert not suits("route.tokens < 1000", tokens=1500)
    assert suits("route.language == 'de' and 'service' in groups")
    assert not suits("route.cost_usd > 0.05")


class Scripted:
    """Yields the given pieces, one after the other."""

    name = "scripted"

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        for piece in self._pieces:
            yield piece


def told(*pieces: Piece, decider: Any = None) -> list[object]:
    heard: list[object] = []
    trail = RunTrail(listen=heard.append)
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    scripted = Scripted((*pieces, Reply(text=text.strip() or "x", model="scripted")))
    outcome = worked(answer_parts(a_rung(scripted), decider=decider or FakeDecider()), trail)
    if isinstance(outcome, Answer):
        trail.finish(outcome.text)
    return heard


def test_a_sentence_is_shown_when_it_is_whole() -> None:
    assert told("The bolts ta", "ke 24 Nm [1]. The", " nuts take 30 Nm [1].") == [
        "The bolts take 24 Nm [1]. ", "The nuts take 30 Nm [1].",
    ]  # fmt: skip


def test_what_the_checks_would_keep_back_waits_with_all_that_follows() -> None:
    class Strict(FakeDecider):
        def decide(self, item: Any, prompt: Any, reply: Any, checks: Any) -> Any:
            ruling = super().decide(item, prompt, reply, checks)
            return replace(ruling, final="90 Nm" not in reply.text)

    heard = told("They take 24 Nm [1]. ", "Or 90 Nm [1]. ", "Ask the desk [1].", decider=Strict())
    assert heard[0] == "They take 24 Nm [1]. "
    assert "90" not in str(heard[:1])
    assert len(heard) == 2  # the rest came with the outcome


def test_a_call_that_begins_anew_takes_back_what_was_shown() -> None:
    heard: list[object] = []
    trail = RunTrail(listen=heard.append)
    whole = "They take 24 Nm [1]."
    pieces = ("They take 99 Nm [1]. And", Restart(reason="cut"), whole, Reply(text=whole, model="scripted"))
    trail.finish(worked(answer_parts(a_rung(Scripted(pieces))), trail).text)
    assert heard == ["They take 99 Nm [1]. ", Restart(reason="cut"), whole]


DOWN = FakeModel(name="down", error=ProviderUnavailable("no answer"))


def marks(*ladder: Rung, **parts: Any) -> tuple[list[str], list[str]]:
    trail = RunTrail()
    worked(answer_parts(*ladder, **parts), trail)
    return trail.fallback, trail.degraded


def test_another_model_in_the_place_of_one_that_failed_is_a_fallback_and_no_lesser_route() -> None:
    assert marks(a_rung(DOWN), a_rung(LARGE)) == (["down: no answer"], [])


def test_the_last_resort_in_the_place_of_a_model_that_failed_is_a_lesser_route() -> None:
    told = ["down: no answer"]
    assert marks(a_rung(DOWN), a_rung(LAST, is_last_resort=True)) == (told, told)
    assert marks(a_rung(LAST, is_last_resort=True)) == ([], []), "no model was declared: nothing is missing"


def test_an_answer_below_what_it_has_to_reach_is_a_lesser_route_when_the_next_rung_failed() -> None:
    told = ["down: no answer"]
    assert marks(a_rung(SMALL, accept=1.1), a_rung(DOWN), a_rung(LAST, is_last_resort=True)) == (told, told)
