"""Plain rows: JSONL or CSV with the keys of a case, or the words that most files use for them."""

from __future__ import annotations

import json
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from holdfast.domain.cases import Evidence, OutcomeKind
from holdfast.domain.items import ItemAttachment, Speaker, Turn
from holdfast.domain.locators import Locator
from holdfast.evaluation.case_files import WrittenEvidence
from holdfast.evaluation.cases import evidence_of
from holdfast.evaluation.imports.drafts import QUESTIONS, Draft, Drawn, facts_of, labels, written

ANSWERS = (
    "answer", "expected_answer", "expected", "expected_output", "reference", "reference_answer",
    "ground_truth", "ideal",
)  # fmt: skip
SPEAKERS = {**{one.value: one for one in Speaker}, "user": Speaker.PERSON, "human": Speaker.PERSON}
_EVIDENCE: TypeAdapter[list[WrittenEvidence]] = TypeAdapter(list[WrittenEvidence])


def draft_of(drawn: Drawn) -> Draft:
    """Return a case of the keys that are known; several values in one cell are cut at `|`."""
    said = labels(drawn, {key: _cell(drawn, key) for key in ("kind", "risk", "tags")}, "")
    outcome = drawn.text("outcome") or "answer"
    kinds: dict[str, OutcomeKind] = {one: one for one in get_args(OutcomeKind)}
    draft = Draft(
        place=drawn.place,
        problem="" if outcome in kinds else f"has the outcome {outcome!r}, none of {', '.join(kinds)}",
        name=drawn.text("id", "name"),
        question=drawn.text(*QUESTIONS),
        outcome=kinds.get(outcome, "answer"),
        answer=drawn.text(*ANSWERS),
        facts=facts_of(drawn.texts("facts", "fact")),
        must_not_state=drawn.texts("must_not_state"),
        evidence=(*_evidence(drawn), *_quoted(drawn)),
        contexts=drawn.texts("quote", "quotes", "contexts", "context", separator="\x00"),
        fields=_fields(drawn),
        history=_history(drawn),
        attachments=_attachments(drawn),
        user=drawn.text("user"),
        groups=drawn.texts("groups", "group"),
        **said,
    )
    drawn.tell_rest({"document": "no quote of it is named"})
    return draft


def _cell(drawn: Drawn, key: str) -> Any:
    return [*drawn.texts(key)] if key == "tags" else drawn.text(key)


def _quoted(drawn: Drawn) -> tuple[Evidence, ...]:
    """Return the evidence of flat columns: document and quote, with a page, sheet or slide."""
    if "document" not in drawn or "quote" not in drawn:
        return ()
    said = {}
    for key in ("document", "quote"):
        said[key] = drawn.text(key)
        if not said[key]:
            drawn.tell(key, "names nothing")
            return ()
    numbers: dict[str, Any] = {}
    for key in ("page", "slide", "row"):
        text = drawn.text(key)
        if text.isdecimal() and int(text):
            numbers[key] = int(text)
        elif text:
            drawn.tell(key, f"{text!r} is no number from 1")
    locator = Locator(
        **numbers, sheet=drawn.text("sheet") or None, cells=drawn.text("cells") or None,
        heading=drawn.texts("heading", separator=">"),
    )  # fmt: skip
    return (Evidence(document=said["document"], quote=said["quote"], locator=locator),)


def _evidence(drawn: Drawn) -> tuple[Evidence, ...]:
    value = _json(drawn.value("evidence"))
    if value is None:
        return ()
    try:
        return tuple(evidence_of(one) for one in _EVIDENCE.validate_json(json.dumps(value)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        drawn.tell("evidence", f"is not as a golden file has it ({place}: {first['msg']})")
        return ()


def _fields(drawn: Drawn) -> dict[str, str]:
    found = {}
    value = _json(drawn.value("fields"))
    if isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, str | int | float):
                found[key] = written(one)
            else:
                drawn.tell(f"fields.{key}", "is no text")
    elif value is not None:
        drawn.tell("fields", "is no mapping")
    columns = [key for key in drawn.left if key.startswith("fields.")]
    return found | {key.removeprefix("fields."): drawn.text(key) for key in columns}


def _history(drawn: Drawn) -> tuple[Turn, ...]:
    turns = []
    value = _json(drawn.value("history"))
    for one in value if isinstance(value, list) else [] if value is None else [value]:
        said = one if isinstance(one, dict) else {}
        speaker, text = said.get("speaker", said.get("role")), said.get("text", said.get("content"))
        if speaker in SPEAKERS and isinstance(text, str):
            turns.append(Turn(speaker=SPEAKERS[speaker], text=text))
        else:
            drawn.tell("history", 'a turn is {"speaker": "person" | "assistant", "text"}')
    return tuple(turns)


def _attachments(drawn: Drawn) -> tuple[ItemAttachment, ...]:
    found = []
    value = _json(drawn.value("attachments"))
    for one in value if isinstance(value, list) else [] if value is None else [value]:
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("text"), str):
            found.append(ItemAttachment(name=one["name"], text=one["text"]))
        else:
            drawn.tell("attachments", 'an attachment is {"name", "text"}')
    return tuple(found)


def _json(value: Any) -> Any:
    """Return what a cell of a CSV file writes as JSON, or the value itself."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
