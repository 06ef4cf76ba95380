"""What a browser shows before the items of one list."""

from __future__ import annotations

import re
from collections.abc import Mapping

from holdfast.stages.parsing.readers.list_numbers import in_form

_WHOLE = re.compile(r"\s*(-?\d{1,6})\s*")
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_STYLED = re.compile(
    r"list-style(?:-type)?\s*:\s*(?:(?:in|out)side\s+)?(none|disc|circle|square|decimal|(?:low|upp)er-(?:alpha|latin|roman))\b",
    re.IGNORECASE,
)
_NONE = "none"
_STYLES = {
    "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter", "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter", "lower-roman": "lowerRoman", "upper-roman": "upperRoman",
    "decimal": "decimal", "none": _NONE, "disc": _NONE, "circle": _NONE, "square": _NONE,
}  # fmt: skip


class HtmlList:
    """Counts the items of an `ol`; those of another list have a dash."""

    def __init__(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        self._step = -1 if "reversed" in attributes else 1
        # One that counts down to 1 has its first number from how many items follow.
        is_known = self._step > 0 or _WHOLE.fullmatch(attributes.get("start") or "") is not None
        self._form = _form(attributes) or "decimal"
        self._is_ordered = tag == "ol" and is_known and self._form != _NONE
        self._next = _number(attributes.get("start"), 1)

    def label(self, attributes: Mapping[str, str | None]) -> str:
        """Return what stands before the next `li`, which may say its number itself."""
        if not self._is_ordered:
            return "-"
        number = _number(attributes.get("value"), self._next)
        self._next = number + self._step
        form = _form(attributes) or self._form
        return "-" if form == _NONE else f"{in_form(number, form)}."


def _form(attributes: Mapping[str, str | None]) -> str:
    if styled := _STYLED.search(attributes.get("style") or ""):
        return _STYLES.get(styled[1].lower(), "")
    return _FORMS.get((attributes.get("type") or "").strip(), "")


def _number(text: str | None, default: int) -> int:
    found = _WHOLE.fullmatch(text or "")
    return int(found[1]) if found else default
