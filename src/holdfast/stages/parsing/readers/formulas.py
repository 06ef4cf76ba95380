"""Pieces of a formula put into one line that can be read and searched: `x = (-b ± √(b^2-4ac))/(2a)`."""

from __future__ import annotations

_PAIRS = ("()", "[]", "{}", "||")


def grouped(text: str) -> str:
    """Return a piece in brackets where it would run into what stands beside it."""
    text = text.strip()
    if len(text) < 2 or text.isdecimal() or text[0] + text[-1] in _PAIRS:  # noqa: PLR2004 - a single sign
        return text
    return f"({text})"


def scripts(base: str, *, below: str = "", above: str = "") -> str:
    """Return a piece with what stands below and above at its end."""
    lower = f"_{grouped(below)}" if below.strip() else ""
    upper = f"^{grouped(above)}" if above.strip() else ""
    return f"{base}{lower}{upper}"
