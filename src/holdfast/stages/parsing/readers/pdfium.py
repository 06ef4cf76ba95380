"""Pages of a PDF as lines with their places, by pypdfium2."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.pdf_grids import Cell, grids
from holdfast.stages.parsing.readers.pdf_page import Box, Line, OutlineEntry, Page, RuledTable
from holdfast.stages.parsing.readers.pdf_rules import Rule, RuleCollector
from holdfast.stages.parsing.readers.pdf_tables import ruled_tables
from holdfast.stages.parsing.units import Unreadable, malformed

_MOST_OBJECTS = 20_000
_PAGE_OBJECTS = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE)
_MANY_PATHS = 200
"""A page with so many drawn paths and no text is text turned into outlines, or a drawing."""


class Pdf:
    """An opened PDF; opening raises Unreadable."""

    def __init__(self, data: bytes) -> None:
        try:
            self._document = pypdfium2.PdfDocument(data)
            pages = len(self._document)
        except pypdfium2.PdfiumError as error:
            if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
                raise Unreadable(
                    ParseStatus.ENCRYPTED, "the PDF needs a password. Save it without one and sync again"
                ) from error
            raise malformed("the PDF is damaged or cut off") from error
        if pages == 0:
            raise malformed("the PDF has no pages")

    def __len__(self) -> int:
        return len(self._document)

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

    def page(self, number: int, *, tables: bool) -> Page | None:
        """Return a page by its number from 1, None when it is damaged."""
        try:
            page = self._document[number - 1]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            return None
        try:
            return _page(number, page, text, tables=tables)
        except pypdfium2.PdfiumError:
            return None
        finally:
            text.close()
            page.close()


def _page(number: int, page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, *, tables: bool) -> Page:
    rules, paths, pictures = _drawn(page)
    lines = _lines(text)
    return Page(
        number=number,
        lines=lines,
        tables=_tables(text, rules, lines) if tables and lines else (),
        height=page.get_height(),
        pictures=pictures or (not lines and paths > _MANY_PATHS),
        rotated=page.get_rotation() != 0,
    )


def _drawn(page: pypdfium2.PdfPage) -> tuple[list[Rule], int, bool]:
    """Return the rules a page draws, how many paths, and whether it shows a picture."""
    collector, paths, pictures = RuleCollector(), 0, False
    for number, item in enumerate(page.get_objects(filter=_PAGE_OBJECTS, max_depth=4)):
        if number > _MOST_OBJECTS:
            break
        if item.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures = True
        else:
            paths += 1
            collector.add(item)
    return ([] if collector.is_drawing else collector.rules), paths, pictures


def _tables(
    text: pypdfium2.PdfTextPage, rules: list[Rule], lines: tuple[Line, ...]
) -> tuple[RuledTable, ...]:
    def text_in(cell: Cell) -> str:
        found: Any = text.get_text_bounded(cell.left, cell.bottom, cell.right, cell.top)
        return str(found)

    return ruled_tables(grids(rules), lines, text_in)


def _lines(text: pypdfium2.PdfTextPage) -> tuple[Line, ...]:
    found = []
    at = 0
    for raw in text.get_text_range(errors="replace").split("\r\n"):
        length = len(raw.encode("utf-16-le", "surrogatepass")) // 2  # PDFium counts in UTF-16
        if raw.strip():
            start = pdfium.FPDFText_GetCharIndexFromTextIndex(text, at)
            found.append(_line(text, raw, max(0, start), length))
        at += length + 2
    return tuple(found)


def _line(text: pypdfium2.PdfTextPage, raw: str, start: int, length: int) -> Line:
    boxes = [text.get_rect(number) for number in range(max(0, text.count_rects(start, length)))]
    inked = start + len(raw) - len(raw.lstrip())
    return Line(
        text=raw.strip(),
        box=Box(
            left=min((box[0] for box in boxes), default=0.0),
            bottom=min((box[1] for box in boxes), default=0.0),
            right=max((box[2] for box in boxes), default=0.0),
            top=max((box[3] for box in boxes), default=0.0),
        ),
        size=_size(text, inked),
        bold=_is_bold(text, inked),
    )


def _size(text: pypdfium2.PdfTextPage, index: int) -> float:
    """Return the type's height on the page: many programs set size 1 and scale by the matrix."""
    matrix = pdfium.FS_MATRIX()
    scale = 1.0
    if pdfium.FPDFText_GetMatrix(text, index, matrix):
        scale = math.hypot(matrix.b, matrix.d) or 1.0
    return float(pdfium.FPDFText_GetFontSize(text, index)) * scale


def _is_bold(text: pypdfium2.PdfTextPage, index: int) -> bool:
    if pdfium.FPDFText_GetFontWeight(text, index) >= 600:  # noqa: PLR2004 - semi-bold, as CSS counts
        return True
    name = ctypes.create_string_buffer(120)
    pdfium.FPDFText_GetFontInfo(text, index, name, len(name), None)
    return b"bold" in name.value.lower()
