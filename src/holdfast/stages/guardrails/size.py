"""Turn away texts that are too long or hold nothing to read."""

from __future__ import annotations

import unicodedata
from typing import Literal

from holdfast.domain.checks import Finding, Screening

BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffd")
"""Letters, symbols or stand-ins by category that still show a reader nothing."""


class Size:
    """Blocks what is longer than `limit` characters, or empty."""

    name = "size"

    def __init__(self, *, limit: int) -> None:
        self.limit = limit

    def screen(self, text: str, *, direction: Literal["in", "out"]) -> Screening:
        """Return the text as it is; a finding blocks when it is too long or empty."""
        if len(text) > self.limit:
            detail = f"{len(text):,} characters, and at most {self.limit:,} are read"
            return self._blocked(text, kind="too_long", detail=detail)
        if direction == "in" and not is_readable(text):
            return self._blocked(text, kind="empty", detail="there is nothing to read")
        return Screening(text=text)

    def _blocked(self, text: str, *, kind: str, detail: str) -> Screening:
        return Screening(
            text=text,
            findings=(Finding(guardrail=self.name, kind=kind, action="block", detail=detail),),
        )


def is_readable(text: str) -> bool:
    """Return whether a reader would see anything: a letter, digit, sign or symbol."""
    return any(unicodedata.category(char)[0] in "LNPS" and char not in BLANKS for char in text)
