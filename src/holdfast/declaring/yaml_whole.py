"""Read any YAML into nodes, slowly, with the line of what is wrong."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scanner import Scanner

from holdfast.declaring.mistakes import Mistake, Unreadable
from holdfast.declaring.yaml_quick import DEEPEST

MOST_TOKENS = 100_000
SHOWN_CHARS = 30
"""Of what stands where the text stops being YAML."""
PARSER_FAILURES = (
    YAMLError, RecursionError, ValueError, TypeError, AttributeError, LookupError, AssertionError,
    NotImplementedError,
)  # fmt: skip
"""Beside its own errors the parser raises these on bytes that are hardly YAML at all."""


def composed(text: str, name: str) -> Any:
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


def _unreadable(name: str, line: int, what: str, move: str) -> Unreadable:
    return Unreadable(Mistake(file=name, line=line, what=what, move=move))
