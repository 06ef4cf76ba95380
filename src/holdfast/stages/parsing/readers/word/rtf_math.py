"""The equations of an RTF file: groups of words that name the same parts as those of DOCX do."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from holdfast.stages.parsing.readers.word.equations import line_of

MATH = "moMath"
_VALUES = ("begChr", "endChr", "sepChr", "chr", "type")
_DEEPEST = 50
_TOO_DEEP = "box"
"""An element that is read as what stands in it."""


class RtfMath:
    """Takes the braces, words and letters between those of one equation."""

    def __init__(self) -> None:
        self._root = Element("oMath")
        self._open: list[Element | None] = []
        """The element of each open group, None for one that names none."""
        self._elements = [self._root]

    def opened(self) -> None:
        """Take a brace that opens a group."""
        self._open.append(None)

    def named(self, word: str) -> None:
        """Take a word: the first of a group that is one of equations says what the group is."""
        if self._open and self._open[-1] is None and word.startswith("m"):
            name = word[1:] if len(self._elements) < _DEEPEST else _TOO_DEEP
            element = SubElement(self._elements[-1], name)
            self._open[-1] = element
            self._elements.append(element)

    def said(self, text: str) -> None:
        """Take letters."""
        element = self._elements[-1]
        if element.tag in _VALUES:
            element.set("val", element.get("val", "") + text.strip())
        else:
            SubElement(element, "t").text = text

    def closed(self) -> None:
        """Take a brace that closes a group."""
        if self._open and self._open.pop() is not None:
            self._elements.pop()

    @property
    def line(self) -> str:
        """Return the equation from left to right."""
        return line_of(self._root)
