"""What an RTF file shows before its list items."""

from __future__ import annotations

import re

LABELS = ("listtext", "pntext")
"""Words whose group holds what is shown before a list item, for programs that do not count themselves."""
_NUMBER = re.compile(r"\d|[^\W_]{2}|[^\W_][^\w\s]|[^\w\s][^\W_]")


def list_label(text: str) -> str:
    """Return what stands before a list item, `3.` or `b)`, and `-` for a bullet.

    A bare letter is a bullet: those of symbol fonts are kept as letters, and Word's hollow one is an `o`.
    """
    label = " ".join(text.split())
    return label if not label or _NUMBER.search(label) else "-"
