"""The lists of OpenDocument content: what is shown before their items, counted on as the walk goes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.list_numbers import ListCounts
from holdfast.stages.parsing.readers.odf.list_styles import LEVELS
from holdfast.stages.parsing.readers.odf.styles import OdfStyles
from holdfast.stages.parsing.readers.xml import attribute, child, local, whole_number

_OUTLINE = "outline"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlace:
    """A list that the walk has entered."""

    counted_as: str
    """Lists that go on one from another are counted as the same."""
    style: str = ""
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """The item that a paragraph stands in."""

    place: ListPlace
    style: str = ""
    is_counted: bool = True
    """Not so: headers of a list, and every paragraph of an item but the first."""
    goes_on: bool = False
    """A paragraph after the first: it stands further in."""
    start: int | None = None
    """Its number, where it does not count on."""
    written: str = ""
    """Its number as the program that saved the file showed it, where it says so."""


class OdfLists:
    """Knows the lists so far, for those that continue an earlier one."""

    def __init__(self, styles: OdfStyles) -> None:
        self._styles = styles
        self._counts = ListCounts()
        self._named: dict[str, str] = {}
        self._last: ListPlace | None = None
        self._begun = 0

    def items(self, element: Element, within: ListPlace | None = None) -> Iterator[tuple[Element, ListItem]]:
        """Yield the items and headers of a `text:list`, `within` the list around it."""
        place = self._entered(element, within)
        for inner in element:
            if local(inner) in ("list-item", "list-header"):
                yield inner, self._item(inner, place, is_counted=local(inner) == "list-item")

    def numbered(self, element: Element) -> ListItem:
        """Return the item that a `text:numbered-paragraph` is: it names its list and its level."""
        depth = min(max(whole_number(attribute(element, "level"), 1), 1), LEVELS) - 1
        counted_as = f"named {attribute(element, 'list-id')}"
        place = ListPlace(counted_as=counted_as, style=attribute(element, "style-name"), depth=depth)
        return self._item(element, place)

    def label(self, paragraph: Element, item: ListItem) -> str:
        """Return what is shown before the paragraph: `-`, `3.`, `2.1`; empty where nothing is."""
        if not item.is_counted:
            return ""
        style = item.style or item.place.style or self._styles.list_of(paragraph)
        levels = self._styles.lists.get(style)
        written = item.written or _written(paragraph)
        if levels is None:
            return written or "-"
        counted_as = _OUTLINE if style == self._styles.outline else item.place.counted_as
        label = self._counts.label(counted_as, levels, item.place.depth, start=item.start)
        return written or label

    def heading_label(self, heading: Element) -> str:
        """Return the number of a heading outside of lists, empty where it has none."""
        levels = self._styles.lists.get(self._styles.outline, {})
        level = min(max(whole_number(attribute(heading, "outline-level"), 1), 1), LEVELS) - 1
        written = _written(heading)
        if attribute(heading, "is-list-header") == "true" or level not in levels:
            return written
        if not self._styles.numbers_heading(heading):
            return written
        start = None
        if attribute(heading, "restart-numbering") == "true":
            start = _start(heading)
            start = levels[level].start if start is None else start
        return written or self._counts.label(_OUTLINE, levels, level, start=start)

    def _entered(self, element: Element, within: ListPlace | None) -> ListPlace:
        style = attribute(element, "style-name")
        if within is not None:
            depth = min(within.depth + 1, LEVELS - 1)
            return ListPlace(counted_as=within.counted_as, style=style or within.style, depth=depth)
        place = ListPlace(counted_as=self._counted_as(element, style), style=style)
        if name := attribute(element, "id"):
            self._named[name] = place.counted_as
        self._last = place
        return place

    @staticmethod
    def _item(element: Element, place: ListPlace, *, is_counted: bool = True) -> ListItem:
        return ListItem(
            place=place,
            style=attribute(element, "style-override"),
            is_counted=is_counted,
            start=_start(element),
            written=_written(element),
        )

    def _counted_as(self, element: Element, style: str) -> str:
        before = self._named.get(attribute(element, "continue-list"))
        if before is not None:
            return before
        continues = attribute(element, "continue-numbering") == "true"
        if continues and self._last is not None and self._last.style == style:
            return self._last.counted_as
        self._begun += 1
        return f"list {self._begun}"


def _start(element: Element) -> int | None:
    start = whole_number(attribute(element, "start-value"), -1)
    return None if start < 0 else start


def _written(element: Element) -> str:
    number = child(element, "number")
    return "".join(number.itertext()).strip() if number is not None else ""
