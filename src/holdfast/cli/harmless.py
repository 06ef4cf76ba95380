"""Spell out what a terminal would obey: names, quotes and replies come from documents and models."""

from __future__ import annotations

import re

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and line feed, and what turns the direction of text around."""
_ONE_BYTE = 0xFF


def harmless(text: str) -> str:
    """Return text whose control characters are seen and not obeyed."""
    return _OBEYED.sub(lambda found: _spelled(found[0]), text)


def harmless_json(line: str) -> str:
    """Return the same JSON with those characters as escapes, so that its values stay what they are."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def named(document: str) -> str:
    """Return a document's name on one line, for it may hold a line break."""
    return document.replace("\n", "\\n").replace("\r", "\\r")


def _spelled(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number <= _ONE_BYTE else f"\\u{number:04x}"
