"""Render templates once with made-up items, so that a mistake shows when a workflow is opened."""

from __future__ import annotations

from typing import Any

from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError
from holdfast.stages.assembly.templates import Templates

_QUESTION = "Which torque for the cover screws"
_VALUE = "SO-10442"
_BLOCK = '<passage n="1">\nTighten to 24 Nm.\n</passage>'

FULL: dict[str, Any] = {
    "no_answer": "NO_ANSWER",
    "question": _QUESTION,
    "fields": {"order": _VALUE},
    "history": [{"speaker": "person", "text": "Hello"}],
    "attachments": [{"name": "note.txt", "text": "See below."}],
    "passages": [
        {
            "n": 1,
            "document": "manual.md",
            "title": "Manual",
            "place": "page 3",
            "status": "approved",
            "date": "2025-03-01",
            "block": _BLOCK,
        }
    ],
}
EMPTY: dict[str, Any] = FULL | {
    "question": "",
    "fields": {},
    "history": [],
    "attachments": [],
    "passages": [],
}


def check_by_trial(templates: Templates) -> None:
    """Raise DeclarationError when a template fails, renders to nothing, or hides evidence or item."""
    if not templates.system({"no_answer": FULL["no_answer"]}):
        raise _wrong(templates, "the system template renders to nothing", "Write the rules into it")
    templates.item(EMPTY)
    shown = templates.item(FULL)
    if not shown:
        raise _wrong(
            templates, "the item template renders to nothing", "Show `passages` and `question` in it"
        )
    if _BLOCK not in shown:
        raise _wrong(
            templates, "the item template does not show the passages", "Write `{{ passage.block }}` in a loop"
        )
    if _QUESTION not in shown and _VALUE not in shown:
        raise _wrong(
            templates, "the item template shows neither `question` nor `fields`", "Write `{{ question }}`"
        )


def _wrong(templates: Templates, what: str, move: str) -> DeclarationError:
    return DeclarationError(f"prompts/ ({templates.name}): {what}", stage=Stage.ASSEMBLY, move=move)
