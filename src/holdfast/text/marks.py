"""Take the marks of citations out of a text."""

from __future__ import annotations

import re

_MARKS = re.compile(r"\s*\[\d{1,3}(?:,\s*\d{1,3})*\]")


def without_marks(text: str) -> str:
    """Return the text without `[1]` and `[1, 3]`, nor the blanks before them."""
    return _MARKS.sub("", text)
