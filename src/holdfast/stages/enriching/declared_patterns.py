"""Search with regular expressions that a declaration brought, within bounded time."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import lru_cache

import regex

LONGEST_PATTERN = 1_000
TIMEOUT_S = 0.5
"""For one pattern in one document; an honest pattern takes a few ms for 200,000 characters."""

log = logging.getLogger(__name__)


def check_pattern(text: str, *, groups: int = 0) -> None:
    """Raise ValueError, in words, for what is no usable pattern."""
    if len(text) > LONGEST_PATTERN:
        msg = f"the pattern {text[:40]!r}... is longer than {LONGEST_PATTERN} characters"
        raise ValueError(msg)
    try:
        compiled = regex.compile(text)
    except regex.error as error:
        msg = f"the pattern {text!r} is no regular expression: {error}"
        raise ValueError(msg) from error
    if compiled.groups < groups:
        msg = f"the pattern {text!r} has no group: put what it shall find in parentheses"
        raise ValueError(msg)
    if compiled.fullmatch(""):
        msg = f"the pattern {text!r} matches the empty text"
        raise ValueError(msg)


def found_values(pattern: str, text: str) -> Iterator[str]:
    """Yield what the pattern finds, in order: its first group where it has one, else the whole match.

    A pattern that takes too long ends with what it has found; the log says which one.
    """
    compiled = _compiled(pattern)
    group = 1 if compiled.groups else 0
    try:
        for match in compiled.finditer(text, timeout=TIMEOUT_S, concurrent=False):
            if value := " ".join((match[group] or "").split()):
                yield value
    except TimeoutError:
        log.warning("enriching: the pattern %r took over %s s in a document; simplify it", pattern, TIMEOUT_S)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)
