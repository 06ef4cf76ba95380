"""Write database values as text that a reader and a checker take at face value."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from decimal import Decimal

_CHARACTERS_AT_MOST = 2_000


def as_text(value: object) -> str:
    """Return dates as ISO 8601, numbers plain, NULL as an empty text."""
    match value:
        case None:
            text = ""
        case bool():
            text = "true" if value else "false"
        case float():
            text = _plain(Decimal(repr(value)))
        case Decimal():
            text = format(value, "f")
        case datetime():
            text = value.isoformat(sep=" ")
        case date() | time():
            text = value.isoformat()
        case bytes() | memoryview():
            text = f"({len(bytes(value))} bytes)"
        case dict() | list():
            text = json.dumps(value, ensure_ascii=False, default=str)
        case _:
            text = str(value)
    return text[:_CHARACTERS_AT_MOST]


def _plain(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
