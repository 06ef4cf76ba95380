"""Tell whether a text has one of the formats that a schema may ask for."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})\Z")
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@(?:[\w-]{1,63}\.)+[^\W\d_]{2,63}\Z")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?://[^\s/?#]+)?[^\s<>\"{}|\\^`]*\Z")
_FRACTION = re.compile(r"\.\d+")
_LONGEST = 2_000


def has_format(text: str, name: str) -> bool:
    """Return whether the text is a `date`, `date-time` (with its offset), `email` or `uri`."""
    return len(text) <= _LONGEST and FORMATS[name](text)


def _is_date(text: str) -> bool:
    return bool(_DATE.match(text)) and _is_read(date.fromisoformat, text)


def _is_moment(text: str) -> bool:
    plain = _FRACTION.sub("", text.upper())  # Python reads three or six digits of a second, others any
    return bool(_MOMENT.match(text)) and _is_read(datetime.fromisoformat, plain)


def _is_read(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _is_uri(text: str) -> bool:
    return bool(_URI.match(text)) and not text.endswith(":")


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_moment,
    "email": lambda text: bool(_EMAIL.match(text)),
    "uri": _is_uri,
}
