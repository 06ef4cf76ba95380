"""Read one JSON object per line, strictly and without holding the file in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

from holdfast.errors import UsageError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Number(str):
    """A JSON number in the digits it was written with: `10.50` stays `10.50`."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One object and the line it stands on."""

    number: int
    values: dict[str, Any]


def read_lines(file: BinaryIO, *, name: str, max_bytes: int) -> Iterator[Line]:
    """Yield the objects in order; blank lines are skipped.

    Raises UsageError naming the line of whatever is not one JSON object in UTF-8 with distinct keys.
    """
    number = 0
    while line := file.readline(max_bytes + 1):
        number += 1
        if len(line) > max_bytes:
            fail(
                name, number, f"is longer than {max_bytes / 1e6:g} MB", move="Split it, or raise max_line_mb"
            )
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if line.strip():
            yield Line(number, _object(line, name, number))


def fail(name: str, line: int, what: str, *, move: str = "") -> NoReturn:
    """Raise the UsageError for one line."""
    raise UsageError(f"{name} line {line} {what}", stage="intake", move=move)


def _object(line: bytes, name: str, number: int) -> dict[str, Any]:
    try:
        value = json.loads(
            line.decode(),
            object_pairs_hook=_distinct,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        fail(name, number, f"is not UTF-8 (byte {error.start + 1})", move="Save the file as UTF-8")
    except json.JSONDecodeError as error:
        fail(
            name, number, f"is not JSON: {error.msg} (column {error.colno})", move="Write one object per line"
        )
    except RecursionError:
        fail(name, number, "is nested too deeply")
    except ValueError as error:
        fail(name, number, str(error))
    if not isinstance(value, dict):
        fail(
            name, number, f"holds {kind_of(value)}, not an object", move='Write {"id": ..., "question": ...}'
        )
    return value


def kind_of(value: object) -> str:
    """Return what JSON calls a value, with its article."""
    kinds = {dict: "an object", list: "a list", Number: "a number", bool: "true or false", str: "a text"}
    return kinds.get(type(value), "null")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        msg = f"holds the key {twice!r} twice"
        raise ValueError(msg)
    return values


def _refuse_constant(constant: str) -> NoReturn:
    msg = f"holds {constant}, which is not JSON"
    raise ValueError(msg)
