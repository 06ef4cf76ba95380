"""Runs as evaluators see them, for tests of evaluators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case, Expectation
from holdfast.domain.checks import Citation
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.observed import Observed, Wanted
from holdfast.domain.outcomes import Answer, Outcome
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.prompts import Passage, Prompt, Reply
from holdfast.domain.runs import Run, StageRecord
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Usage

TEXT = "Tighten the bolts to 24 Nm. Check them after 50 h."
QUESTION = "How tight are the bolts?"
ANA = Principal(user="ana")


def cited(quote: str, *, text: str = TEXT, document: str = "a.md", n: int = 1) -> Citation:
    """Return a citation of a quote of the text."""
    start = text.index(quote)
    return Citation(n=n, document=document, title="", quote=quote, start=start, end=start + len(quote))


def answered(
    text: str = "Tighten the bolts to 24 Nm [1].", *citations: Citation, output: Any = None
) -> Answer:
    """Return an answer, with a citation of the first sentence where none is given."""
    return Answer(
        text=text,
        citations=citations or (cited("Tighten the bolts to 24 Nm."),),
        confidence=0.9,
        output=output,
    )


def a_case(expect: Expectation | None = None, **more: Any) -> Case:
    """Return a case of the one question."""
    return Case(
        id="bolts", question=QUESTION, principal=ANA, expect=expect or Expectation(outcome="answer"), **more
    )


def a_run(
    outcome: Outcome | None = None,
    *passages: str,
    hits: tuple[Hit, ...] = (),
    output: OutputSpec | None = None,
    **more: Any,
) -> Run:
    """Return a run that was shown these passages of documents `a.md`, `b.md` ... and found these hits.

    `output` is the structured output that was wanted of it.
    """
    shown = tuple(
        Passage(n=n, document=f"{chr(96 + n)}.md", text=text, start=0, end=len(text))
        for n, text in enumerate(passages or (TEXT,), 1)
    )
    found = hits or tuple(
        Hit(chunk_id=one.n, document=one.document, ordinal=0, text=one.text, start=0, end=one.end)
        for one in shown
    )
    ended = outcome or answered()
    stages = (
        _record(Stage.RETRIEVAL, Retrieved(hits=found)),
        _record(Stage.ASSEMBLY, Prompt(question=QUESTION, messages=(), passages=shown, output=output)),
        _record(Stage.GENERATION, Reply(text=ended.text, model="test:model")),
    )
    values: dict[str, Any] = {
        "id": "run-1", "version": "v1", "index_version": 1, "outcome": ended, "model": "test:model",
        "item": WorkItem(id="bolts", principal=ANA, question=QUESTION), "degraded": "", "usage": Usage(),
        "cost_usd": 0.01, "started_at": datetime(2026, 1, 2, tzinfo=UTC), "took_ms": 1500.0, "stages": stages,
    }  # fmt: skip
    return Run(**(values | more))


def observed(
    outcome: Outcome | None = None, *, expect: Expectation | None = None, kind: str = "", **more: Any
) -> Observed:
    """Return a run of the case as evaluators see it."""
    run = more.pop("run", None) or a_run(outcome)
    return Observed(run=run, case=a_case(expect, kind=kind), **more)


def wanted(quote: str, *, text: str = TEXT, document: str = "a.md") -> Wanted:
    """Return evidence that stands where the quote does."""
    start = text.index(quote)
    return Wanted(document=document, occurrences=(((start, start + len(quote)),),))


def _record(stage: Stage, made: Any) -> StageRecord:
    return StageRecord(stage=stage, part="test:Part", given=(), made=made, took_ms=1.0)
