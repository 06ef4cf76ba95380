"""What is drawn over an XLSX sheet: text boxes, shapes, diagrams, buttons, the titles of charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from xml.etree.ElementTree import Element

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.descriptions import DESCRIPTION, description_of
from holdfast.stages.parsing.readers.drawn_colours import Hides
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import BOX, CHART, Sheet, cell_name
from holdfast.stages.parsing.readers.sheets.xlsx_letters import Ground
from holdfast.stages.parsing.readers.sheets.xlsx_notes import text_of
from holdfast.stages.parsing.readers.xml import attribute, child, local, shown, whole_number
from holdfast.stages.parsing.units import Block

_DIAGRAM, _CONTROL = "diagram", "control"

_NOTE = "Note"
"""The kind of a shape that shows a comment, which is read with its cell."""
_ON = ("1", "true")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A paragraph's letters, those that nobody sees apart."""

    seen: str = ""
    unseen: str = ""


def drawn(package: Package, path: str, sheet: Sheet, ground: Ground) -> Iterator[Block]:
    """Yield the words of everything drawn over a sheet, each at the cell where it begins.

    Letters that nobody sees on this ground are hidden blocks behind the others of their shape.
    """
    for kind, part in package.related(path).values():
        root = package.optional_xml(part) if kind in ("drawing", "vmlDrawing") else None
        if root is None:
            continue
        if kind == "vmlDrawing":
            yield from _controls(root, sheet)
            continue
        related = package.related(part)
        for anchor in root:
            cell = _cell(anchor)
            for what, lines, hidden in _anchored(package, anchor, related, ground, root):
                place = Locator(sheet=sheet.name, cells=cell, part=what)
                yield from _told(lines, place, hidden=sheet.hidden or hidden)


def _anchored(
    package: Package,
    anchor: Element,
    related: Mapping[str, tuple[str, str]],
    ground: Ground,
    drawing: Element,
) -> Iterator[tuple[str, Iterable[_Line], bool]]:
    """Yield what one anchor holds: a shape, a group of them, or the frame of a chart or a diagram."""
    for element, hidden in _placed(anchor):
        if local(element) == "cNvPr":
            yield DESCRIPTION, [_Line(seen=description_of(element))], hidden
        elif local(element) == "sp":
            yield BOX, _shape_lines(element, ground, drawing), hidden
        elif local(element) == "chart":
            yield CHART, _chart_lines(package, _target(element, "id", related), ground), hidden
        elif local(element) == "relIds":
            yield _DIAGRAM, _diagram_lines(package, _target(element, "dm", related), ground), hidden


def _told(lines: Iterable[_Line], place: Locator, *, hidden: bool) -> Iterator[Block]:
    every = list(lines)
    for text, is_hidden in (([line.seen for line in every], hidden), ([line.unseen for line in every], True)):
        said = "\n".join(one for one in text if one.strip())
        if said:
            yield Block(text=said, locator=place, hidden=is_hidden)


def _placed(root: Element) -> Iterator[tuple[Element, bool]]:
    """Yield what `shown` does, and whether the shape around an element, or a group around that, is hidden."""
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
    return cell_name(row + 1, column + 1) if column >= 0 <= row else None


def _target(element: Element, name: str, related: Mapping[str, tuple[str, str]]) -> str:
    return related.get(attribute(element, name), ("", ""))[1]


def _shape_lines(shape: Element, ground: Ground, drawing: Element) -> Iterator[_Line]:
    body = child(shape, "txBody")
    if body is not None:
        yield from _lines(body, ground.hides(shape, drawing))


def _lines(body: Element, hides: Hides) -> Iterator[_Line]:
    for paragraph in body:
        if local(paragraph) == "p":
            unseen = [run for run in paragraph if hides(run)]
            seen = [run for run in paragraph if run not in unseen]
            yield _Line(seen=_text(seen), unseen=_text(unseen))


def _text(runs: Iterable[Element]) -> str:
    return "".join(chain.from_iterable(map(text_of, runs)))


def _chart_lines(package: Package, path: str, ground: Ground) -> Iterator[_Line]:
    """Yield the titles of a chart, of its axes, and what is written into it; its values are cells."""
    root = package.optional_xml(path)
    for element in shown(root) if root is not None else ():
        if local(element) == "rich":
            yield from _within(element, ground)
        elif local(element) == "title" and (cached := child(element, "tx", "strRef", "strCache")) is not None:
            yield from (_Line(seen=one.text) for one in cached.iter() if local(one) == "v" and one.text)
    for kind, drawing in package.related(path).values():
        shapes = package.optional_xml(drawing) if kind == "chartUserShapes" else None
        if shapes is not None:
            over_chart = replace(ground, is_white=False)
            for element in (one for one in shown(shapes) if local(one) == "sp"):
                yield from _shape_lines(element, over_chart, shapes)


def _diagram_lines(package: Package, path: str, ground: Ground) -> Iterator[_Line]:
    root = package.optional_xml(path)
    for element in root.iter() if root is not None else ():
        if local(element) == "t":
            yield from _within(element, ground)


def _within(body: Element, ground: Ground) -> Iterator[_Line]:
    """Yield the lines of a chart's or a diagram's text, whose ground nothing here tells."""
    holder = Element("holder")
    holder.append(body)
    yield from _lines(body, replace(ground, is_white=False).hides(holder, holder))


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
