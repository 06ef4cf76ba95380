"""What an OpenDocument file shows of the objects in it: charts, formulas, sheets, and fields of its forms."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import cached_property
from xml.etree.ElementTree import Element

from holdfast.stages.parsing.readers.left_out import LeftOut
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.symbols import TICKED, UNTICKED
from holdfast.stages.parsing.readers.tables import row_line
from holdfast.stages.parsing.readers.web.mathml import Formula
from holdfast.stages.parsing.readers.xml import attribute, local, shown

CHART, OBJECT = "chart", "object"
_TITLES = ("title", "subtitle", "footer")
_BOXES = ("checkbox", "radio")
_CHOSEN = ("checked", "true")
_VALUES = ("current-value", "value", "label")
_MOST_OBJECTS = 2000
_MOST_FORMULA_CHARS = 2_000_000


class OdfObjects:
    """Reads each object of a package once."""

    def __init__(self, package: Package, content: Element, left_out: LeftOut) -> None:
        self._package = package
        self._content = content
        self._roots: dict[str, Element | None] = {}
        self._formulas: dict[str, str] = {}
        self._told: set[str] = set()
        self._left = _MOST_FORMULA_CHARS
        self._left_out = left_out

    def formula_in(self, frame: Element) -> str:
        """Return the formula that a frame shows as one line, empty where it shows none."""
        for element in frame:
            if local(element) == "object" and (path := attribute(element, "href")):
                if path not in self._formulas:
                    root = self._root(path)
                    is_formula = root is not None and local(root) == "math"
                    self._formulas[path] = _line(root) if is_formula and root is not None else ""
                self._left -= len(self._formulas[path])
                if self._formulas[path] and self._left > 0:
                    return self._formulas[path]
                if self._formulas[path]:
                    self._left_out.add(f"formulas beyond {_MOST_FORMULA_CHARS:,} characters")
        return ""

    def titles(self, drawn: Element) -> str:
        """Return the titles of a chart and of its axes, a line each."""
        chart = self._chart(drawn)
        return "\n".join(_titles(chart)) if chart is not None else ""

    def words(self, drawn: Element) -> tuple[str, str]:
        """Return kind and words of a `draw:object`: of a chart its titles, then names and values as rows.

        An object that is shown in several places has words at the first.
        """
        path = attribute(drawn, "href")
        if path in self._told:
            return OBJECT, ""
        self._told.add(path)
        chart = self._chart(drawn)
        if chart is not None:
            return CHART, "\n".join((*_titles(chart), *_lines(chart, with_text=False)))
        root = self._root(path)
        if root is None or local(root) == "math":
            return OBJECT, ""
        return OBJECT, "\n".join(_lines(root, with_text=True))

    def control(self, drawn: Element) -> str:
        """Return what stands in the field, beside the box or on the button that a `draw:control` shows."""
        return self._controls.get(attribute(drawn, "control"), "")

    def _chart(self, drawn: Element) -> Element | None:
        root = self._root(attribute(drawn, "href"))
        return next((one for one in root.iter() if local(one) == CHART), None) if root is not None else None

    def _root(self, path: str) -> Element | None:
        if path and path not in self._roots:
            if len(self._roots) >= _MOST_OBJECTS:
                self._left_out.add(f"charts, formulas and tables in objects beyond {_MOST_OBJECTS:,}")
                return None
            name = posixpath.normpath(posixpath.join(path, "content.xml"))
            self._roots[path] = self._package.optional_xml(name)
        return self._roots.get(path)

    @cached_property
    def _controls(self) -> dict[str, str]:
        forms = (element for element in self._content.iter() if local(element) == "forms")
        return {
            attribute(one, "id"): _value(one) for form in forms for one in form.iter() if attribute(one, "id")
        }


def _titles(chart: Element) -> Iterator[str]:
    for title in (one for one in chart.iter() if local(one) in _TITLES):
        if text := _said(title):
            yield text


def _lines(holder: Element, *, with_text: bool) -> Iterator[str]:
    """Yield the rows of the tables in an object, and its paragraphs outside of them."""
    in_rows: set[Element] = set()
    for element in shown(holder):
        line = ""
        if element in in_rows:
            continue
        if local(element) == "table-row":
            in_rows.update(element.iter())
            line = row_line([_said(cell) for cell in element if local(cell) == "table-cell"])
        elif with_text and local(element) in ("p", "h"):
            line = _said(element)
        if line.strip(" |"):
            yield line


def _said(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _line(root: Element) -> str:
    """Return a formula from left to right; depth costs no recursion."""
    formula = Formula({})
    waiting: list[tuple[Element, bool]] = [(root, False)]
    while waiting:
        element, is_over = waiting.pop()
        if is_over:
            if element is not root:
                formula.end(local(element))
                formula.said(element.tail or "")
            continue
        if element is not root:
            formula.begin(
                local(element),
                {name: attribute(element, name) for name in ("open", "close") if attribute(element, name)},
            )
        formula.said(element.text or "")
        waiting.append((element, True))
        waiting.extend((inner, False) for inner in reversed(element))
    return formula.line


def _value(control: Element) -> str:
    kind = local(control)
    if kind in _BOXES:
        state = attribute(control, "current-state") or attribute(control, "state")
        chosen = attribute(control, "current-selected") or attribute(control, "selected")
        mark = TICKED if state in _CHOSEN or chosen in _CHOSEN else UNTICKED
        return f"{mark} {attribute(control, 'label')}".strip()
    options = [one for one in control if local(one) == "option"]
    if options:
        chosen_options = [one for one in options if attribute(one, "current-selected") in _CHOSEN]
        return ", ".join(filter(None, (attribute(one, "label") for one in chosen_options)))
    return next(filter(None, (attribute(control, name) for name in _VALUES)), "")
