"""Plain text, as it stands."""

from __future__ import annotations

import re

from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.units import Block, Reading, ReadingLimits, Unit

_CARD = re.compile(r"\ufeff?BEGIN:(?:VCALENDAR|VCARD|VEVENT)[ \t]*\r?\n", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\([nN,;\\])")


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the whole text as one unit."""
    del limits
    yield from read_text(decode(data))


def read_text(text: str) -> Reading:
    """Yield a text that is decoded already; of calendars and cards the lines that were cut are whole."""
    if _CARD.match(text):
        text = _ESCAPED.sub(_unescaped, _FOLD.sub("", text))
    yield Unit(key="text", blocks=(Block(text=text),))


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] in "nN" else match[1]
