"""How the levels of an OpenDocument list or of its headings are numbered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.list_numbers import BULLET, NONE, ListLevel
from holdfast.stages.parsing.readers.xml import attribute, local, whole_number

LEVELS = 9
"""Levels below the ninth are shown as the ninth; programs offer ten."""

_NUMBERS = ("list-level-style-number", "outline-level-style")
_MARKS = ("list-level-style-bullet", "list-level-style-image")
_FORMS = {"1": "decimal", "a": "lowerColumn", "A": "upperColumn", "i": "lowerRoman", "I": "upperRoman"}
_IN_STEP = {"a": "lowerLetter", "A": "upperLetter"}


def levels_of(style: Element) -> dict[int, ListLevel]:
    """Return the levels, from 0, of a `text:list-style` or `text:outline-style`."""
    elements = {
        whole_number(attribute(element, "level"), 0) - 1: element
        for element in style
        if local(element) in _NUMBERS + _MARKS
    }
    forms = {level: _form(element) for level, element in elements.items()}
    return {
        level: ListLevel(
            form=forms[level],
            pattern=_pattern(element, level, forms),
            start=whole_number(attribute(element, "start-value"), 1),
            is_legal=attribute(element, "is-legal") == "true",
        )
        for level, element in elements.items()
        if 0 <= level < LEVELS
    }


def _form(element: Element) -> str:
    if local(element) in _MARKS:
        return BULLET
    form = attribute(element, "num-format")
    if not form:
        return NONE
    if attribute(element, "num-letter-sync") == "true" and form in _IN_STEP:
        return _IN_STEP[form]
    return _FORMS.get(form, "decimalZero" if form.startswith("01") else "decimal")


def _pattern(element: Element, level: int, forms: Mapping[int, str]) -> str:
    """Return what stands before an item, `%1` for the number of the first level."""
    written = attribute(element, "num-list-format")
    if written:
        return _written(written, forms)
    shown = min(whole_number(attribute(element, "display-levels"), 1), level + 1)
    numbers = [
        f"%{number + 1}"
        for number in range(level + 1 - shown, level + 1)
        if forms.get(number) not in (BULLET, NONE)
    ]
    return attribute(element, "num-prefix") + ".".join(numbers) + attribute(element, "num-suffix")


def _written(written: str, forms: Mapping[int, str]) -> str:
    """Return a pattern as LibreOffice writes it, `%1%.%2%.`, without levels that show no number.

    What follows the place of such a level goes with it, as in LibreOffice: `1.1`, not `1..1`.
    """
    lead, *rest = re.split(r"%(\d+)%", written)
    pattern = lead
    for number, between in zip(rest[::2], rest[1::2], strict=True):
        is_last = number == rest[-2]
        if len(number) == 1 and forms.get(int(number) - 1) not in (BULLET, NONE):
            pattern += f"%{number}{between}"
        elif is_last:
            pattern += between
    return pattern
