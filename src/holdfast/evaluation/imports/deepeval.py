"""DeepEval: goldens of an EvaluationDataset (JSON, JSONL, CSV), in snake or camel case."""

from __future__ import annotations

from holdfast.evaluation.imports.drafts import NO_PLACE, OWN_OUTPUT, Draft, Drawn, labels

NO_TOOLS = "no tool is called on this path"
A_TALK = "a conversation is simulated there; a case asks one question with its history"
REASONS = {
    **dict.fromkeys(
        ("actual_output", "actualOutput", "retrieval_context", "retrievalContext", "token_cost", "tokenCost",
         "input_token_count", "inputTokenCount", "output_token_count", "outputTokenCount"), OWN_OUTPUT,
    ),
    **dict.fromkeys(("tools_called", "toolsCalled", "expected_tools", "expectedTools"), NO_TOOLS),
    **dict.fromkeys(
        ("scenario", "turns", "expected_outcome", "expectedOutcome", "user_description", "userDescription",
         "persona"), A_TALK,
    ),
    "comments": "is a remark; write it beside the case",
    "expectations": "is judged by a model: declare a rubric as an evaluator",
    **dict.fromkeys(("expected_labels", "expectedLabels"), NO_PLACE),
}  # fmt: skip


def draft_of(drawn: Drawn) -> Draft:
    """Return a case: `expected_output` is the answer in a person's words, `context` is its evidence."""
    said = labels(drawn, drawn.value("additional_metadata", "additionalMetadata"), "additional_metadata")
    said |= {"name": name} if (name := drawn.text("name")) else {}
    draft = Draft(
        place=drawn.place,
        question=drawn.text("input"),
        answer=drawn.text("expected_output", "expectedOutput"),
        contexts=drawn.texts("context"),
        source=drawn.text("source_file", "sourceFile"),
        **said,
    )
    drawn.tell_rest(REASONS)
    return draft
