"""Hold a record that a person corrected against the output that the workflow declares."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from holdfast.domain.outputs import Record
from holdfast.domain.reviews import Decision
from holdfast.errors import UsageError
from holdfast.reviewing.sources import shown_of
from holdfast.reviewing.verdicts import record_of, verdict_of
from holdfast.stages.generation.output import Shape
from holdfast.storage.runs import StoredRun

STAGE = "review"
LONGEST = 200_000
"""Characters of a record as JSON."""
DEEPEST = 20
"""Sections and lists that may lie in each other."""
Cites = Mapping[str, Sequence[int]]


class RecordMisfits(UsageError):
    """A record that is not stored, as something in it does not fit."""

    def __init__(self, problems: Sequence[str], *, run: str) -> None:
        super().__init__(
            f"the record of {run[:8]} does not fit: {'; '.join(problems)}",
            stage=STAGE,
            move="Correct these fields and send it again; nothing was stored.",
        )
        self.problems = tuple(problems)
        """In words, the path of the field first (`price: is "x", not a number`)."""


def record_before(run: StoredRun, decisions: Collection[Decision]) -> Record | None:
    """Return the record that an edit starts from: what was sent last, else the draft's; None where no is."""
    sent = verdict_of(run, decisions)
    return (sent.record if sent is not None else None) or record_of(run)


def record_of_edit(
    shape: Shape | None,
    run: StoredRun,
    decisions: Collection[Decision],
    *,
    text: str,
    output: Any,
    cites: Cites | None,
) -> Record | None:
    """Return the record that an edit sends, as it is stored; None where it is an edit of text.

    Where nobody says what is cited, every field cites what it did before. Raises RecordMisfits with
    everything that does not fit, and UsageError for a text in the place of a record, for both at once, and
    for a record where the workflow declares no output.
    """
    if output is None:
        if shape is not None and record_of(run) is not None:
            raise UsageError(
                f"the answer of {run.summary.id[:8]} is a record, and the edit is none",
                stage=STAGE,
                move="Send the whole record (`output`; --record FILE), or single fields (--set FIELD=VALUE).",
            )
        return None
    if text.strip():
        raise UsageError(
            "the edit has both a text and a record", stage=STAGE, move="Send one of the two."
        )  # fmt: skip
    return corrected_record(shape, run, output, cites, before=record_before(run, decisions))


def corrected_record(
    shape: Shape | None, run: StoredRun, output: Any, cites: Cites | None, *, before: Record | None
) -> Record:
    """Return a person's record with its fields as the shape has them; raises as `record_of_edit` does."""
    if shape is None:
        raise UsageError(
            f"the workflow declares no output, so the answer of {run.summary.id[:8]} is no record",
            stage=STAGE,
            move="Write the answer as text.",
        )
    if problem := _unreadable(output):
        raise RecordMisfits([problem], run=run.summary.id)
    held = shape.validate(output)
    problems = [*held.problems]
    known = [one.n for one in shown_of(run)]
    if cites is not None:
        places = {*_places(output), *_places(before.output if before else {})}
        problems += _wrong_cites(cites, places, known)
    if problems:
        raise RecordMisfits(problems, run=run.summary.id)
    named = before.cites if cites is None and before else cites or {}
    filled = _places(held.output)
    return Record(
        output=held.output,
        cites={path: tuple(dict.fromkeys(numbers)) for path, numbers in named.items() if path in filled},
    )


def _unreadable(output: Any) -> str:
    if not isinstance(output, Mapping):
        return "the object: is none; a record is one JSON object"
    try:
        length, depth = len(json.dumps(output, allow_nan=False)), _depth(output)
    except (ValueError, TypeError, RecursionError):
        return "the object: holds what is no JSON"
    if length > LONGEST:
        return f"the object: has {length:,} characters, at most {LONGEST:,} are read"
    return f"the object: is deeper than {DEEPEST} sections" if depth > DEEPEST else ""


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=-1)


def _places(value: Any, path: str = "") -> set[str]:
    """Return the paths of everything in an output that holds something."""
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = [(str(at), one) for at, one in enumerate(value)]
    else:
        inner = []
    found = {path} if path else set()
    for name, one in inner:
        if one not in (None, "", [], {}):
            found |= _places(one, f"{path}.{name}".lstrip("."))
    return found


def _wrong_cites(cites: Cites, places: Collection[str], known: Sequence[int]) -> list[str]:
    """Return which fields cite what nobody was shown, or do not exist."""
    listed = ", ".join(f"[{n}]" for n in sorted(known)) or "none was found"
    problems = []
    for path, numbers in cites.items():
        if numbers and path not in places:
            problems.append(f"{path}: cites passages, and the record has no such field")
        elif unknown := [n for n in numbers if n not in known]:
            named = ", ".join(f"[{n}]" for n in unknown)
            problems.append(f"{path}: names {named}, and no passage has that number (passages: {listed})")
    return problems
