"""Which letters drawn over an XLSX sheet nobody sees: tiny, without ink, or in the colour of their ground."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.drawn_colours import (
    Colour,
    Hides,
    Palette,
    fill_of,
    hides_by_colour,
    palette_of,
)
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_inherited import Above
from holdfast.stages.parsing.readers.slides.pptx_sizes import tiny_runs
from holdfast.stages.parsing.readers.xml import child, local

_WHITE = (255, 255, 255)
_THINGS = ("sp", "pic", "graphicFrame", "contentPart")


def theme_of(package: Package, main: str) -> Palette:
    """Return the colours of a workbook's theme."""
    return palette_of(package.optional_xml(package.first_related(main, "theme")), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What letters over one sheet stand on."""

    palette: Palette
    is_white: bool = False
    """Whether no cell of the workbook has a colour, a table or a picture behind it: then a sheet is white."""

    def hides(self, shape: Element, drawing: Element) -> Hides:
        """Return what tells of a shape's runs whether nobody sees them; `drawing` holds all that is drawn."""
        tiny = tiny_runs(shape, Above())
        by_colour = hides_by_colour(shape, lambda: self.palette, partial(self._behind, shape, drawing))
        return (lambda run: run in tiny or by_colour(run)) if tiny else by_colour

    def _behind(self, shape: Element, drawing: Element) -> Colour | None:
        """Return the colour behind a shape's letters, None where it cannot be told."""
        own = fill_of(child(shape, "spPr"))
        if own is not None and local(own) != "noFill":
            return self.palette.colour(own) if local(own) == "solidFill" else None
        if own is None and _is_filled_by_style(shape):
            return None
        things = sum(local(one) in _THINGS for one in drawing.iter())
        return _WHITE if self.is_white and things == 1 else None


def _is_filled_by_style(shape: Element) -> bool:
    reference = child(shape, "style", "fillRef")
    return reference is not None and reference.get("idx") != "0"
