"""What is drawn over an OpenDocument sheet: text boxes, shapes, the titles of charts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.odf.styles import OdfStyles
from holdfast.stages.parsing.readers.odf.text import OdfText
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import BOX, CHART, Sheet, cell_name
from holdfast.stages.parsing.readers.xml import attribute, local
from holdfast.stages.parsing.units import Block

SHAPES = frozenset(
    {
        "frame", "custom-shape", "g", "a", "rect", "ellipse", "circle", "caption", "polygon", "polyline",
        "regular-polygon", "path", "line", "connector", "measure",
    }
)  # fmt: skip
_TITLES = ("title", "subtitle", "footer")

Drawn = tuple[Element, int, int]
"""A shape, with row and column of the cell that it hangs on, from 1, 0 where it floats over the sheet."""


def floating(table: Element) -> Iterator[Drawn]:
    """Yield the shapes of a sheet that hang on no cell."""
    for holder in table:
        if local(holder) == "shapes":
            yield from ((shape, 0, 0) for shape in holder if local(shape) in SHAPES)


def drawn(package: Package, styles: OdfStyles, shape: Drawn, sheet: Sheet) -> Iterator[Block]:
    """Yield the words of a shape, and the titles of the charts in it and of their axes."""
    element, row, column = shape
    place = Locator(sheet=sheet.name, cells=cell_name(row, column) if row else None, part=BOX)
    holder = Element("holder")
    holder.append(element)
    yield from OdfText(styles, place=place, white=False).blocks(holder, hidden=sheet.hidden)
    for inner in element.iter():
        if local(inner) == "object":
            text = "\n".join(_titles(package, attribute(inner, "href")))
            if text:
                yield Block(text=text, locator=replace(place, part=CHART), hidden=sheet.hidden)


def _titles(package: Package, path: str) -> Iterator[str]:
    root = package.optional_xml(posixpath.normpath(posixpath.join(path, "content.xml"))) if path else None
    for chart in root.iter() if root is not None else ():
        if local(chart) == "chart":
            for title in (one for one in chart.iter() if local(one) in _TITLES):
                text = " ".join("".join(title.itertext()).split())
                if text:
                    yield text
            return
