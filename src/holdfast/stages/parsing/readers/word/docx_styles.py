"""Which Word paragraphs are headings or list items, and the number that Word shows before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.list_numbers import ListCounts, ListLevel
from holdfast.stages.parsing.readers.word.docx_paragraphs import is_tiny, is_vanished
from holdfast.stages.parsing.readers.xml import attribute, child, local, whole_number

_HEADING_NAME = re.compile(r"^(?:heading|überschrift|titre|título|titolo|kop)\s*(\d)$", re.IGNORECASE)
_TITLES = ("title", "titel")
_BODY_LEVEL = 9
_MOST_BASES = 20
_OFF = ("0", "false", "off")

Says = Callable[[Element | None], bool | None]
"""Says of run properties whether they hide letters, None when they do not say."""
_HIDING: tuple[Says, ...] = (is_vanished, is_tiny)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphStyle:
    """What a paragraph is, apart from its looks."""

    heading: int = 0
    """Level from 1; 0 for text."""
    list_id: str = ""
    list_level: int = 0


class Styles:
    """The document's paragraph styles."""

    def __init__(self, root: Element | None) -> None:
        elements = [style for style in (root if root is not None else ()) if local(style) == "style"]
        self._elements = {attribute(style, "styleId"): style for style in elements}
        self._known: dict[str, ParagraphStyle] = {}
        self._hidden: dict[tuple[str, Says], bool | None] = {}
        self._last: tuple[Element, Element | None] | None = None

    def of(self, paragraph: Element) -> ParagraphStyle:
        """Return what a paragraph is by its own properties, else by its style."""
        properties = child(paragraph, "pPr")
        if properties is None:
            return ParagraphStyle()
        named = child(properties, "pStyle")
        style = self._by_id(attribute(named, "val")) if named is not None else ParagraphStyle()
        return _with_properties(style, properties)

    def hides(self, run: Element, paragraph: Element) -> bool:
        """Return whether a run's letters are hidden or too small to be seen.

        It is said by itself, else by its style, else by its paragraph's style.
        """
        return any(self._said(run, paragraph, says) for says in _HIDING)

    def _said(self, run: Element, paragraph: Element, says: Says) -> bool:
        own = child(run, "rPr")
        said = says(own)
        if said is not None:
            return said
        for properties, name in ((own, "rStyle"), (self._properties(paragraph), "pStyle")):
            named = child(properties, name) if properties is not None else None
            if named is not None and (said := self._said_by(attribute(named, "val"), says)) is not None:
                return said
        return False

    def _properties(self, paragraph: Element) -> Element | None:
        """Return a paragraph's properties: each run asks, and looking for none goes through all runs."""
        if self._last is None or self._last[0] is not paragraph:
            self._last = paragraph, child(paragraph, "pPr")
        return self._last[1]

    @staticmethod
    def mark_vanishes(paragraph: Element) -> bool:
        """Return whether the end of a paragraph is hidden or deleted: an empty one then takes no place."""
        mark = child(paragraph, "pPr", "rPr")
        if mark is None:
            return False
        return bool(is_vanished(mark)) or any(child(mark, gone) is not None for gone in ("del", "moveFrom"))

    def _said_by(self, identifier: str, says: Says) -> bool | None:
        if (identifier, says) not in self._hidden:
            said = (says(child(element, "rPr")) for element in self._chain(identifier))
            self._hidden[identifier, says] = next((one for one in said if one is not None), None)
        return self._hidden[identifier, says]

    def _chain(self, identifier: str) -> list[Element]:
        """Return a style and those that it is based on, the farthest last."""
        chain: list[Element] = []
        while identifier in self._elements and len(chain) < _MOST_BASES:
            chain.append(self._elements[identifier])
            base = child(chain[-1], "basedOn")
            identifier = attribute(base, "val") if base is not None else ""
        return chain

    def _by_id(self, identifier: str) -> ParagraphStyle:
        if identifier not in self._known:
            self._known[identifier] = self._resolve(identifier)
        return self._known[identifier]

    def _resolve(self, identifier: str) -> ParagraphStyle:
        """Follow the chain of styles that this one is based on, the farthest first."""
        chain = self._chain(identifier)
        if not chain and (match := _HEADING_NAME.match(identifier)):
            return ParagraphStyle(heading=int(match[1]))
        style = ParagraphStyle()
        for element in reversed(chain):
            named = child(element, "name")
            style = _with_name(style, attribute(named, "val") if named is not None else "")
            properties = child(element, "pPr")
            style = _with_properties(style, properties) if properties is not None else style
        return style


def _with_name(style: ParagraphStyle, name: str) -> ParagraphStyle:
    match = _HEADING_NAME.match(name)
    if match:
        return replace(style, heading=int(match[1]))
    return replace(style, heading=1) if name.lower() in _TITLES else style


def _with_properties(style: ParagraphStyle, properties: Element) -> ParagraphStyle:
    outline, numbering = child(properties, "outlineLvl"), child(properties, "numPr")
    if outline is not None:
        level = whole_number(attribute(outline, "val"), _BODY_LEVEL)
        style = replace(style, heading=level + 1 if level < _BODY_LEVEL else 0)
    if numbering is not None:
        identifier, level_of_list = child(numbering, "numId"), child(numbering, "ilvl")
        style = replace(
            style,
            list_id=attribute(identifier, "val") if identifier is not None else style.list_id,
            list_level=min(8, whole_number(attribute(level_of_list, "val"), 0))
            if level_of_list is not None
            else style.list_level,
        )
    return style


class Numbering:
    """The document's lists, counted on as its paragraphs go by."""

    def __init__(self, root: Element | None) -> None:
        self._levels: dict[str, dict[int, ListLevel]] = {}
        self._counts = ListCounts()
        self._counted_as: dict[str, str] = {}
        elements = list(root) if root is not None else []
        shapes = {
            attribute(shape, "abstractNumId"): shape for shape in elements if local(shape) == "abstractNum"
        }
        for number in elements:
            link = child(number, "abstractNumId") if local(number) == "num" else None
            shape = shapes.get(attribute(link, "val")) if link is not None else None
            if shape is None:
                continue
            identifier, overrides = (
                attribute(number, "numId"),
                [inner for inner in number if local(inner) == "lvlOverride"],
            )
            self._levels[identifier] = _overridden(_levels(shape), overrides)
            # Lists of one shape count on together unless one says where it starts.
            self._counted_as[identifier] = (
                identifier if overrides else f"shape {attribute(shape, 'abstractNumId')}"
            )

    def label(self, list_id: str, level: int) -> str:
        """Return what Word shows before the next item of this list: `-`, `3.`, `2.1`; empty outside lists."""
        levels = self._levels.get(list_id)
        if not list_id or list_id == "0" or levels is None:
            return ""
        return self._counts.label(self._counted_as[list_id], levels, level)


def _levels(shape: Element) -> dict[int, ListLevel]:
    return {
        whole_number(attribute(level, "ilvl"), 0): ListLevel(
            form=_value(level, "numFmt", "decimal"),
            pattern=_value(level, "lvlText", ""),
            start=whole_number(_value(level, "start", "1"), 1),
            is_legal=_value(level, "isLgl", _OFF[0], bare="1") not in _OFF,
        )
        for level in shape
        if local(level) == "lvl"
    }


def _overridden(levels: dict[int, ListLevel], overrides: Iterable[Element]) -> dict[int, ListLevel]:
    """Return the levels as a list changes them: described anew, or begun at another number."""
    found = dict(levels)
    for override in overrides:
        found |= _levels(override)
        start, level = _value(override, "startOverride", ""), whole_number(attribute(override, "ilvl"), 0)
        if start and level in found:
            found[level] = replace(found[level], start=whole_number(start, 1))
    return found


def _value(element: Element, name: str, default: str, *, bare: str = "") -> str:
    """Return the value of an element inside; `bare` when it stands there without one."""
    inner = child(element, name)
    return default if inner is None else attribute(inner, "val") or bare
