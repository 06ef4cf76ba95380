"""Pages of a PDF that are pictures of text: told from others, and read by text recognition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from holdfast.stages.parsing.readers.pdf.page import Page
from holdfast.stages.parsing.readers.pdf.pdfium import Pdf
from holdfast.stages.parsing.readers.scans.ocr import Recogniser
from holdfast.stages.parsing.readers.scans.outcome import nothing, properties, unsure
from holdfast.stages.parsing.readers.scans.tesseract import NotRecognised
from holdfast.stages.parsing.units import Found, Pictures, ReadingLimits

_LEAST_CHARS = 20
_STAMP_CHARS = 200
"""Page numbers, dates and stamps over a scan: a page that a picture covers has no more of its own."""
_COVERED = 0.6
_UNDECODED = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x7f-\x9f]")
_UNDECODED_SHARE = 0.3


class Scans:
    """Recognises the pages of one file that need it, and keeps what came of it."""

    def __init__(self, pdf: Pdf, limits: ReadingLimits) -> None:
        self._pdf = pdf
        self._recogniser = Recogniser(limits)
        self._pictured: list[str] = []
        self._complaint = ""
        self._chars = 0

    def page(self, page: Page) -> Page:
        """Return the page, with what was recognised where that is more than what it says itself."""
        read = self._read(page)
        self._chars += read.chars
        return read

    def _read(self, page: Page) -> Page:
        if not _is_scan(page):
            return page
        seen = self._recognised(page)
        if seen is not None and seen.chars > page.chars:
            return replace(
                seen,
                number=page.number,
                hidden=page.hidden,
                comments=page.comments,
                typed=page.typed,
                descriptions=page.descriptions,
            )
        if page.chars < _LEAST_CHARS and page.pictures and seen is None:
            self._pictured.append(f"page {page.number}")
        return page

    def found(self) -> Iterator[Found]:
        """Yield what is to be said of recognised pages, and which were not."""
        if self._recogniser.confidences:
            yield properties(self._recogniser)
        if self._pictured:
            yield Pictures(keys=tuple(self._pictured), move=self._complaint or self._recogniser.stopped)
        elif self._recogniser.looked_at and not self._chars:
            yield nothing(self._recogniser)
        else:
            yield from unsure(self._recogniser)

    def _recognised(self, page: Page) -> Page | None:
        if self._recogniser.stopped:
            return None
        picture = self._pdf.picture(page.number)
        if picture is None:
            return None
        try:
            seen = self._recogniser.recognise(picture, page.number)
        except NotRecognised as error:
            self._complaint = str(error)
            return None
        return seen.page if seen is not None else None


def _is_scan(page: Page) -> bool:
    if page.chars < _LEAST_CHARS:
        return page.pictures
    if page.covered >= _COVERED and page.chars < _STAMP_CHARS and not page.is_layered:
        return True
    text = "".join(line.text for line in page.lines)
    return not text.isascii() and len(_UNDECODED.findall(text)) > _UNDECODED_SHARE * len(text)
