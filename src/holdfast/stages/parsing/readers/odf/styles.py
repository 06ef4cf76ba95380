"""The styles of an OpenDocument file: which hide what they are put on, which number it."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.left_out import LeftOut
from holdfast.stages.parsing.readers.list_numbers import ListLevel
from holdfast.stages.parsing.readers.odf.list_styles import levels_of
from holdfast.stages.parsing.readers.odf.objects import OdfObjects
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.xml import attribute, local

_WHITE = "#ffffff"
_MOST_PARENTS = 20
_NO_COLOUR = ("", "transparent", _WHITE)
_TINY_POINTS = 1.0
"""Letters up to this size are a line at most; programs write none smaller that are to be read."""
_HIDDEN_SLIDE = "hidden"
_OUTLINE = "Outline"


class OdfStyles:
    """The styles of content and of the whole document, by family and name."""

    def __init__(self, package: Package, content: Element) -> None:
        self._styles: dict[tuple[str, str], Element] = {}
        self._known: dict[tuple[str, str, bool], bool] = {}
        self.left_out = LeftOut()
        self.objects = OdfObjects(package, content, self.left_out)
        self.lists: dict[str, dict[int, ListLevel]] = {}
        """The levels of each list style, those of the headings among them, by name."""
        self.outline = ""
        """Name of the list style of headings, empty where headings have no numbers."""
        for root in (package.optional_xml("styles.xml"), content):
            for style in _styles_of(root):
                self._add(style)

    def _add(self, style: Element) -> None:
        kind, name = local(style), attribute(style, "name")
        if kind == "style":
            self._styles[attribute(style, "family"), name] = style
        elif kind == "list-style":
            self.lists[name] = levels_of(style)
        elif kind == "outline-style":
            self.outline = name or _OUTLINE
            self.lists[self.outline] = levels_of(style)

    def hides(self, element: Element, family: str, *, white: bool = True) -> bool:
        """Return whether the style of an element makes it invisible; `white`: white letters too."""
        key = family, attribute(element, "style-name"), white
        if key not in self._known:
            chain = list(self._chain(*key[:2]))
            sizes = (attribute(properties, "font-size") for style in chain for properties in style)
            nearest = next((points for points in map(_points, sizes) if points is not None), None)
            tiny = nearest is not None and nearest <= _TINY_POINTS
            self._known[key] = tiny or any(_is_hiding(style, white=white) for style in chain)
        return self._known[key]

    def hides_master(self, page: Element) -> bool:
        """Return whether a slide shows nothing of what stands on its master page."""
        for style in self._chain("drawing-page", attribute(page, "style-name")):
            said = (attribute(properties, "background-objects-visible") for properties in style)
            if told := next(filter(None, said), ""):
                return told == "false"
        return False

    def name_of(self, element: Element, family: str) -> str:
        """Return the element's named style: of an automatic one, the one that it is based on."""
        name = attribute(element, "style-name")
        style = self._styles.get((family, name))
        if style is None:
            return name
        return attribute(style, "display-name") or attribute(style, "parent-style-name") or name

    def list_of(self, paragraph: Element) -> str:
        """Return the name of the list style that a paragraph's style gives it, empty when it gives none."""
        for style in self._chain("paragraph", attribute(paragraph, "style-name")):
            named = _list_named(style)
            if named is not None:
                return named
        return ""

    def numbers_heading(self, heading: Element) -> bool:
        """Return whether the style of a heading counts among those that headings are numbered by.

        As in LibreOffice: it, or one it is based on, belongs to a level of the outline, and none before names
        another list or none. A style that the file does not describe counts as one.
        """
        style = None
        for style in self._chain("paragraph", attribute(heading, "style-name")):
            named = _list_named(style)
            if named is not None:
                return named == self.outline
            if attribute(style, "default-outline-level"):
                return True
        return style is None

    def _chain(self, family: str, name: str) -> Iterator[Element]:
        for _ in range(_MOST_PARENTS):
            style = self._styles.get((family, name))
            if style is None:
                return
            yield style
            name = attribute(style, "parent-style-name")


def _styles_of(root: Element | None) -> Iterator[Element]:
    for group in root if root is not None else ():
        if local(group) in ("styles", "automatic-styles"):
            yield from group


def _list_named(style: Element) -> str | None:
    """Return the list style that a style names, empty when it says none, None when it does not say."""
    said = (value for key, value in style.items() if key.endswith("}list-style-name"))
    return next(said, None)


def _is_hiding(style: Element, *, white: bool) -> bool:
    """Tell white on white, hidden text, tables and slides that are not shown."""
    is_white = filled = False
    for properties in style:
        if attribute(properties, "visibility") == _HIDDEN_SLIDE:
            return True
        if attribute(properties, "display") in ("none", "false"):
            return True
        if local(properties).endswith("-properties"):
            is_white = is_white or attribute(properties, "color").lower() == _WHITE
            filled = filled or attribute(properties, "background-color").lower() not in _NO_COLOUR
    return white and is_white and not filled


def _points(size: str) -> float | None:
    """Return a size such as `0.5pt` in points; None for one in other units or none, which says nothing."""
    points, unit = size[:-2], size[-2:]
    return float(points) if unit == "pt" and points.replace(".", "", 1).isdecimal() else None
