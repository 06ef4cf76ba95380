"""What a shape of a slide inherits from its layout, its master and its deck."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.slides.pptx_placeholders import placeholder_of, same_place
from holdfast.stages.parsing.readers.xml import child
from holdfast.stages.parsing.units import Unreadable

_TITLES = ("title", "ctrTitle")
_OTHERS = ("dt", "ftr", "sldNum")


@dataclass(frozen=True, slots=True, kw_only=True)
class Above:
    """The parts that a slide inherits from; None where none of them holds what is looked for."""

    layout: Element | None = None
    master: Element | None = None
    deck: Element | None = None

    @property
    def is_plain(self) -> bool:
        """Return whether nothing that is looked for is inherited."""
        return self.layout is None and self.master is None and self.deck is None


class Inheritance:
    """A deck, its masters and its layouts, looked into only where they hold some bytes; most hold none."""

    def __init__(self, package: Package, main: str, wanted: re.Pattern[bytes]) -> None:
        self._package = package
        self._main = main
        self._wanted = wanted
        self._suspect: dict[str, bool] = {}
        self._parsed: dict[str, Element | None] = {}

    def above(self, slide: str) -> Above:
        """Return what a slide inherits from."""
        layout = self._package.first_related(slide, "slideLayout")
        master = self._package.first_related(layout, "slideMaster") if layout else ""
        if not any(self._is_suspect(path) for path in (layout, master, self._main)):
            return Above()
        return Above(layout=self._root(layout), master=self._root(master), deck=self._root(self._main))

    def _is_suspect(self, path: str) -> bool:
        if path not in self._suspect:
            try:
                found = path and self._wanted.search(self._package.read(path))
            except Unreadable:
                found = None
            self._suspect[path] = bool(found)
        return self._suspect[path]

    def _root(self, path: str) -> Element | None:
        if path not in self._parsed:
            self._parsed[path] = self._package.optional_xml(path)
        return self._parsed[path]


def inherited_styles(shape: Element, above: Above) -> Iterator[Element | None]:
    """Yield the styles that a shape's paragraphs follow when it says nothing itself, nearest first."""
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
