"""Ragas: EvaluationDataset and Testset (JSONL, CSV, JSON), and the columns of versions before 0.2."""

from __future__ import annotations

from typing import Any

from holdfast.domain.items import Speaker, Turn
from holdfast.evaluation.imports.drafts import OWN_OUTPUT, Draft, Drawn, plain_list, written

SPEAKERS = {
    "human": Speaker.PERSON,
    "user": Speaker.PERSON,
    "ai": Speaker.ASSISTANT,
    "assistant": Speaker.ASSISTANT,
}
LABELS = ("synthesizer_name", "persona_name", "query_style", "query_length", "evolution_type")
REASONS = {
    **dict.fromkeys(("response", "retrieved_contexts", "multi_responses", "answer", "contexts"), OWN_OUTPUT),
    "retrieved_context_ids": OWN_OUTPUT,
    "reference_context_ids": "are ids of another index",
    "rubrics": "is judged by a model: declare a rubric as an evaluator",
    "rubric": "is judged by a model: declare a rubric as an evaluator",
    "reference_tool_calls": "no tool is called on this path",
    "reference_topics": "topics are not compared",
}  # fmt: skip


def draft_of(drawn: Drawn) -> Draft:
    """Return a case: `reference` is the answer in a person's words, reference contexts are its evidence."""
    question, history = _asked(drawn)
    references = drawn.texts("reference", "ground_truth", "ground_truths", separator="\x00")
    for other in references[1:]:
        drawn.tell("ground_truths", f"a case has one answer; {other[:40]!r} is another")
    draft = Draft(
        place=drawn.place,
        question=question,
        history=history,
        answer=references[0] if references else "",
        contexts=drawn.texts("reference_contexts", separator="\x00"),
        tags=tuple(f"{name}={said}" for name in LABELS if (said := drawn.text(name))),
    )
    drawn.tell_rest(REASONS)
    return draft


def _asked(drawn: Drawn) -> tuple[str, tuple[Turn, ...]]:
    asked = drawn.value("user_input", "question")
    listed = plain_list(asked) if isinstance(asked, str) else asked
    if not isinstance(listed, list):
        return written(asked), ()
    turns = [turn for message in listed if (turn := _turn(drawn, message))]
    last = max((at for at, turn in enumerate(turns) if turn.speaker is Speaker.PERSON), default=-1)
    for turn in turns[last + 1 :]:
        drawn.tell("user_input", f"{OWN_OUTPUT}: {turn.text[:40]!r}")
    return (turns[last].text, tuple(turns[:last])) if last >= 0 else ("", ())


def _turn(drawn: Drawn, message: Any) -> Turn | None:
    kind = message.get("type", message.get("role")) if isinstance(message, dict) else None
    if kind in SPEAKERS and isinstance(message.get("content"), str):
        if message.get("tool_calls"):
            drawn.tell("user_input", "calls tools, which a history does not hold")
        return Turn(speaker=SPEAKERS[kind], text=message["content"])
    drawn.tell("user_input", f"a message of the type {kind} is no turn of a history")
    return None
