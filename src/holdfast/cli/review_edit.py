"""Read from the command line what a reviewer sends in the place of a draft."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holdfast.domain.outputs import OutputSpec, Record
from holdfast.errors import UsageError
from holdfast.reviewing.records import LONGEST, record_before
from holdfast.reviewing.review import ReviewCase
from holdfast.schemas.entering import Unreadable
from holdfast.schemas.setting import with_fields

STAGE = "review"
STDIN = "-"
MOST_BYTES = 4 * LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is sent: a text, or the output of a record with what its fields cite."""

    text: str = ""
    output: Any = None
    cites: Mapping[str, Sequence[int]] | None = None
    """None: every field cites what it did before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The options of `holdfast review edit` as they were written."""

    text: str
    record: str
    """A file, or `-`."""
    fields: Sequence[str]
    cites: Sequence[str]

    def edit_of(self, case: ReviewCase, spec: OutputSpec | None) -> Edit:
        """Return what they send of a case; raise UsageError for what cannot be read."""
        if STDIN == self.text == self.record:
            raise UsageError("--text and --record both read stdin", stage=STAGE, move="Send one of the two.")
        text = sys.stdin.read() if self.text == STDIN else self.text
        if not (self.record or self.fields or self.cites):
            return Edit(text=text)
        before = record_before(case.run, case.decisions) or Record(output={})
        output = _object_in(self.record) if self.record else before.output
        return Edit(
            text=text,
            output=self._set(output, case, spec),
            cites={**before.cites, **self._cited()} if self.cites else None,
        )

    def _set(self, output: Any, case: ReviewCase, spec: OutputSpec | None) -> Any:
        if not self.fields or spec is None:
            return output
        try:
            return with_fields(output, spec.schema, dict(_pair(one, "--set") for one in self.fields))
        except Unreadable as error:
            raise UsageError(
                f"--set cannot be done: {error}",
                stage=STAGE,
                move=f"`holdfast review show {case.item.run[:8]}` shows the record.",
            ) from None

    def _cited(self) -> dict[str, tuple[int, ...]]:
        found = {}
        for path, numbers in (_pair(one, "--cite") for one in self.cites):
            parts = [one.strip().strip("[]") for one in numbers.split(",") if one.strip()]
            if not all(one.isdecimal() for one in parts):
                raise UsageError(
                    f"--cite {path}={numbers} names no passages", stage=STAGE, move="Write --cite FIELD=1,2."
                )
            found[path] = tuple(map(int, parts))
        return found


def _pair(written: str, option: str) -> tuple[str, str]:
    name, sign, value = written.partition("=")
    if not (name.strip() and sign):
        raise UsageError(f"{option} {written} names no field", stage=STAGE, move="Write FIELD=VALUE.")
    return name.strip(), value


def _object_in(name: str) -> dict[str, Any]:
    """Return the object that a file, or stdin, holds as JSON."""
    data = sys.stdin.buffer.read(MOST_BYTES + 1) if name == STDIN else _bytes_in(name)
    where = "stdin" if name == STDIN else name
    if len(data) > MOST_BYTES:
        raise UsageError(
            f"{where} is longer than a record may be", stage=STAGE, move="Send the record alone."
        )
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        why = getattr(error, "msg", type(error).__name__)
        raise UsageError(
            f"{where} is no JSON ({why}{line})", stage=STAGE, move="Write the record as one JSON object."
        ) from None
    if not isinstance(found, dict):
        raise UsageError(
            f"{where} holds no record", stage=STAGE, move="Write the record as one JSON object."
        )  # fmt: skip
    return found


def _bytes_in(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"the record {name} cannot be read ({error.strerror})", stage=STAGE, move="Name a JSON file."
        ) from None
