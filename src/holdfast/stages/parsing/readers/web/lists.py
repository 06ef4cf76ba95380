"""What a browser shows before the items of one list."""

from __future__ import annotations

import re
from collections.abc import Mapping

from holdfast.stages.parsing.readers.list_numbers import in_form

_WHOLE = re.compile(r"\s*(-?\d{1,6})\s*")
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


class HtmlList:
    """Counts the items of an `ol`; those of another list have a dash."""

    def __init__(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        self._is_ordered = tag == "ol"
        self._form = _form(attributes) or "decimal"
        self._next = _number(attributes.get("start"), 1)

    def label(self, attributes: Mapping[str, str | None]) -> str:
        """Return what stands before the next `li`, which may say its number itself."""
        if not self._is_ordered:
            return "-"
        number = _number(attributes.get("value"), self._next)
        self._next = number + 1
        return f"{in_form(number, _form(attributes) or self._form)}."


def _form(attributes: Mapping[str, str | None]) -> str:
    return _FORMS.get((attributes.get("type") or "").strip(), "")


def _number(text: str | None, default: int) -> int:
    found = _WHOLE.fullmatch(text or "")
    return int(found[1]) if found else default
