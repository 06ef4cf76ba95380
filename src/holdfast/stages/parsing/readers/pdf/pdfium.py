"""Pages of a PDF as lines with their places, by pypdfium2."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.pdf.aligned import aligned_tables
from holdfast.stages.parsing.readers.pdf.areas import Areas
from holdfast.stages.parsing.readers.pdf.attached import attached_files
from holdfast.stages.parsing.readers.pdf.bidi import in_reading_order
from holdfast.stages.parsing.readers.pdf.boxes import beside_text
from holdfast.stages.parsing.readers.pdf.described import descriptions
from holdfast.stages.parsing.readers.pdf.filled import beside_labels
from holdfast.stages.parsing.readers.pdf.flow import in_columns
from holdfast.stages.parsing.readers.pdf.forms import Forms, said_beside
from holdfast.stages.parsing.readers.pdf.grids import Cell, grids
from holdfast.stages.parsing.readers.pdf.looks import seen_and_hidden
from holdfast.stages.parsing.readers.pdf.page import Box, Line, OutlineEntry, Page, PageTable
from holdfast.stages.parsing.readers.pdf.rules import Rule, RuleCollector
from holdfast.stages.parsing.readers.pdf.tables import ruled_tables
from holdfast.stages.parsing.readers.pdf.text import lines as text_lines
from holdfast.stages.parsing.readers.pdf.text import turn_of
from holdfast.stages.parsing.readers.pdf.turns import Corners, Turn
from holdfast.stages.parsing.readers.scans.tesseract import DPI
from holdfast.stages.parsing.units import Reading, ReadingLimits, Unreadable, malformed

_MOST_OBJECTS = 20_000
_PAGE_OBJECTS = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE)
_LEAST_COVERED = 0.001
_MOST_PIXELS = 30_000_000
_MOST_OF = 0.8
_MANY_PATHS = 200
"""A page with so many drawn paths and no text is text turned into outlines, or a drawing."""


class Pdf:
    """An opened PDF; opening raises Unreadable."""

    def __init__(self, data: bytes) -> None:
        try:
            self._document = pypdfium2.PdfDocument(data)
            pages = len(self._document)
            self._forms = Forms(self._document)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
                raise Unreadable(
                    ParseStatus.ENCRYPTED, "the PDF needs a password. Save it without one and sync again"
                ) from error
            raise malformed("the PDF is damaged or cut off") from error
        if pages == 0:
            raise malformed("the PDF has no pages")

    @property
    def has_unread_form(self) -> bool:
        """Return whether it holds a form that only Adobe's programs show."""
        return self._forms.is_unread

    def __len__(self) -> int:
        return len(self._document)

    def attached(self, limits: ReadingLimits) -> Reading:
        """Yield the files in it and on the pages read so far, and verdicts on what cannot be had of them."""
        yield from attached_files(self._document, self._forms.pinned, limits)
        yield from self._forms.left_out.verdict()

    def metadata(self) -> dict[str, str]:
        """Return the document's own properties, empty when they cannot be read."""
        try:
            return dict(self._document.get_metadata_dict(skip_empty=True))
        except (pypdfium2.PdfiumError, UnicodeDecodeError):
            return {}

    def outline(self) -> tuple[OutlineEntry, ...]:
        """Return the bookmarks, empty when there are none or they cannot be read."""
        entries = []
        try:
            for bookmark in self._document.get_toc(max_depth=6):
                target = bookmark.get_dest()
                page = target.get_index() if target is not None else None
                if page is not None:
                    entries.append(
                        OutlineEntry(level=bookmark.level + 1, title=bookmark.get_title(), page=page + 1)
                    )
        except (pypdfium2.PdfiumError, UnicodeDecodeError):
            return ()
        return tuple(entries)

    def picture(self, number: int) -> bytes | None:
        """Return a page as a grey picture (PNM) for text recognition, None when it cannot be drawn."""
        try:
            page = self._forms.opened(number)
            width, height = page.get_size()
            scale = min(DPI / 72, math.sqrt(_MOST_PIXELS / max(1.0, width * height)))
            drawn = page.render(scale=scale, grayscale=True).to_numpy()
        except (pypdfium2.PdfiumError, ValueError):
            return None
        grey = drawn[:, :, 0] if drawn.ndim > 2 else drawn  # noqa: PLR2004 - rows, columns and colours
        return b"P5 %d %d 255\n" % (grey.shape[1], grey.shape[0]) + bytes(grey.tobytes())

    def page(self, number: int, *, tables: bool) -> Page | None:
        """Return a page by its number from 1, None when it is damaged."""
        try:
            page = self._forms.opened(number)
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            return None
        try:
            found = _page(number, page, text, tables=tables, fields=self._forms.fields(number))
            return replace(
                found,
                comments=said_beside(self._forms.comments(number), found.lines),
                typed=self._forms.typed(number),
                descriptions=tuple(descriptions(self._document, page, number, self._forms.left_out)),
            )
        except pypdfium2.PdfiumError:
            return None
        finally:
            text.close()
            page.close()


def _page(
    number: int,
    page: pypdfium2.PdfPage,
    text: pypdfium2.PdfTextPage,
    *,
    tables: bool,
    fields: Sequence[Corners],
) -> Page:
    collected, paths, covered = _drawn(page)
    turn = turn_of(page, text)
    rules = [turn.rule(rule) for rule in collected.rules]
    areas = [turn.straight(area) for area in collected.areas]
    found = text_lines(page, text, turn)
    lines, hidden, is_layered = seen_and_hidden(found, page, turn, covered=covered, drawn=paths > _MANY_PATHS)
    found_tables = _tables(text, turn, rules, lines) if tables and lines else ()
    lines = beside_labels(lines, [_box(turn.straight(field)) for field in fields])
    lines = beside_text(lines, areas, found_tables, page.get_size())
    return Page(
        number=number,
        lines=in_columns(lines, found_tables),
        tables=found_tables,
        height=turn.reading_height,
        pictures=covered > 0 or (not lines and paths > _MANY_PATHS),
        rotated=page.get_rotation() != 0,
        covered=covered,
        hidden=hidden,
        rules=tuple(rule for rule in rules if rule.horizontal),
        is_layered=is_layered,
    )


def _box(corners: Corners) -> Box:
    left, bottom, right, top = corners
    return Box(left=left, bottom=bottom, right=right, top=top)


def _drawn(page: pypdfium2.PdfPage) -> tuple[RuleCollector, int, float]:
    """Return the rules and areas a page draws, how many paths, what share its largest picture covers."""
    collector, paths, covered = RuleCollector(), 0, 0.0
    area = max(1.0, math.prod(page.get_size()))
    for number, item in enumerate(page.get_objects(filter=_PAGE_OBJECTS, max_depth=4)):
        if number > _MOST_OBJECTS:
            break
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = item.get_bounds()
            covered = max(covered, _LEAST_COVERED, (right - left) * (top - bottom) / area)
        else:
            paths += 1
            collector.add(item)
    return (RuleCollector() if collector.is_drawing else collector), paths, covered


def _tables(
    text: pypdfium2.PdfTextPage, turn: Turn, rules: list[Rule], lines: tuple[Line, ...]
) -> tuple[PageTable, ...]:
    areas = Areas(lines)

    def text_in(cell: Cell) -> str:
        words = areas.text(cell)
        if words is not None:
            return words
        found: Any = text.get_text_bounded(*turn.back((cell.left, cell.bottom, cell.right, cell.top)))
        return str(found)

    ruled = [_finer(table, lines, rules) for table in ruled_tables(grids(rules), lines, text_in)]
    outside = [line for line in lines if not any(table.holds(line) for table in ruled)]
    return tuple(map(in_reading_order, (*ruled, *aligned_tables(outside, rules))))


def _finer(table: PageTable, lines: tuple[Line, ...], rules: list[Rule]) -> PageTable:
    """Return what the words say where a table has fewer vertical rules than columns."""
    found = aligned_tables([line for line in lines if table.holds(line)], rules)
    if len(found) != 1 or found[0].columns <= table.columns:
        return table
    keeps_rows = len(found[0].rows) >= _MOST_OF * len(table.rows)
    return found[0] if keeps_rows and found[0].height > _MOST_OF * table.height else table
