"""Program code among prose: its marks, its names, what it says in words."""

from __future__ import annotations

import re

CODE_FROM = 0.04
"""Share of code's marks from which a text counts as code: prose lies below .02, most source files above."""

_MARKS = frozenset("{}()[];=<>_&")
_NAME = re.compile(r"[a-z][A-Z]|\w_\w|`")
_NO_WORD = re.compile(r"[^\w\s.,?!'-]+|_+")
_JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def is_code(text: str) -> bool:
    """Return whether the text is mostly program code, by the share of its braces, brackets and the like."""
    return sum(map(text.count, _MARKS)) > CODE_FROM * len(text)


def names_code(text: str) -> bool:
    """Return whether the text names something of a program (`StdMapObserver`, `max_size`)."""
    return _NAME.search(text) is not None


def in_words(text: str) -> str:
    """Return the text as words, names apart, marks left out (`fn maxSize(&self)`: `fn max Size self`)."""
    return " ".join(_JOINT.sub(" ", _NO_WORD.sub(" ", text)).split())
