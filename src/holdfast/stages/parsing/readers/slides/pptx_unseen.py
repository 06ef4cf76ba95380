"""Which letters of a slide nobody sees: tiny, without ink, or in the colour of what is certainly behind them.

Only letters whose own colour is written are judged by it, and only where nothing else is painted under them:
white letters on a picture or on a dark shape are how slides are made.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.drawn_colours import (
    Colour,
    Hides,
    Palette,
    fill_of,
    hides_by_colour,
    no_letters,
    palette_of,
)
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_inherited import Inheritance
from holdfast.stages.parsing.readers.slides.pptx_placeholders import placeholder_of, same_place
from holdfast.stages.parsing.readers.slides.pptx_sizes import tiny_runs
from holdfast.stages.parsing.readers.xml import child, local

_FIRST_THEME_FILL = 1001
_THINGS = ("sp", "pic", "graphicFrame", "grpSp", "cxnSp", "contentPart")

Box = tuple[int, int, int, int]


class SlideLook:
    """What is behind the letters of one slide, worked out when letters of a suspicious colour turn up."""

    def __init__(self, package: Package, path: str, root: Element, sizes: Inheritance) -> None:
        self._package = package
        self._sizes = sizes.above(path)
        self._path = path
        self._root = root

    def hides(self, shape: Element) -> Hides:
        """Return what tells of this shape's runs whether nobody sees them."""
        tiny, by_colour = tiny_runs(shape, self._sizes), self._by_colour(shape)
        return (lambda run: run in tiny or by_colour(run)) if tiny else by_colour

    def hides_in_cells(self, frame: Element) -> Hides:
        """Return the same for the runs of a table, whose colours are not judged: cells are often dark."""
        tiny = tiny_runs(frame, self._sizes)
        return (lambda run: run in tiny) if tiny else no_letters

    def _by_colour(self, shape: Element) -> Hides:
        return hides_by_colour(shape, lambda: self._palette, lambda: self._behind(shape))

    def _behind(self, shape: Element) -> Colour | None:
        """Return the colour behind a shape's letters, None where it cannot be told."""
        own = fill_of(child(shape, "spPr"))
        if own is None and (child(shape, "style", "fillRef") is not None or _is_placeholder(shape)):
            reference = child(shape, "style", "fillRef")
            if reference is not None and reference.get("idx") != "0":
                return None
            if _is_placeholder(shape) and self._inherits_fill(shape):
                return None
        if own is not None and local(own) != "noFill":
            return self._palette.colour(own) if local(own) == "solidFill" else None
        return None if self._is_painted(shape) else self._background

    def _inherits_fill(self, shape: Element) -> bool:
        """Return whether a placeholder's model on layout or master is filled, or may be."""
        wanted = child(shape, "nvSpPr", "nvPr", "ph")
        for root in self._above:
            tree = child(root, "cSld", "spTree")
            for model in tree if tree is not None else ():
                holder = child(model, "nvSpPr", "nvPr", "ph")
                if holder is None or wanted is None or not same_place(wanted, holder):
                    continue
                fill = fill_of(child(model, "spPr"))
                if fill is not None and local(fill) != "noFill":
                    return True
        return False

    def _is_painted(self, shape: Element) -> bool:
        """Return whether anything else on slide, layout or master may be painted under the shape."""
        here = _box(shape)
        for root in (self._root, *self._above):
            tree = child(root, "cSld", "spTree")
            for thing in tree if tree is not None else ():
                if thing is shape or local(thing) not in (*_THINGS, "AlternateContent"):
                    continue
                if root is not self._root and _is_placeholder(thing):
                    continue  # a model for the slide's own, not shown itself
                if _paints(thing) and _may_overlap(here, _box(thing)):
                    return True
        return False

    @cached_property
    def _above(self) -> tuple[Element, ...]:
        """Return the layout and the master, as far as they can be read."""
        roots = (self._package.optional_xml(path) for path in (self._layout, self._master))
        return tuple(root for root in roots if root is not None)

    @cached_property
    def _layout(self) -> str:
        return self._package.first_related(self._path, "slideLayout")

    @cached_property
    def _master(self) -> str:
        return self._package.first_related(self._layout, "slideMaster") if self._layout else ""

    @cached_property
    def _theme(self) -> Element | None:
        path = self._package.first_related(self._master, "theme") if self._master else ""
        return self._package.optional_xml(path)

    @cached_property
    def _palette(self) -> Palette:
        names: dict[str, str] = {}
        for root in reversed((self._root, *self._above)):
            given = child(root, "clrMap")
            override = child(root, "clrMapOvr", "overrideClrMapping")
            for found in (given, override):
                names |= dict(found.items()) if found is not None else {}
        return palette_of(self._theme, names)

    @cached_property
    def _background(self) -> Colour | None:
        """Return the slide's background: its own, its layout's or its master's; white where none says."""
        for root in (self._root, *self._above):
            given = child(root, "cSld", "bg")
            if given is None:
                continue
            fill = fill_of(child(given, "bgPr"))
            if fill is not None:
                return self._palette.colour(fill) if local(fill) == "solidFill" else None
            return self._of_theme(child(given, "bgRef"))
        return (255, 255, 255)

    def _of_theme(self, reference: Element | None) -> Colour | None:
        """Return the colour of a background of the theme that is one colour all over."""
        number = reference.get("idx", "") if reference is not None else ""
        if reference is None or not number.isdecimal():
            return None
        theme = self._theme
        fills = None if theme is None else child(theme, "themeElements", "fmtScheme", "bgFillStyleLst")
        at = int(number) - _FIRST_THEME_FILL
        styles = list(fills) if fills is not None else []
        if not 0 <= at < len(styles) or local(styles[at]) != "solidFill":
            return None
        return self._palette.colour(styles[at], placeholder=self._palette.colour(reference))


def _is_placeholder(thing: Element) -> bool:
    return placeholder_of(thing) is not None


def _paints(thing: Element) -> bool:
    """Return whether a thing may cover what is behind it: all but shapes without a fill, and lines."""
    if local(thing) == "cxnSp":
        return False
    if local(thing) != "sp":
        return True
    fill = fill_of(child(thing, "spPr"))
    if fill is not None:
        return local(fill) != "noFill"
    reference = child(thing, "style", "fillRef")
    return reference is not None and reference.get("idx") != "0"


def _box(thing: Element) -> Box | None:
    """Return left, top, right, bottom in EMU, None where a thing does not say where it lies."""
    place = next(_places(thing), None)
    at = child(place, "off") if place is not None else None
    size = child(place, "ext") if place is not None else None
    try:
        left, top = int(at.get("x", "")), int(at.get("y", ""))  # type: ignore[union-attr]
        return left, top, left + int(size.get("cx", "")), top + int(size.get("cy", ""))  # type: ignore[union-attr]
    except (AttributeError, ValueError):
        return None


def _places(thing: Element) -> Iterator[Element]:
    for holder in (thing, *(child(thing, name) for name in ("spPr", "grpSpPr"))):
        place = child(holder, "xfrm") if holder is not None else None
        if place is not None:
            yield place


def _may_overlap(one: Box | None, other: Box | None) -> bool:
    if one is None or other is None:
        return True
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
