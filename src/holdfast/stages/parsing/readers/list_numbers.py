"""The number that is shown before a list item, counted on as paragraphs go by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from holdfast.stages.parsing.readers.sheets.blocks import column_letters

BULLET, NONE = "bullet", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLevel:
    """How items of one level of a list are numbered."""

    form: str = BULLET
    """As DOCX names it: `decimal`, `lowerLetter` (z, aa, bb), `upperRoman`, ...; `lowerColumn`: z, aa, ab."""
    pattern: str = ""
    """What stands before the item; `%1` is the number of the first level, `%2` of the second."""
    start: int = 1
    is_legal: bool = False
    """Numbers of the levels above are shown in figures, whatever their own form is."""


class ListCounts:
    """How far each list has been counted."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[int, int]] = {}

    def label(
        self, counted_as: str, levels: Mapping[int, ListLevel], level: int, *, start: int | None = None
    ) -> str:
        """Return what is shown before the next item: `-`, `3.`, `2.1`; empty where nothing is.

        Lists that are `counted_as` the same count on together; `start` is the number of an item that
        does not count on.
        """
        shape = levels.get(level, ListLevel())
        counts = self._counts.setdefault(counted_as, {})
        counts[level] = counts.get(level, shape.start - 1) + 1 if start is None else start
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        if shape.form == BULLET:
            return "-"

        def shown(match: re.Match[str]) -> str:
            number = int(match[1]) - 1
            of = levels.get(number, ListLevel(form="decimal"))
            if of.form in (BULLET, NONE):
                return ""
            return in_form(counts.get(number, of.start), "decimal" if shape.is_legal else of.form)

        return re.sub(r"%(\d)", shown, shape.pattern).strip()


def in_form(count: int, form: str) -> str:
    """Return a number as a list shows it, in figures where its form has no sign for it."""
    if form in ("lowerLetter", "upperLetter") and count > 0:
        letter = chr(ord("a") + (count - 1) % 26) * min((count - 1) // 26 + 1, 30)
        return letter.upper() if form == "upperLetter" else letter
    if form in ("lowerColumn", "upperColumn") and count > 0:
        letters = column_letters(count)
        return letters if form == "upperColumn" else letters.lower()
    if form in ("lowerRoman", "upperRoman") and count > 0:
        roman = _roman(min(count, 3999))
        return roman if form == "upperRoman" else roman.lower()
    return f"{count:02d}" if form == "decimalZero" else str(count)


def _roman(count: int) -> str:
    text = ""
    for value, sign in zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    ):
        text += sign * (count // value)
        count %= value
    return text
