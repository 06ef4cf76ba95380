"""What is drawn over an OpenDocument sheet: text boxes, shapes, the titles of charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.odf.styles import OdfStyles
from holdfast.stages.parsing.readers.odf.text import OdfText
from holdfast.stages.parsing.readers.sheets.blocks import BOX, CHART, Sheet, cell_name
from holdfast.stages.parsing.readers.xml import local
from holdfast.stages.parsing.units import Block

SHAPES = frozenset(
    {
        "frame", "custom-shape", "g", "a", "rect", "ellipse", "circle", "caption", "polygon", "polyline",
        "regular-polygon", "path", "line", "connector", "measure",
    }
)  # fmt: skip

Drawn = tuple[Element, int, int]
"""A shape, with row and column of the cell that it hangs on, from 1, 0 where it floats over the sheet."""


def floating(table: Element) -> Iterator[Drawn]:
    """Yield the shapes of a sheet that hang on no cell."""
    for holder in table:
        if local(holder) == "shapes":
            yield from ((shape, 0, 0) for shape in holder if local(shape) in SHAPES)


def drawn(styles: OdfStyles, shape: Drawn, sheet: Sheet) -> Iterator[Block]:
    """Yield the words of a shape, and the titles of the charts in it and of their axes."""
    element, row, column = shape
    place = Locator(sheet=sheet.name, cells=cell_name(row, column) if row else None, part=BOX)
    holder = Element("holder")
    holder.append(element)
    yield from OdfText(styles, place=place, white=False, with_objects=False).blocks(
        holder, hidden=sheet.hidden
    )
    for inner in element.iter():
        if local(inner) == "object" and (text := styles.objects.titles(inner)):
            place = replace(place, part=CHART)
            yield Block(text=text, locator=place, hidden=sheet.hidden)
