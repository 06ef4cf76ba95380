"""Turn YAML text into plain values, and know the line of each."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import Scanner

from holdfast.declaring.mistakes import Mistake, Unreadable

Place = tuple[str | int, ...]
"""Keys and positions from the top of a file to a value."""

MOST_VALUES = 20_000
MOST_TOKENS = 100_000
DEEPEST = 50
SHOWN_CHARS = 30
"""Of what stands where the text stops being YAML."""
TAG = "tag:yaml.org,2002:"
PARSER_FAILURES = (
    YAMLError, RecursionError, ValueError, TypeError, AttributeError, LookupError, AssertionError,
    NotImplementedError,
)  # fmt: skip
"""Beside its own errors the parser raises these on bytes that are hardly YAML at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlText:
    """The values of a YAML file, with the line of each."""

    values: dict[str, Any]
    lines: Mapping[Place, int] = field(repr=False)
    """Line of every key and list entry, from 1; `()` is the first."""
    empty: frozenset[Place] = frozenset()
    """Keys with nothing behind them."""

    def line(self, path: Place) -> int:
        """Return the line of the deepest part of the path that stands in the file."""
        return self.lines.get(self.standing(path), 1)

    def standing(self, path: Place) -> Place:
        """Return the path without the parts that are not in the file."""
        found: Place = ()
        for part in path:
            if (*found, part) in self.lines:
                found = (*found, part)
        return found


def parse_yaml(data: bytes, *, name: str) -> YamlText:
    """Return the values of a mapping written in YAML 1.2; raise Unreadable naming the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(name, line, "is not UTF-8 text", "save it as UTF-8") from None
    root = _composed(text, name)
    reader = _Reader(name)
    if root is not None and not root.tag.endswith(":map"):
        raise _unreadable(name, _line(root), "is not a list of `key: value` lines", "begin with `name: ...`")
    values = {} if root is None else reader.mapping(root, ())
    return YamlText(values=values, lines=reader.lines, empty=frozenset(reader.empty))


def _composed(text: str, name: str) -> Any:
    """Return the node tree, in which lines and repeated keys are still known."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _BoundedScanner
    try:
        return yaml.compose(io.StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, text.count("\n")) + 1 if mark else 1
        what, move = _said(error, text.splitlines(), line)
        raise _unreadable(name, line, what, move) from error
    except RecursionError as error:
        raise _unreadable(name, 1, "is nested too deeply", "flatten it") from error
    except PARSER_FAILURES as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position if isinstance(position, int) else 0) + 1
        raise _unreadable(name, line, f"the file is not YAML ({reason})", "shorten or correct it") from error


class _BoundedScanner(Scanner):
    """Gives up early: its work grows with the square of the nesting (2,000 brackets took 4 s)."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._fetched = 0

    def fetch_more_tokens(self) -> Any:
        """Fetch the next token; raise ValueError when there are too many."""
        self._fetched += 1
        if self._fetched > MOST_TOKENS:
            raise ValueError(f"more than {MOST_TOKENS:,} words and signs")
        return super().fetch_more_tokens()

    def fetch_flow_collection_start(self, *arguments: Any, **named: Any) -> None:
        """Open a bracket; raise RecursionError when too many are open."""
        if len(self.flow_context) > DEEPEST:
            raise RecursionError
        super().fetch_flow_collection_start(*arguments, **named)


def _said(error: MarkedYAMLError, lines: list[str], line: int) -> tuple[str, str]:
    """Return what is wrong and the next move, for the slips that people make most."""
    problem = str(error.problem or error.context or "cannot be read")
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in problem:
        return "is indented with a tab", "use blanks"
    if "undefined alias" in problem or "while scanning an alias" in str(error.context):
        return "begins a value with *, which YAML takes for a reference", "put the value in quotes"
    if "mapping values are not allowed" in problem:
        return "has a second colon, or is indented more than its neighbours", "put the value in quotes"
    if "another document" in problem or "single document" in problem:
        return "begins a second document with ---", "keep one"
    return _broken(error, problem, lines), "compare the indentation, brackets and quotes of the lines between"


def _broken(error: MarkedYAMLError, problem: str, lines: list[str]) -> str:
    """Return where the text stops being YAML, what stands there, and where what is open there began."""
    at, began = error.problem_mark, error.context_mark
    rest = lines[at.line][at.column :].strip() if at and at.line < len(lines) else ""
    place = f"from column {at.column + 1} on, at '{rest[:SHOWN_CHARS]}'" if rest else "where it ends"
    if began is not None:
        problem += f"; what is open there began at line {began.line + 1}, column {began.column + 1}"
    return f"the file is not YAML {place} ({problem})"


class _Reader:
    """Makes plain values of nodes; references are resolved, within bounds."""

    def __init__(self, name: str) -> None:
        self.lines: dict[Place, int] = {(): 1}
        self.empty: set[Place] = set()
        self._name = name
        self._above: set[int] = set()
        self._count = 0

    def mapping(self, node: Any, path: Place) -> dict[str, Any]:
        """Return a mapping; what `<<` brings in counts less than what is written."""
        values: dict[str, Any] = {}
        merged: list[Any] = []
        seen: dict[str, int] = {}
        self._enter(node, path)
        for key, value in node.value:
            line = _line(key)
            if not key.tag.endswith((":str", ":merge")) or not isinstance(key.value, str):
                raise self._wrong(key, "has a key that is not text", "put it in quotes")
            if key.value == "<<":
                merged += value.value if value.tag.endswith(":seq") else [value]
                continue
            if key.value in seen:
                raise self._wrong(
                    key, f"repeats the key '{key.value}' of line {seen[key.value]}", "keep one of the two"
                )
            seen[key.value] = line
            here = (*path, _text(key, self._name))
            self.lines[here] = line
            values[key.value] = self._value(value, here)
        for one in merged:
            if not one.tag.endswith(":map"):
                raise self._wrong(one, "merges something that has no keys", "name a section after <<")
            for key, value in self.mapping(one, (*path, "<<")).items():
                values.setdefault(key, value)
                self.lines.setdefault((*path, key), _line(one))
        self._above.discard(id(node))
        return values

    def _value(self, node: Any, path: Place) -> Any:
        kind = node.tag.removeprefix(TAG)
        if kind == "map":
            return self.mapping(node, path)
        if kind == "seq":
            return self._list(node, path)
        self._counted(node)
        return self._scalar(node, kind, path)

    def _list(self, node: Any, path: Place) -> list[Any]:
        self._enter(node, path)
        values = []
        for position, value in enumerate(node.value):
            self.lines[*path, position] = _line(value)
            values.append(self._value(value, (*path, position)))
        self._above.discard(id(node))
        return values

    def _scalar(self, node: Any, kind: str, path: Place) -> Any:
        match kind:
            case "str" | "timestamp":
                return _text(node, self._name)
            case "null":
                if not node.value:
                    self.empty.add(path)
                return None
            case "bool":
                return str(node.value).casefold() in ("true", "yes", "on")
        with suppress(ValueError):
            match kind:
                case "int":
                    return _int(str(node.value))
                case "float" if math.isfinite(number := float(str(node.value).replace("_", ""))):
                    return number
        if kind in ("int", "float"):
            raise self._wrong(node, f"has a number that cannot be used ({_shown(node)})", "write another one")
        raise self._wrong(node, f"has a value of the kind !{kind.lstrip('!')}", "write it as plain text")

    def _enter(self, node: Any, path: Place) -> None:
        self._counted(node)
        if id(node) in self._above:
            raise self._wrong(node, "holds itself through a reference", "write the values out")
        if len(path) > DEEPEST:
            raise self._wrong(node, "is nested too deeply", "flatten it")
        self._above.add(id(node))

    def _counted(self, node: Any) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            what = f"makes more than {MOST_VALUES:,} values, references counted"
            raise self._wrong(node, what, "write fewer, or move data to a file of its own")

    def _wrong(self, node: Any, what: str, move: str) -> Unreadable:
        return _unreadable(self._name, _line(node), what, move)


def _int(text: str) -> int:
    """Return a whole number, decimal even with zeros in front, or 0x, 0o and 0b as they say."""
    plain = text.replace("_", "")
    return int(plain, 0) if plain.lstrip("+-")[:2].casefold() in ("0x", "0o", "0b") else int(plain)


def _text(node: Any, name: str) -> str:
    text = str(node.value)
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise _unreadable(name, _line(node), "holds half of a character (\\ud800 to \\udfff)", "remove it")
    return text


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _shown(node: Any) -> str:
    return str(node.value)[:40]


def _unreadable(name: str, line: int, what: str, move: str) -> Unreadable:
    return Unreadable(Mistake(file=name, line=line, what=what, move=move))
