"""Letters of a slide that are a point or less, by their own size or by the one that they inherit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_placeholders import placeholder_of, same_place
from holdfast.stages.parsing.readers.xml import child, local
from holdfast.stages.parsing.units import Unreadable

_TINY = 100
"""Hundredths of a point."""
_MAY_BE_TINY = re.compile(rb"""\ssz=["'](?:100|\d{1,2})["']""")
_TITLES = ("title", "ctrTitle")
_OTHERS = ("dt", "ftr", "sldNum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """The parts that a slide inherits sizes from; None where none of them gives one that small."""

    layout: Element | None = None
    master: Element | None = None
    deck: Element | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether no letters become tiny by what they inherit."""
        return self.layout is None and self.master is None and self.deck is None


class LetterSizes:
    """The sizes that a deck, its masters and its layouts give; most decks have none to look into."""

    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        self._main = main
        self._suspect: dict[str, bool] = {}
        self._parsed: dict[str, Element | None] = {}

    def above(self, slide: str) -> Above:
        """Return what the letters of a slide inherit their size from."""
        layout = self._package.first_related(slide, "slideLayout")
        master = self._package.first_related(layout, "slideMaster") if layout else ""
        if not any(self._may_be_tiny(path) for path in (layout, master, self._main)):
            return Above()
        return Above(layout=self._root(layout), master=self._root(master), deck=self._root(self._main))

    def _may_be_tiny(self, path: str) -> bool:
        if path not in self._suspect:
            try:
                found = path and _MAY_BE_TINY.search(self._package.read(path))
            except Unreadable:
                found = None
            self._suspect[path] = bool(found)
        return self._suspect[path]

    def _root(self, path: str) -> Element | None:
        if path not in self._parsed:
            self._parsed[path] = self._package.optional_xml(path)
        return self._parsed[path]


def tiny_runs(shape: Element, above: Above) -> frozenset[Element]:
    """Return the runs of a shape, those in its cells too, whose letters are too small to be seen."""
    if above.is_plain and not any(_is_tiny(element.get("sz")) for element in shape.iter()):
        return frozenset()
    return frozenset(_tiny_in(shape, above))


def _tiny_in(shape: Element, above: Above) -> Iterator[Element]:
    for body in (element for element in shape.iter() if local(element) == "txBody"):
        styles = [child(body, "lstStyle"), *_inherited(shape, above)]
        for paragraph in (element for element in body if local(element) == "p"):
            level = _level(paragraph)
            of_level = next((size for style in styles if (size := _size(style, level))), None)
            for run in paragraph:
                own = child(run, "rPr")
                size = own.get("sz") if own is not None else None
                if _is_tiny(size or of_level):
                    yield run


def _inherited(shape: Element, above: Above) -> Iterator[Element | None]:
    """Yield the styles that a shape's letters follow when it says nothing itself, nearest first."""
    wanted = placeholder_of(shape)
    if wanted is not None:
        model = _model(wanted, above.layout)
        kind = wanted.get("type") or ""
        if model is not None:
            yield child(model, "txBody", "lstStyle")
            of_model = placeholder_of(model)
            kind = kind or (of_model.get("type") or "" if of_model is not None else "")
        kind = "title" if kind in _TITLES else kind if kind in _OTHERS else "body"
        main = _of_kind(kind, above.master)
        yield child(main, "txBody", "lstStyle") if main is not None else None
        named = "otherStyle" if kind in _OTHERS else f"{kind}Style"
        yield child(above.master, "txStyles", named) if above.master is not None else None
    yield child(above.deck, "defaultTextStyle") if above.deck is not None else None


def _model(wanted: Element, layout: Element | None) -> Element | None:
    """Return the placeholder of a layout that one of a slide follows: that of its number, if it has one."""
    number = wanted.get("idx")
    for shape in _shapes(layout):
        holder = placeholder_of(shape)
        if holder is None or (number is not None and holder.get("idx") != number):
            continue
        if same_place(wanted, holder):
            return shape
    return None


def _of_kind(kind: str, master: Element | None) -> Element | None:
    for shape in _shapes(master):
        holder = placeholder_of(shape)
        if holder is not None and holder.get("type", "body") == kind:
            return shape
    return None


def _shapes(root: Element | None) -> Iterator[Element]:
    tree = child(root, "cSld", "spTree") if root is not None else None
    yield from tree if tree is not None else ()


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
