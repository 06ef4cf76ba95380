"""Read a file of another tool into records, whatever it is written in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from holdfast.declaring.mistakes import Unreadable
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.errors import UsageError

Format = Literal["jsonl", "csv", "promptfoo", "deepeval", "ragas"]
FORMATS: tuple[Format, ...] = ("jsonl", "csv", "promptfoo", "deepeval", "ragas")
TABLES = (".csv", ".tsv")
MOST_BYTES = 100_000_000
LISTS = ("tests", "goldens", "samples", "data", "cases", "examples", "rows")
"""Keys of a JSON or YAML mapping whose list holds the records."""
RAGAS = frozenset({"user_input", "reference_contexts", "ground_truth", "ground_truths"})
DEEPEVAL = frozenset({
    "expected_output", "expectedOutput", "actual_output", "actualOutput", "retrieval_context", "context",
    "retrievalContext", "source_file", "sourceFile", "expected_tools", "expectedTools",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One test of the file, as it is written."""

    values: Mapping[str, Any]
    number: int
    """From 1."""
    line: int = 0
    """Where it begins, from 1; 0 where the file does not say."""

    @property
    def place(self) -> str:
        """Return where a person finds it."""
        return f"line {self.line}" if self.line else f"record {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A whole file: its records, and what stands around them."""

    records: tuple[Record, ...]
    around: Mapping[str, Any]
    """Keys beside the list of records (promptfoo's `defaultTest`, `prompts` ...)."""
    format: Format
    is_table: bool = False
    """Columns with one cell per record, as a CSV file has them."""


def read_records(file: Path, *, format_: str = "") -> Read:
    """Return the records of a file and its format, found out where none is said.

    Raises UsageError naming file and line for one that cannot be read, holds no record, or is written
    in a format that is none of `FORMATS`.
    """
    if format_ and format_ not in FORMATS:
        raise UsageError(f"there is no format {format_!r}", move=f"Name one of {', '.join(FORMATS)}.")
    text = _text(file)
    is_table = file.suffix.casefold() in TABLES
    around: Mapping[str, Any] = {}
    if is_table:
        records = tuple(_of_csv(text, file))
    elif file.suffix.casefold() in (".yaml", ".yml"):
        records, around = _of_yaml(text, file)
    else:
        records, around = _of_json(text, file)
    if not records:
        raise UsageError(f"{file} holds no test", move="Name a file that has some.")
    chosen = next((one for one in FORMATS if one == format_), None) or _found_out(records, around, file)
    return Read(records=records, around=around, format=chosen, is_table=is_table)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(f"{file} is larger than {MOST_BYTES:,} bytes", move="Split it.")
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{file} cannot be read ({error.strerror})", move="Name an existing file."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8 text", move="Save it as UTF-8.") from error


def _of_csv(text: str, file: Path) -> Iterator[Record]:
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter="\t" if file.suffix.casefold() == ".tsv" else ","
    )
    try:
        header = [name.strip() for name in next(rows, [])]
        if len(set(header)) < len(header):
            raise UsageError(f"{file} names a column twice", move="Give each column a name of its own.")
        line = rows.line_num + 1
        for number, row in enumerate(rows, 1):
            if len(row) > len(header):
                raise UsageError(
                    f"{file} line {line} has {len(row)} cells under {len(header)} columns", move="Mend it."
                )
            if any(cell.strip() for cell in row):
                yield Record(values=dict(zip(header, row, strict=False)), number=number, line=line)
            line = rows.line_num + 1
    except csv.Error as error:
        raise UsageError(f"{file} line {rows.line_num} is not CSV ({error})", move="Mend it.") from error


def _of_json(text: str, file: Path) -> tuple[tuple[Record, ...], Mapping[str, Any]]:
    try:
        root = json.loads(text)
    except ValueError as error:
        if file.suffix.casefold() == ".json":
            raise UsageError(f"{file} is not JSON ({error})", move="Mend it.") from error
        return tuple(_of_lines(text, file)), {}
    if file.suffix.casefold() != ".json" and isinstance(root, dict):
        return (Record(values=root, number=1, line=1),), {}  # one line of JSONL
    return _of_root(root, file, lambda _: 0)


def _of_lines(text: str, file: Path) -> Iterator[Record]:
    number = 0
    for line, written in enumerate(text.split("\n"), 1):
        if not written.strip():
            continue
        number += 1
        try:
            values = json.loads(written)
        except ValueError as error:
            raise UsageError(f"{file} line {line} is not JSON ({error})", move="Mend the line.") from error
        if not isinstance(values, dict):
            raise UsageError(f"{file} line {line} is not an object", move='Write {"question": ...}')
        yield Record(values=values, number=number, line=line)


def _of_yaml(text: str, file: Path) -> tuple[tuple[Record, ...], Mapping[str, Any]]:
    body = text.removeprefix("---\n")
    above = text.count("\n") - body.count("\n")
    is_list = next((line for line in body.splitlines() if line.strip() and line[0] != "#"), "")[:1] == "-"
    wrapped = f"tests:\n{body}" if is_list else body
    try:
        parsed = parse_yaml(wrapped.encode(), name=file.name)
    except Unreadable as error:
        raise UsageError(str(error.mistake)) from error
    key = next((one for one in LISTS if one in parsed.values), "")
    shift = above - is_list
    return _of_root(parsed.values, file, lambda at: parsed.line((key, at)) + shift)


def _of_root(
    root: Any, file: Path, line: Callable[[int], int]
) -> tuple[tuple[Record, ...], Mapping[str, Any]]:
    listed: Any = root
    around: Mapping[str, Any] = {}
    if isinstance(root, dict):
        key = next((one for one in LISTS if isinstance(root.get(one), list)), "")
        listed = root.get(key) if key else _transposed(root)
        around = {name: value for name, value in root.items() if name != key} if key else {}
    if not isinstance(listed, list):
        inner = root.get("tests") if isinstance(root, dict) else None
        raise UsageError(
            f"{file} holds no list of tests",
            move=f"Import {inner} itself." if isinstance(inner, str) else f"Write it under {LISTS[0]}.",
        )
    listed = [{"file": one} if isinstance(one, str) else one for one in listed]
    for number, one in enumerate(listed, 1):
        if not isinstance(one, dict):
            raise UsageError(f"{file}: record {number} is not a mapping", move='Write {"question": ...}')
    records = (Record(values=one, number=at + 1, line=line(at)) for at, one in enumerate(listed))
    return tuple(records), around


def _transposed(root: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Return the rows of a mapping of equally long columns."""
    columns = list(root.values())
    if not columns or not all(isinstance(one, list) and len(one) == len(columns[0]) for one in columns):
        return None
    return [dict(zip(root, row, strict=True)) for row in zip(*columns, strict=True)]


def _found_out(records: Sequence[Record], around: Mapping[str, Any], file: Path) -> Format:
    keys = {key for record in records for key in record.values}
    if {"id", "principal", "expect"} <= keys:
        raise UsageError(f"{file} is a golden file already", move="Put it into the folder golden/.")
    if keys & {"vars", "assert"} or any(key.startswith("__expected") for key in keys) or "prompts" in around:
        return "promptfoo"
    if keys & RAGAS:
        return "ragas"
    if ("input" in keys and keys & DEEPEVAL) or "scenario" in keys:
        return "deepeval"
    return "csv" if file.suffix.casefold() in TABLES else "jsonl"
