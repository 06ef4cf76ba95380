"""Letters of a slide that are a point or less, by their own size or by the one that they inherit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_inherited import Above, Inheritance, inherited_styles
from holdfast.stages.parsing.readers.xml import child, local

_BODIES = ("txBody", "rich")
_TINY = 100
"""Hundredths of a point."""
_MAY_BE_TINY = re.compile(rb"""\ssz=["'](?:100|\d{1,2})["']""")


def letter_sizes(package: Package, main: str) -> Inheritance:
    """Return what the letters of a deck's slides inherit their sizes from."""
    return Inheritance(package, main, _MAY_BE_TINY)


def tiny_runs(shape: Element, above: Above) -> frozenset[Element]:
    """Return the runs of a shape, those in its cells too, whose letters are too small to be seen."""
    if above.is_plain and not any(_is_tiny(element.get("sz")) for element in shape.iter()):
        return frozenset()
    return frozenset(_tiny_in(shape, above))


def _tiny_in(shape: Element, above: Above) -> Iterator[Element]:
    for body in (element for element in shape.iter() if local(element) in _BODIES):
        styles = [child(body, "lstStyle"), *inherited_styles(shape, above)]
        for paragraph in (element for element in body if local(element) == "p"):
            level = _level(paragraph)
            of_level = next((size for style in styles if (size := _size(style, level))), None)
            for run in paragraph:
                own = child(run, "rPr")
                size = own.get("sz") if own is not None else None
                if _is_tiny(size or of_level):
                    yield run


def _level(paragraph: Element) -> int:
    properties = child(paragraph, "pPr")
    level = properties.get("lvl", "0") if properties is not None else "0"
    return int(level) if level in "012345678" and level else 0


def _size(style: Element | None, level: int) -> str | None:
    """Return the size that a style gives to the letters of a level, as it is written."""
    if style is None:
        return None
    for name in (f"lvl{level + 1}pPr", "defPPr"):
        given = child(style, name, "defRPr")
        if given is not None and given.get("sz"):
            return given.get("sz")
    return None


def _is_tiny(size: str | None) -> bool:
    return size is not None and size.isdecimal() and int(size) <= _TINY
