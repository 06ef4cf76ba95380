"""The laws of a Decider."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import assert_never

import pytest

from holdfast.domain.checks import Checks, Citation, Claim
from holdfast.domain.outcomes import Answer, Escalation, Outcome, Question, Refusal, Ruling
from holdfast.domain.prompts import Prompt, Reply
from holdfast.domain.rows import Facts
from holdfast.protocols import Decider
from holdfast.testing.contracts.samples import (
    ODD_TEXTS,
    TORQUES,
    a_full_item,
    a_prompt,
    an_item,
    at_once,
    facts,
)

CITATION = Citation(
    n=1, document="manuals/1.md", title="Manual 1", quote=TORQUES[0], start=100, end=100 + len(TORQUES[0])
)
CLAIM = Claim(text="They take 24 Nm.", start=0, end=16, cites=(1,), support=0.95)
GOOD = Checks(claims=(CLAIM,), citations=(CITATION,), support=0.95, answerability=0.95)
REPLY = Reply(text="They take 24 Nm [1].", model="suite:model")
NOTHING = Reply(text="", model="suite:model", finish="nothing")

CHECKS = (
    GOOD,
    Checks(),
    replace(GOOD, answerability=0.0),
    replace(GOOD, answerability=0.5),
    replace(GOOD, unresolved=("[7]",)),
    replace(GOOD, citations=()),
    replace(GOOD, support=0.0, claims=(replace(CLAIM, support=0.0, conflicts=("number 42",)),)),
)
REPLIES = (REPLY, NOTHING, replace(REPLY, answerability=0.4))
PROMPTS = (a_prompt(*TORQUES), a_prompt())
SCENES = pytest.mark.parametrize(("checks", "reply", "prompt"), list(product(CHECKS, REPLIES, PROMPTS)))


class DeciderContract:
    """Override `part`."""

    @pytest.fixture
    def part(self) -> Decider:
        """Return the decider under test."""
        raise NotImplementedError("override the fixture `part`: return a Decider")

    @SCENES
    def test_every_outcome_says_why(
        self, part: Decider, checks: Checks, reply: Reply, prompt: Prompt
    ) -> None:
        """Answer, question, refusal and escalation alike: a reason in words and a probability."""
        ruling = part.decide(an_item(), prompt, reply, checks)
        assert isinstance(ruling, Ruling)
        _says_why(ruling.outcome)

    @SCENES
    def test_an_answer_cites_what_was_checked(
        self, part: Decider, checks: Checks, reply: Reply, prompt: Prompt
    ) -> None:
        """Its citations are those that checking resolved; there is none to an empty reply."""
        outcome = part.decide(an_item(), prompt, reply, checks).outcome
        if isinstance(outcome, Answer):
            assert reply.text
            assert set(outcome.citations) <= set(checks.citations)

    def test_an_answer_that_was_never_meant_is_not_given(self, part: Decider) -> None:
        """When the model says that the passages hold nothing, nothing is what is answered."""
        for checks in CHECKS:
            ruling = part.decide(an_item(), PROMPTS[0], NOTHING, replace(checks, claims=(), citations=()))
            assert not isinstance(ruling.outcome, Answer)

    def test_a_rule_decides_or_leaves_it(self, part: Decider) -> None:
        """Without a model there is a ruling with its reason, or None; no item is too odd for the rules."""
        items = [a_full_item(), *(an_item(text) for text in ODD_TEXTS)]
        for item, brought in product(items, (Facts(), facts())):
            ruling = part.rule(item, brought)
            if ruling is not None:
                _says_why(ruling.outcome)

    def test_the_same_is_decided_the_same(self, part: Decider) -> None:
        """Also when several threads ask at once."""
        item = an_item()
        first = part.decide(item, PROMPTS[0], REPLY, GOOD)
        rulings = at_once(lambda: part.decide(item, PROMPTS[0], REPLY, GOOD))
        assert all(ruling == first for ruling in rulings)


def _says_why(outcome: Outcome) -> None:
    assert outcome.reason.strip(), f"{type(outcome).__name__} has no reason"
    assert 0 <= outcome.confidence <= 1
    match outcome:
        case Answer() | Question() | Escalation() | Refusal():
            assert isinstance(outcome.text, str)
        case _:
            assert_never(outcome)
