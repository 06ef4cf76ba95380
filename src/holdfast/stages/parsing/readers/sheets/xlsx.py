"""XLSX: a unit per sheet, a cell range per row, values as their cells show them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from holdfast.domain.documents import ParseStatus
from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.embedded import embedded_files
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import Sheet, sheet_blocks
from holdfast.stages.parsing.readers.sheets.xlsx_cells import Cells, merges_of, rows_of
from holdfast.stages.parsing.readers.sheets.xlsx_notes import persons_of, sheet_notes, text_of
from holdfast.stages.parsing.readers.xml import attribute, local
from holdfast.stages.parsing.units import (
    Block,
    Pictures,
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unit,
    Unreadable,
    Verdict,
)

_HIDDEN = ("hidden", "veryHidden")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    name: str
    path: str
    hidden: bool


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each sheet; a damaged sheet is named, not lost."""
    package = Package(data, limits)
    main = package.main_part("xl/workbook.xml")
    sheets = list(_sheets(package, main))
    yield Size(units=len(sheets), text_bytes=sum(package.size(sheet.path) for sheet in sheets))
    if properties := package.core_properties():
        yield Properties(values=properties)
    cells, persons = Cells(package, main), persons_of(package, main)
    damaged, pictured = [], []
    for sheet in sheets:
        try:
            blocks = tuple(_blocks(package, sheet, cells, persons, limits))
        except Unreadable as error:
            if error.status is not ParseStatus.MALFORMED:
                raise
            damaged.append(sheet.name)
            continue
        yield Unit(key=f"sheet {sheet.name}", blocks=blocks)
        if not blocks and "drawing" in {kind for kind, _ in package.related(sheet.path).values()}:
            pictured.append(f"sheet {sheet.name}")
    yield from embedded_files(package, limits)
    if pictured:
        yield Pictures(keys=tuple(pictured))
    if damaged:
        yield Verdict(
            status=ParseStatus.PARTIAL if len(damaged) < len(sheets) else ParseStatus.MALFORMED,
            reason=f"sheet {', '.join(damaged)} could not be read. Open the workbook and save it again",
        )


def _sheets(package: Package, main: str) -> Iterator[_Part]:
    related = package.related(main)
    for element in package.xml(main).iter():
        if local(element) != "sheet":
            continue
        link = next(
            (value for key, value in element.items() if key.startswith("{") and key.endswith("}id")), ""
        )
        kind, path = related.get(link, ("", ""))
        if kind == "worksheet":
            yield _Part(
                name=attribute(element, "name"), path=path, hidden=attribute(element, "state") in _HIDDEN
            )


def _blocks(
    package: Package, sheet: _Part, cells: Cells, persons: Mapping[str, str], limits: ReadingLimits
) -> Iterator[Block]:
    data = package.read(sheet.path)
    kinds = {kind for kind, _ in package.related(sheet.path).values()}
    facts = Sheet(name=sheet.name, hidden=sheet.hidden, merges=merges_of(data))
    # The style of a table may put a dark band behind white letters: there colours prove nothing.
    rows = rows_of(data, posixpath.basename(sheet.path), cells, limits, judge_colours="table" not in kinds)
    yield from sheet_blocks(rows, facts)
    yield from _drawn(package, sheet, facts)
    yield from sheet_notes(package, sheet.path, facts, persons)


def _drawn(package: Package, sheet: _Part, facts: Sheet) -> Iterator[Block]:
    """Yield the words of text boxes and the titles of charts."""
    for kind, path in package.related(sheet.path).values():
        root = package.optional_xml(path) if kind == "drawing" else None
        if root is None:
            continue
        charts = [link for name, link in package.related(path).values() if name == "chart"]
        bodies = [element for element in root.iter() if local(element) == "txBody"]
        for link in charts:
            chart = package.optional_xml(link)
            bodies += [
                element for element in (chart.iter() if chart is not None else ()) if local(element) == "rich"
            ]
        for body in bodies:
            lines = ["".join(text_of(line)) for line in body if local(line) == "p"]
            text = "\n".join(line for line in lines if line.strip())
            if text:
                yield Block(text=text, locator=Locator(sheet=facts.name), hidden=facts.hidden)
