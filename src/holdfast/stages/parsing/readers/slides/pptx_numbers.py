"""The numbers that PowerPoint shows before the paragraphs of a shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.list_numbers import ListCounts, ListLevel
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_inherited import Inheritance
from holdfast.stages.parsing.readers.xml import child, local, whole_number

_FORMS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_PATTERNS = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}", "Minus": "{}-"}
_BULLETS = ("buNone", "buChar", "buBlip", "buAutoNum")


_MAY_NUMBER = re.compile(rb"buAutoNum")


def list_styles(package: Package, main: str) -> Inheritance:
    """Return what the paragraphs of a deck's slides inherit their numbers from."""
    return Inheritance(package, main, _MAY_NUMBER)


class SlideNumbers:
    """Counts the paragraphs of one shape as they go by."""

    def __init__(self, body: Element, inherited: Iterable[Element | None] = ()) -> None:
        """Take the shape's text, and the styles it follows where it says nothing itself, nearest first."""
        self._styles = [child(body, "lstStyle"), *inherited]
        self._counts = ListCounts()
        self._open: dict[int, tuple[str, int]] = {}
        """The kind of number and the list of each level that is being counted."""
        self._begun = 0

    def label(self, paragraph: Element, level: int) -> str:
        """Return the number before the next paragraph that shows something, empty when it has none.

        Another paragraph of its level without a number, or with one of another kind, ends a list; paragraphs
        further in do not.
        """
        for other in [other for other in self._open if other > level]:
            del self._open[other]
        numbers = self._numbers(paragraph, level)
        if numbers is None:
            self._open.pop(level, None)
            return ""
        kind, start = numbers.get("type", "arabicPeriod"), numbers.get("startAt", "1")
        before = self._open.get(level)
        if before is None or before[0] != kind + start:
            self._begun += 1
            before = self._open[level] = kind + start, self._begun
        return self._counts.label(str(before[1]), {0: _shape(kind, start)}, 0)

    def _numbers(self, paragraph: Element, level: int) -> Element | None:
        """Return what numbers a paragraph: its own properties, else the nearest style that says anything."""
        name = f"lvl{level + 1}pPr"
        of_level = (child(style, name) for style in self._styles if style is not None)
        for properties in (child(paragraph, "pPr"), *of_level):
            for mark in properties if properties is not None else ():
                if local(mark) in _BULLETS:
                    return mark if local(mark) == "buAutoNum" else None
        return None


def _shape(kind: str, start: str) -> ListLevel:
    """Return how a kind such as `romanLcParenR` is shown; kinds of other scripts are shown in figures."""
    form = next((form for name, form in _FORMS.items() if kind.startswith(name)), "decimal")
    pattern = next((pattern for name, pattern in _PATTERNS.items() if kind.endswith(name)), "{}")
    return ListLevel(form=form, pattern=pattern.format("%1"), start=whole_number(start, 1))
