"""Read people's yes and no from a JSON-lines file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from holdfast.errors import UsageError
from holdfast.evaluation.scoring.judging import Labelled

NEEDED = {"question": str, "answer": str, "label": bool}
_MOVE = 'Write one object a line: {"question": "...", "answer": "...", "label": true}.'


def labelled_in(file: Path) -> tuple[Labelled, ...]:
    """Return the labels in order; raise UsageError naming the file and the line of what is wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read ({error})", stage="evaluation", move=_MOVE) from error
    found = [_label(line, f"{file} line {at}") for at, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not found:
        raise UsageError(f"{file} holds no label", stage="evaluation", move=_MOVE)
    return tuple(found)


def _label(line: str, place: str) -> Labelled:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{place} is not JSON", stage="evaluation", move=_MOVE) from error
    wrong = _wrong(row)
    if wrong:
        raise UsageError(f"{place}: {wrong}", stage="evaluation", move=_MOVE)
    return Labelled(
        question=row["question"],
        answer=row["answer"],
        label=row["label"],
        passages=tuple(row.get("passages", ())),
    )


def _wrong(row: Any) -> str:
    if not isinstance(row, dict):
        return "is no object"
    for key, kind in NEEDED.items():
        if not isinstance(row.get(key), kind):
            return f"`{key}` has to be {'true or false' if kind is bool else 'text'}"
    passages = row.get("passages", [])
    if not isinstance(passages, list) or not all(isinstance(one, str) for one in passages):
        return "`passages` has to be a list of texts"
    unknown = sorted(row.keys() - NEEDED.keys() - {"passages"})
    return f"unknown key {unknown[0]!r}" if unknown else ""
