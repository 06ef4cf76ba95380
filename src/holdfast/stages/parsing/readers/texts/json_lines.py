"""JSON lines: a record a line, told as lines of key and value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.units import Block, Reading, ReadingLimits, Unit

_RECORDS_AT_ONCE = 1000


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield a block per record, numbered from 1, a thousand at a time; what is no record stays as written."""
    del limits
    lines = (line for line in decode(data).split("\n") if line.strip())
    numbered = enumerate(lines, start=1)
    while batch := list(islice(numbered, _RECORDS_AT_ONCE)):
        blocks = tuple(Block(text=_told(line.strip()), locator=Locator(row=row)) for row, line in batch)
        yield Unit(key=f"rows from {batch[0][0]}", blocks=blocks)


class _Number(str):
    """A number in the digits it is written with."""

    __slots__ = ()


def _told(line: str) -> str:
    try:
        record = json.loads(line, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
        return "\n".join(_lines(record)) or line if isinstance(record, dict) else line
    except (ValueError, RecursionError):
        return line


def _lines(record: dict[str, Any]) -> Iterator[str]:
    for key, value in record.items():
        if value is not None and value != "":
            yield f"{key}: {value if isinstance(value, str) else _as_json(value)}"


def _as_json(value: Any) -> str:
    match value:
        case _Number():
            return str(value)
        case dict():
            return f"{{{', '.join(f'{_as_json(key)}: {_as_json(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(map(_as_json, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)
