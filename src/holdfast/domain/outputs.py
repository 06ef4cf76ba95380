"""Structured output: the shape that a workflow declares, and the fields of one that was filled."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Mode = Literal["schema", "tool", "prompt"]
"""How a shape is asked for: by the provider's own structured output, by a tool call, in words."""
PURPOSE = "Hand in the record that was asked for."
"""What a tool call is for, in the words that a model is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSpec:
    """The shape that a reply must have."""

    name: str
    """Letters, digits and underscores: providers show it to the model."""
    schema: Mapping[str, Any] = field(default_factory=dict)
    """JSON Schema (2020-12) of one object, as declared."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What the model is shown: the schema with `no_answer`, and cited fields as `{value, cites}`."""
    cited: tuple[tuple[str, ...], ...] = ()
    """Paths of the fields that need citations; `*` stands for every entry of a list."""
    cites_attachments: bool = False
    """Whether what is attached to the item is numbered evidence for its fields."""
    mode: Mode = "prompt"
    """Set by what stands around a rung's model; without it the shape is asked for in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field of an output as one line of the reply's text."""

    path: str
    """Names and positions with dots (`parts.0.torque`)."""
    value: Any
    """A plain value, or a list of them."""
    cites: tuple[int, ...]
    text: str
    """`path: value [n]`, on one line."""
    start: int
    end: int
    """Offsets into the text of all lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A filled output with the passages that its fields stand in."""

    output: Mapping[str, Any]
    """As the workflow declares it."""
    cites: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Path of a field (`parts.0.torque`) to the numbers of its passages."""

    @property
    def text(self) -> str:
        """Return the fields that hold something with their `[n]` marks, a line each."""
        return text_of_output(self.output, self.cites)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that a person left otherwise than it was."""

    path: str
    before: Any
    """A plain value or a list of them; None: it held nothing."""
    after: Any


def changed_fields(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """Return the fields that two outputs hold otherwise: those of `after` in its order, then what is gone.

    Nulls and what is empty hold nothing; 1 and 1.0 are the same, 1 and true are not.
    """
    old, new = dict(_leaves(before, "")), dict(_leaves(after, ""))
    return tuple(
        FieldChange(path=path, before=old.get(path), after=new.get(path))
        for path in dict.fromkeys((*new, *old))
        if old.get(path) != new.get(path)
        or isinstance(old.get(path), bool) != isinstance(new.get(path), bool)
    )


def fields_held(*outputs: Any) -> int:
    """Return how many fields hold something in any of these outputs."""
    return len({path for one in outputs for path, _ in _leaves(one, "")})


def field_lines(output: Any, cites: Mapping[str, tuple[int, ...]]) -> tuple[FieldLine, ...]:
    """Return the fields that hold something, in their order; nulls and what is empty have no line."""
    made: list[FieldLine] = []
    start = 0
    for path, value in _leaves(output, ""):
        numbers = cites_at(path, cites)
        marks = "".join(f"[{n}]" for n in numbers)
        text = f"{path}: {shown_value(value)}{' ' if marks else ''}{marks}"
        made.append(
            FieldLine(path=path, value=value, cites=numbers, text=text, start=start, end=start + len(text))
        )
        start += len(text) + 1
    return tuple(made)


def text_of_output(output: Any, cites: Mapping[str, tuple[int, ...]]) -> str:
    """Return an output as text with `[n]` marks, a line for each field."""
    return "\n".join(line.text for line in field_lines(output, cites))


def cites_at(path: str, cites: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Return the numbers that a field, or what it lies in, is cited with."""
    while path not in cites and "." in path:
        path = path.rpartition(".")[0]
    return cites.get(path, ())


def shown_value(value: Any) -> str:
    """Return a plain value as a reader sees it, on one line; a `[12]` in it is no citation of ours."""
    match value:
        case str():
            text = " ".join(value.split())
        case bool() | None:
            text = json.dumps(value)
        case list():
            return ", ".join(map(shown_value, value))
        case _:
            text = str(value)
    return _MARK.sub(r"(\1)", text)


_MARK = re.compile(r"\[(\d[\d,;\s–-]*)\]")  # noqa: RUF001 - a dash in a range


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    match value:
        case Mapping():
            for name, inner in value.items():
                yield from _leaves(inner, f"{path}.{name}".lstrip("."))
        case list() if any(isinstance(one, (Mapping, list)) for one in value):
            for at, inner in enumerate(value):
                yield from _leaves(inner, f"{path}.{at}".lstrip("."))
        case None | "" | []:
            return
        case _:
            yield path, value
