"""The first lines of a document, where it says what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HEAD_CHARACTERS = 3_000
HEAD_LINES = 40
LONGEST_LABEL = 40
LONGEST_VALUE = 300

_MARKS = re.compile(r"[*_`#>|]+")
_LABEL = re.compile(rf"^\s*([^\W\d][^:|\n]{{0,{LONGEST_LABEL}}}?)\s*[:|]\s*(\S.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A line such as `Status: draft`."""

    label: str
    """Lower case, without marks."""
    value: str


def head_lines(text: str) -> tuple[str, ...]:
    """Return the first lines that hold something, without Markdown marks."""
    lines = (" ".join(_MARKS.sub(" ", line).split()) for line in text[:HEAD_CHARACTERS].splitlines())
    return tuple(line for line in lines if line)[:HEAD_LINES]


def labelled_lines(text: str) -> Iterator[Labelled]:
    """Yield the `label: value` (or `label | value`) lines among the first ones."""
    found = 0
    for line in text[:HEAD_CHARACTERS].splitlines():
        found += bool(line.strip())
        if found > HEAD_LINES:
            return
        match = _LABEL.match(re.sub(r"[*_`#>]+", "", line).strip().strip("|"))
        if match:
            value = match[2].strip(" |")[:LONGEST_VALUE]
            yield Labelled(label=" ".join(match[1].casefold().split()), value=value)
