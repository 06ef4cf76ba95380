"""What is drawn over an XLSX sheet: text boxes, shapes, diagrams, buttons, the titles of charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import Sheet, column_letters
from holdfast.stages.parsing.readers.sheets.xlsx_notes import text_of
from holdfast.stages.parsing.readers.xml import attribute, child, local, whole_number
from holdfast.stages.parsing.units import Block

_BOX, _CHART, _DIAGRAM, _CONTROL = "text box", "chart", "diagram", "control"

_NOTE = "Note"
"""The kind of a shape that shows a comment, which is read with its cell."""
_ON = ("1", "true")


def drawn(package: Package, path: str, sheet: Sheet) -> Iterator[Block]:
    """Yield the words of everything drawn over a sheet, each at the cell where it begins."""
    for kind, part in package.related(path).values():
        root = package.optional_xml(part) if kind in ("drawing", "vmlDrawing") else None
        if root is None:
            continue
        if kind == "vmlDrawing":
            yield from _controls(root, sheet)
            continue
        related = package.related(part)
        for anchor in root:
            yield from _anchored(package, anchor, related, sheet)


def _anchored(
    package: Package, anchor: Element, related: Mapping[str, tuple[str, str]], sheet: Sheet
) -> Iterator[Block]:
    """Yield what one anchor holds: a shape, a group of them, or the frame of a chart or a diagram."""
    cell = _cell(anchor)
    for element, hidden in _placed(anchor):
        kind, lines = _BOX, list[str]()
        if local(element) == "txBody":
            lines = _lines([element])
        elif local(element) == "chart":
            kind, lines = _CHART, _chart_lines(package, _target(element, "id", related))
        elif local(element) == "relIds":
            kind, lines = _DIAGRAM, _diagram_lines(package, _target(element, "dm", related))
        if lines:
            place = Locator(sheet=sheet.name, cells=cell, part=kind)
            yield Block(text="\n".join(lines), locator=place, hidden=sheet.hidden or hidden)


def _shown(root: Element) -> Iterator[Element]:
    """Yield everything below an element but what only older programs show in the place of it."""
    return (element for element, _ in _placed(root))


def _placed(root: Element) -> Iterator[tuple[Element, bool]]:
    """Yield the same, and whether the shape that an element stands in, or a group around it, is hidden."""
    waiting = [(inner, False) for inner in reversed(root)]
    while waiting:
        element, hidden = waiting.pop()
        if local(element) != "Fallback":
            hidden = hidden or _is_hidden(element)
            yield element, hidden
            waiting.extend((inner, hidden) for inner in reversed(element))


def _is_hidden(shape: Element) -> bool:
    names = (name for part in shape if local(part).startswith("nv") for name in part)
    return any(local(name) == "cNvPr" and name.get("hidden") in _ON for name in names)


def _cell(anchor: Element) -> str | None:
    corner = child(anchor, "from")
    if corner is None:
        return None
    numbers = {local(one): whole_number((one.text or "").strip(), -1, digits=7) for one in corner}
    column, row = numbers.get("col", -1), numbers.get("row", -1)
    return f"{column_letters(column + 1)}{row + 1}" if column >= 0 <= row else None


def _target(element: Element, name: str, related: Mapping[str, tuple[str, str]]) -> str:
    return related.get(attribute(element, name), ("", ""))[1]


def _lines(bodies: Sequence[Element]) -> list[str]:
    lines = ("".join(text_of(line)) for body in bodies for line in body if local(line) == "p")
    return [line for line in lines if line.strip()]


def _chart_lines(package: Package, path: str) -> list[str]:
    """Return the titles of a chart, of its axes, and what is written into it; its values are cells."""
    root = package.optional_xml(path)
    lines: list[str] = []
    for element in _shown(root) if root is not None else ():
        if local(element) == "rich":
            lines += _lines([element])
        elif local(element) == "title" and (cached := child(element, "tx", "strRef", "strCache")) is not None:
            lines += [value.text for value in cached.iter() if local(value) == "v" and value.text]
    for kind, drawing in package.related(path).values():
        shapes = package.optional_xml(drawing) if kind == "chartUserShapes" else None
        for element in _shown(shapes) if shapes is not None else ():
            lines += _lines([element]) if local(element) == "txBody" else []
    return lines


def _diagram_lines(package: Package, path: str) -> list[str]:
    root = package.optional_xml(path)
    return _lines([one for one in root.iter() if local(one) == "t"]) if root is not None else []


def _controls(root: Element, sheet: Sheet) -> Iterator[Block]:
    """Yield what stands on buttons and beside boxes to tick."""
    for shape in root:
        facts, box = child(shape, "ClientData"), child(shape, "textbox")
        if box is None or (facts is not None and facts.get("ObjectType") == _NOTE):
            continue
        text = " ".join("".join(box.itertext()).split())
        if text:
            place = Locator(sheet=sheet.name, part=_CONTROL)
            yield Block(text=text, locator=place, hidden=sheet.hidden)
