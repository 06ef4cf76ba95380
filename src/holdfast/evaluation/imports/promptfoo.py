"""promptfoo: the tests of a configuration (YAML, JSON, JSONL) or of a CSV file with `__expected` columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from holdfast.domain.cases import OutcomeKind
from holdfast.evaluation.imports.drafts import (
    NO_PLACE,
    OWN_OUTPUT,
    QUESTIONS,
    Draft,
    Drawn,
    facts_of,
    is_empty,
    labels,
    written,
)

BY_A_MODEL = "is judged by a model: declare a rubric as an evaluator"
BY_CODE = "runs code: declare an evaluator `module:name`"
JUDGED = ("g-eval", "grade", "model-graded-closedqa", "select-best", "answer-relevance")
REASONS = {
    "file": "is a reference: import that file itself",
    **dict.fromkeys(("provider", "providers", "options", "prompts"), "a case runs on the declared workflow"),
    "providerOutput": OWN_OUTPUT,
    "threshold": "every fact of a case counts, there is no score to pass",
    "assertScoringFunction": BY_CODE,
    "__threshold": "every fact of a case counts, there is no score to pass",
    "__metric": "a case gives its facts no names",
    **dict.fromkeys(("__prefix", "__suffix"), "the prompt is the workflow's"),
    "__providerOutput": OWN_OUTPUT,
}
_ASSERTION = re.compile(
    r"(?P<type>(?:not-)?[a-z][a-z0-9:-]*?)(?:\((?P<threshold>[\d.]+)\))?(?::(?P<value>.*))?", re.DOTALL
)
_KNOWN = re.compile(
    r"(?:not-)?(?:i?contains(?:-all|-any|-json|-xml|-sql|-html)?|equals|regex|starts-with|similar|is-[a-z-]+|"
    r"llm-rubric|factuality|model-graded-[a-z]+|g-eval|answer-relevance|context-[a-z]+|javascript|python|ruby|"
    r"webhook|rouge-n|bleu|gleu|meteor|levenshtein|perplexity(?:-score)?|cost|latency|moderation|classifier|"
    r"guardrails|select-best|max-score|human|finish-reason|word-count|pi|trace-[a-z-]+|trajectory:[a-z-]+|"
    r"agent-rubric|conversation-relevance|tool-call-f1|skill-used|search-rubric|ner|fn|eval|grade|file)"
)
_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(slots=True)
class _Expected:
    """What the assertions of one test come to."""

    facts: list[str] = field(default_factory=list)
    must_not_state: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    outcome: OutcomeKind = "answer"


def draft_of(drawn: Drawn, around: Mapping[str, Any], *, is_row: bool) -> Draft:
    """Return a case: contains-assertions are facts, not-contains what must not be stated.

    `around` is what stands beside the tests; its `defaultTest` counts for each. A row of a CSV file has
    its variables and assertions in columns.
    """
    default = around.get("defaultTest")
    default = default if isinstance(default, dict) else {}
    if not is_row:
        variables = _mapping(default.get("vars")) | _mapping(drawn.value("vars"))
        assertions = [*_list(default.get("assert")), *_list(drawn.value("assert"))]
        name, metadata = drawn.text("description"), _mapping(default.get("metadata"))
        said = labels(drawn, metadata | _mapping(drawn.value("metadata")), "metadata")
    else:
        name, said = drawn.text("__description"), _labels_of_columns(drawn)
        assertions = [
            _assertion(drawn.text(key)) for key in drawn.left if re.fullmatch(r"__expected\d*", key)
        ]
        variables = {key: drawn.value(key) for key in drawn.left if not key.startswith("__")}
    asked = Drawn(variables, drawn.place)
    _tell_expected(asked, assertions, around.get("prompts"))
    draft = _with_variables(Draft(place=drawn.place, name=name), asked)
    expected = _Expected()
    for assertion in assertions:
        _take(assertion, expected, drawn, variables)
    for other in expected.answers[1:]:
        drawn.tell("assert", f"a case has one answer; {other[:40]!r} is another")
    if expected.outcome == "refusal" and expected.facts:
        drawn.tell("assert", "a refusal states no facts: those it has to contain were left out")
    drawn.unmapped += asked.unmapped
    drawn.tell_rest(REASONS)
    return replace(
        draft,
        outcome=expected.outcome,
        answer=expected.answers[0] if expected.answers else "",
        facts=facts_of(expected.facts) if expected.outcome == "answer" else (),
        must_not_state=tuple(dict.fromkeys(expected.must_not_state)),
        **({"name": name} | said if not name else said | {"name": name}),
    )


def tell_around(around: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the keys beside the tests that no case holds, and why."""
    reasons = {
        "prompts": "a case runs on the declared workflow",
        "providers": "a case runs on the declared workflow",
        "targets": "a case runs on the declared workflow",
        "scenarios": "is not taken over: write its tests out under `tests`",
        "defaultTest": "",
    }
    for key, value in around.items():
        if key == "defaultTest" and isinstance(value, dict):
            for inner in value:
                if inner not in ("vars", "assert", "metadata"):
                    yield f"defaultTest.{inner}", REASONS.get(inner, NO_PLACE)
        elif key == "defaultTest":
            yield key, "is a reference: write it into this file"
        elif not is_empty(value):
            yield key, reasons.get(key, NO_PLACE)


def _tell_expected(asked: Drawn, assertions: list[Any], prompts: Any) -> None:
    """Take out the variables that only assertions name: they are what is expected, not what is asked."""
    given = set(_VARIABLE.findall(str(prompts)))
    for name in dict.fromkeys(_VARIABLE.findall(str(assertions))):
        if name in asked and name not in given and name not in QUESTIONS:
            asked.value(name)
            asked.tell(f"vars.{name}", "is named by assertions only: it stands in them, and is no field")


def _with_variables(draft: Draft, asked: Drawn) -> Draft:
    names = asked.left
    question = next((name for name in QUESTIONS if name in names), names[0] if len(names) == 1 else "")
    text = asked.text(question)
    contexts = asked.texts("context", separator="\x00")
    fields = {}
    for key in asked.left:
        value = asked.value(key)
        if isinstance(value, list):
            asked.tell(f"vars.{key}", "a list makes several tests there: write one for each")
        elif not isinstance(value, str | int | float):
            asked.tell(f"vars.{key}", "is no text")
        elif str(value).startswith("file://"):
            asked.tell(f"vars.{key}", "is a reference to a file")
        else:
            fields[key] = written(value)
    return replace(draft, question=text, contexts=contexts, fields=fields)


def _labels_of_columns(drawn: Drawn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key in drawn.left:
        if key.startswith("__metadata:"):
            name = key.removeprefix("__metadata:")
            if name.endswith("[]"):
                cells = re.split(r"(?<!\\),", drawn.text(key))
                found[name.removesuffix("[]")] = [cell.strip().replace("\\,", ",") for cell in cells]
            else:
                found[name] = drawn.text(key)
    return labels(drawn, found, "__metadata")


def _assertion(cell: str) -> dict[str, Any]:
    """Return the assertion that a CSV cell writes (`contains: Paris`); any other text must be equal."""
    match = _ASSERTION.fullmatch(cell)
    if match is None or not _KNOWN.fullmatch(match["type"]) or (match["value"] is None and "-" not in cell):
        return {"type": "equals", "value": cell}
    value: Any = (match["value"] or "").strip()
    if match["type"].removeprefix("not-").endswith(("-all", "-any")):
        value = [part.strip().strip('"') for part in re.findall(r'\s*("[^"]*"|[^,]+)', value)]
    return {"type": match["type"], "value": value}


def _take(assertion: Any, into: _Expected, drawn: Drawn, variables: Mapping[str, Any]) -> None:
    if not isinstance(assertion, dict) or not isinstance(assertion.get("type"), str):
        drawn.tell("assert", "is no assertion with a type")
        return
    kind, value = assertion["type"], _filled(assertion.get("value"), variables)
    if kind == "assert-set":
        if assertion.get("threshold") is not None:
            drawn.tell("assert-set", "some of several are enough there; every fact of a case counts")
            return
        for one in _list(assertion.get("assert")):
            _take(one, into, drawn, variables)
        return
    values = [written(one) for one in _list(value) if isinstance(one, str | int | float)]
    if any("{{" in one or one.startswith("file://") for one in values):
        drawn.tell(kind, "its value is a template or a reference")
    elif not _took(kind, [one for one in values if one], into):
        drawn.tell(kind, _why_not(kind))


def _took(kind: str, values: list[str], into: _Expected) -> bool:
    if kind == "is-refusal":
        into.outcome = "refusal"
    elif kind == "not-is-refusal":
        into.outcome = "answer"
    elif not values:
        return False
    elif kind in ("contains", "icontains", "contains-all", "icontains-all"):
        into.facts += values
    elif kind in ("not-contains", "not-icontains", "not-contains-any", "not-icontains-any"):
        into.must_not_state += values
    elif kind in ("equals", "starts-with"):
        into.facts += values
        into.answers += values if kind == "equals" else []
    elif kind in ("similar", "factuality", "model-graded-factuality"):
        into.answers += values
    else:
        return False
    return True


def _why_not(kind: str) -> str:
    if kind in ("javascript", "python", "ruby", "webhook", "not-javascript", "not-python", "fn", "eval"):
        return BY_CODE
    if kind in ("cost", "latency"):
        return "is a metric of every experiment: give it a margin in the declaration"
    if kind.removeprefix("not-") in ("contains-any", "icontains-any"):
        return "one of several is enough there; every fact of a case counts"
    if "rubric" in kind or kind in (
        "g-eval",
        "grade",
        "model-graded-closedqa",
        "select-best",
        "answer-relevance",
    ):
        return BY_A_MODEL
    return "is an assertion that no case holds"


def _filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return the value with the test's own variables put in."""
    if isinstance(value, list):
        return [_filled(one, variables) for one in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        found = variables.get(match[1])
        return written(found) if isinstance(found, str | int | float) else match[0]

    return _VARIABLE.sub(put, value)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
