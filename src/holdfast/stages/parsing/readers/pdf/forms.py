"""What people filled into a PDF or wrote over its pages: fields of forms, free text, stamps."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress

import pypdfium2
import pypdfium2.raw as pdfium

from holdfast.stages.parsing.readers.pdf.turns import Corners

_WRITTEN = (pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_WIDGET)
_MOST_NOTES = 5_000


class Forms:
    """Makes what stands in fields and on notes of a document part of its pages, in memory only."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        self._fields: dict[int, tuple[Corners, ...]] = {}
        kind = document.get_formtype()
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
        kinds = list(_notes(page))
        self._fields[number] = tuple(box for kind, box in kinds if kind == pdfium.FPDF_ANNOT_WIDGET)
        if not kinds:
            return page
        pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)
        page.close()
        return self._document[number - 1]

    def fields(self, number: int) -> tuple[Corners, ...]:
        """Return where the fields of a page lie that was opened."""
        return self._fields.get(number, ())


def _notes(page: pypdfium2.PdfPage) -> Iterator[tuple[int, Corners]]:
    """Yield kind and place of what was written over a page."""
    for place in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = pdfium.FPDFPage_GetAnnot(page, place)
        if note:
            kind, rectangle = pdfium.FPDFAnnot_GetSubtype(note), pdfium.FS_RECTF()
            found = pdfium.FPDFAnnot_GetRect(note, rectangle)
            pdfium.FPDFPage_CloseAnnot(note)
            if kind in _WRITTEN and found:
                left, right = sorted((rectangle.left, rectangle.right))
                bottom, top = sorted((rectangle.bottom, rectangle.top))
                yield kind, (left, bottom, right, top)
