"""An item's path made of fakes, for tests of what happens between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from holdfast.domain.hits import Hit
from holdfast.domain.prompts import Limits
from holdfast.flows.answer import AnswerParts
from holdfast.flows.ladder import Rung
from holdfast.protocols import Model
from holdfast.testing.fakes import (
    FakeAssembler,
    FakeChecker,
    FakeDecider,
    FakeGuards,
    FakeLookups,
    FakeReranker,
    FakeRetriever,
)

A_HIT = Hit(chunk_id=1, document="a.md", ordinal=0, text="24 Nm", start=0, end=5)


def a_rung(model: Model, **more: Any) -> Rung:
    """Return a rung of a small window (1,000 tokens)."""
    return Rung(model=model, limits=Limits(context_tokens=1000, output_tokens=100), **more)


def answer_parts(*ladder: Rung, **more: Any) -> AnswerParts:
    """Return parts that find one hit and answer with what a model says; `more` replaces some."""
    made = AnswerParts(
        guards=FakeGuards(),
        retriever=FakeRetriever(hits=(A_HIT,)),
        lookups=FakeLookups(),
        reranker=FakeReranker(),
        assembler=FakeAssembler(),
        ladder=ladder,
        checker=FakeChecker(),
        decider=FakeDecider(),
        deadline_s=5,
    )
    return replace(made, **more)
