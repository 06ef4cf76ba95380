"""What people filled into a PDF or wrote over its pages: fields of forms, free text, stamps."""

from __future__ import annotations

import ctypes
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from holdfast.stages.parsing.readers.left_out import LeftOut
from holdfast.stages.parsing.readers.pdf.page import Line
from holdfast.stages.parsing.readers.pdf.turns import Corners

_WRITTEN = (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_WIDGET)
_REMARKS = frozenset(
    {
        pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE,
        pdfium.FPDF_ANNOT_SQUIGGLY, pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_CARET,
        pdfium.FPDF_ANNOT_INK, pdfium.FPDF_ANNOT_LINE, pdfium.FPDF_ANNOT_SQUARE, pdfium.FPDF_ANNOT_CIRCLE,
        pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_REDACT, pdfium.FPDF_ANNOT_WATERMARK,
        pdfium.FPDF_ANNOT_POLYGON, pdfium.FPDF_ANNOT_POLYLINE, pdfium.FPDF_ANNOT_FILEATTACHMENT,
    }
)  # fmt: skip
_UNSEEN = pdfium.FPDF_ANNOT_FLAG_HIDDEN | pdfium.FPDF_ANNOT_FLAG_NOVIEW
_TAG = re.compile(r"<[^<>]*>")
_MOST_NOTES = 5_000
_LONGEST_REMARK = 1_000_000


class Forms:
    """Makes what stands in fields and on notes of a document part of its pages, in memory only."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        self._fields: dict[int, tuple[Corners, ...]] = {}
        self._comments: dict[int, tuple[str, ...]] = {}
        self._typed: dict[int, tuple[str, ...]] = {}
        kind = document.get_formtype()
        self.left_out = LeftOut("Print the page to a new PDF with its comments, or split it")
        self.pinned: list[pypdfium2.PdfAttachment] = []
        """The files that hang on marks of the pages opened so far."""
        self.is_unread: bool = kind == pdfium.FORMTYPE_XFA_FULL
        """The form is one of Adobe's XFA, of which a PDF shows other programs nothing."""
        if kind in (pdfium.FORMTYPE_ACRO_FORM, pdfium.FORMTYPE_XFA_FOREGROUND):
            # the values of fields are drawn then, also where the file brings no picture of them
            logging.getLogger("pypdfium2").setLevel(logging.ERROR)
            with suppress(pypdfium2.PdfiumError):
                document.init_forms()

    def opened(self, number: int) -> pypdfium2.PdfPage:
        """Return a page by its number from 1 with what was written over it; raises PdfiumError."""
        page = self._document[number - 1]
        if number in self._fields:
            return page
        self._look_for_more(page, number)
        kinds = list(_notes(page))
        remarks = list(_remarks(page))
        typed = list(_undrawn(page))
        if None in (*remarks, *typed):
            self.left_out.add(f"a remark of over {_LONGEST_REMARK:,} characters on page {number}")
        self._comments[number] = tuple(remark for remark in remarks if remark is not None)
        self._typed[number] = tuple(filter(None, typed))
        self.pinned += (pypdfium2.PdfAttachment(raw, self._document) for raw in _pins(page))
        self._fields[number] = tuple(box for kind, box in kinds if kind == pdfium.FPDF_ANNOT_WIDGET)
        if not kinds:
            return page
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        return self._document[number - 1]

    def _look_for_more(self, page: pypdfium2.PdfPage, number: int) -> None:
        count = pdfium.FPDFPage_GetAnnotCount(page)
        if count > _MOST_NOTES:
            self.left_out.add(f"{count - _MOST_NOTES:,} of {count:,} remarks and fields on page {number}")

    def fields(self, number: int) -> tuple[Corners, ...]:
        """Return where the fields of a page lie that was opened."""
        return self._fields.get(number, ())

    def typed(self, number: int) -> tuple[str, ...]:
        """Return what was typed over a page that was opened, where the file brings no picture of it."""
        return self._typed.get(number, ())

    def comments(self, number: int) -> tuple[str, ...]:
        """Return what readers wrote on the notes of a page that was opened, by whom it is."""
        return self._comments.get(number, ())


def said_beside(comments: Sequence[str], lines: Sequence[Line]) -> tuple[str, ...]:
    """Return the comments without those that only repeat words of the page, as marks over them may."""
    if not comments:
        return ()
    shown = " ".join(" ".join(line.text for line in lines).split())
    return tuple(said for said in comments if " ".join(said.partition(": ")[2].split()) not in shown)


def _remarks(page: pypdfium2.PdfPage) -> Iterator[str | None]:
    """Yield each remark with who wrote it, None for one that is too long."""
    for kind, note in _annotations(page):
        said = _remark(kind, note)
        if said is None:
            yield None
        elif said:
            yield f"{_told(note, b'T') or 'note'}: {said}"


def _remark(kind: int, note: Any) -> str | None:
    """Return what a note says, in plain letters or only in set ones; of a field that is hidden, its value."""
    if kind == pdfium.FPDF_ANNOT_WIDGET:
        is_unseen = pdfium.FPDFAnnot_GetFlags(note) & _UNSEEN and _told(note, b"FT") != "Btn"
        return _told(note, b"V") if is_unseen else ""
    if kind not in _REMARKS:
        return ""
    said = _told(note, b"Contents")
    return said if said != "" else " ".join(_TAG.sub(" ", _told(note, b"RC") or "").split())


def _undrawn(page: pypdfium2.PdfPage) -> Iterator[str | None]:
    for kind, note in _annotations(page):
        if kind == pdfium.FPDF_ANNOT_FREETEXT and not _is_drawn(note):
            yield _told(note, b"Contents")


def _is_drawn(note: Any) -> bool:
    return bool(pdfium.FPDFAnnot_GetAP(note, pdfium.FPDF_ANNOT_APPEARANCEMODE_NORMAL, None, 0) > 2)  # noqa: PLR2004


def _pins(page: pypdfium2.PdfPage) -> Iterator[Any]:
    for kind, note in _annotations(page):
        if kind == pdfium.FPDF_ANNOT_FILEATTACHMENT and (held := pdfium.FPDFAnnot_GetFileAttachment(note)):
            yield held


def _annotations(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Any]]:
    """Yield kind and handle of what hangs on a page; a handle is good until the next one."""
    for place in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = pdfium.FPDFPage_GetAnnot(page, place)
        if note:
            yield pdfium.FPDFAnnot_GetSubtype(note), note
            pdfium.FPDFPage_CloseAnnot(note)


def _told(note: Any, name: bytes) -> str | None:
    """Return a text that an annotation holds, None for one that is too long."""
    length = pdfium.FPDFAnnot_GetStringValue(note, name, None, 0)
    if length > 2 * _LONGEST_REMARK:
        return None
    if length <= 2:  # noqa: PLR2004 - the character that ends it
        return ""
    held = ctypes.create_string_buffer(length)
    pdfium.FPDFAnnot_GetStringValue(note, name, ctypes.cast(held, ctypes.POINTER(pdfium.FPDF_WCHAR)), length)
    return held.raw.decode("utf-16-le", errors="replace").replace("\r", "\n").strip("\0 \n")


def _notes(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Corners]]:
    """Yield kind and place of what was written over a page."""
    for kind, note in _annotations(page):
        rectangle = pdfium.FS_RECTF()
        if kind in _WRITTEN and pdfium.FPDFAnnot_GetRect(note, rectangle):
            left, right = sorted((rectangle.left, rectangle.right))
            bottom, top = sorted((rectangle.bottom, rectangle.top))
            yield kind, (left, bottom, right, top)
