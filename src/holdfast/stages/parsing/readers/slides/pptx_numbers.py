"""The numbers that PowerPoint shows before the paragraphs of a shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_inherited import Inheritance
from holdfast.stages.parsing.readers.slides.slide_counts import SlideCounts
from holdfast.stages.parsing.readers.xml import child, local

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
        self._counts = SlideCounts()

    def label(self, paragraph: Element, level: int) -> str:
        """Return the number before the next paragraph that shows something, empty when it has none."""
        numbers = self._numbers(paragraph, level)
        if numbers is None:
            self._counts.unnumbered(level)
            return ""
        return self._counts.label(level, numbers.get("type", "arabicPeriod"), numbers.get("startAt", "1"))

    def _numbers(self, paragraph: Element, level: int) -> Element | None:
        """Return what numbers a paragraph: its own properties, else the nearest style that says anything."""
        name = f"lvl{level + 1}pPr"
        of_level = (child(style, name) for style in self._styles if style is not None)
        for properties in (child(paragraph, "pPr"), *of_level):
            for mark in properties if properties is not None else ():
                if local(mark) in _BULLETS:
                    return mark if local(mark) == "buAutoNum" else None
        return None
