"""XLSX: a unit per sheet, a cell range per row, values as their cells show them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.drawn_colours import Palette
from holdfast.stages.parsing.readers.embedded import embedded_files
from holdfast.stages.parsing.readers.left_out import LeftOut
from holdfast.stages.parsing.readers.office_properties import office_properties
from holdfast.stages.parsing.readers.packages import Package
from holdfast.stages.parsing.readers.sheets.blocks import Sheet, lost_texts, once, sheet_blocks
from holdfast.stages.parsing.readers.sheets.xlsx_asked import asked
from holdfast.stages.parsing.readers.sheets.xlsx_cells import Cells, merges_of, rows_of
from holdfast.stages.parsing.readers.sheets.xlsx_drawn import drawn
from holdfast.stages.parsing.readers.sheets.xlsx_letters import Ground, theme_of
from holdfast.stages.parsing.readers.sheets.xlsx_names import names
from holdfast.stages.parsing.readers.sheets.xlsx_notes import persons_of, sheet_notes
from holdfast.stages.parsing.readers.sheets.xlsx_printed import printed
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
    kind: str
    """`worksheet`, or `chartsheet`: a chart that fills a sheet by itself."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then each sheet; a damaged sheet is named, not lost."""
    package = Package(data, limits)
    main = package.main_part("xl/workbook.xml")
    sheets = list(_sheets(package, main))
    yield Size(units=len(sheets), text_bytes=sum(package.size(sheet.path) for sheet in sheets))
    if properties := office_properties(package):
        yield Properties(values=properties)
    cells, persons = Cells(package, main), persons_of(package, main)
    palette = theme_of(package, main)
    damaged, pictured, lines, left_out = [], [], list[Block](), LeftOut()
    for sheet in sheets:
        try:
            data = package.read(sheet.path)
            blocks = tuple(_blocks(package, sheet, data, cells, persons, palette, limits, left_out))
        except Unreadable as error:
            if error.status is not ParseStatus.MALFORMED:
                raise
            damaged.append(sheet.name)
            continue
        yield Unit(key=f"sheet {sheet.name}", blocks=blocks)
        lines += printed(data, Sheet(name=sheet.name, hidden=sheet.hidden))
        kinds = {kind for kind, _ in package.related(sheet.path).values()}
        if not blocks and sheet.kind == "worksheet" and "drawing" in kinds:
            pictured.append(f"sheet {sheet.name}")
    yield Unit(key="page headers", blocks=tuple(once(lines)))
    yield Unit(key="names", blocks=tuple(names(package, main)))
    yield from embedded_files(package, limits)
    if pictured:
        yield Pictures(keys=tuple(pictured))
    yield from left_out.verdict()
    if cells.lost:
        yield lost_texts(cells.lost)
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
        if kind in ("worksheet", "chartsheet"):
            hidden = attribute(element, "state") in _HIDDEN
            yield _Part(name=attribute(element, "name"), path=path, hidden=hidden, kind=kind)


def _blocks(
    package: Package,
    sheet: _Part,
    data: bytes,
    cells: Cells,
    persons: Mapping[str, str],
    palette: Palette,
    limits: ReadingLimits,
    left_out: LeftOut,
) -> Iterator[Block]:
    kinds = {kind for kind, _ in package.related(sheet.path).values()}
    facts = Sheet(name=sheet.name, hidden=sheet.hidden, merges=merges_of(data))
    if sheet.kind == "worksheet":
        # The style of a table may put a dark band behind white letters: there colours prove nothing.
        judge = "table" not in kinds
        rows = rows_of(data, posixpath.basename(sheet.path), cells, limits, judge_colours=judge)
        yield from sheet_blocks(rows, facts)
    is_bare = sheet.kind == "worksheet" and not kinds & {"table", "image"} and not cells.are_coloured
    yield from drawn(package, sheet.path, facts, Ground(palette=palette, is_white=is_bare))
    yield from sheet_notes(package, sheet.path, facts, persons)
    yield from asked(data, facts, left_out)
