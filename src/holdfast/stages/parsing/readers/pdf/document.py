"""PDF: a unit per page, headings by outline or size, ruled tables to rows in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.left_out import clipped
from holdfast.stages.parsing.readers.pdf.layout import Layout
from holdfast.stages.parsing.readers.pdf.page import Page
from holdfast.stages.parsing.readers.pdf.pages import PageBlocks
from holdfast.stages.parsing.readers.pdf.pdfium import Pdf
from holdfast.stages.parsing.readers.pdf.scans import Scans
from holdfast.stages.parsing.units import (
    Properties,
    Reading,
    ReadingLimits,
    Size,
    Unreadable,
    Verdict,
)

_SAMPLE_PAGES = 24
_DATE = re.compile(r"^(?:D:)?(\d{4})(\d\d)?(\d\d)?")
_NO_VALUE = frozenset({"untitled", "anonymous", "(anonymous)", "unspecified", "(unspecified)", "unknown"})


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield properties, then the pages; scans are recognised, and what could not be read is named at the end.

    The first pages show what headings and page furniture look like. They are sent as plain text before
    that is known, and again after it: were a page to kill this process, those before it are kept.
    """
    pdf = Pdf(data)
    yield Size(units=len(pdf))
    if properties := _properties(pdf.metadata()):
        yield Properties(values=properties)
    damaged: list[int] = []
    scans = Scans(pdf, limits)
    pages = map(scans.page, _pages(pdf, damaged, limits))
    sample = []
    for page in islice(pages, _SAMPLE_PAGES):
        sample.append(page)
        yield PageBlocks.plain(page)
    layout = Layout(sample, pdf.outline(), drop_repeated=limits.pdf_drop_repeated)
    blocks = PageBlocks(layout)
    for page in _all(sample, pages):
        yield from blocks.units(page)
    yield from scans.found()
    yield from pdf.attached(limits)
    if damaged:
        yield _damage(damaged, len(pdf))
    elif pdf.has_unread_form:
        yield Verdict(
            status=ParseStatus.PARTIAL,
            reason="its form (Adobe XFA) cannot be read, only the page for other programs. "
            "Print it to a new PDF and sync again",
        )


def _pages(pdf: Pdf, damaged: list[int], limits: ReadingLimits) -> Iterator[Page]:
    for number in range(1, len(pdf) + 1):
        page = pdf.page(number, tables=limits.pdf_tables)
        if page is None:
            damaged.append(number)
        else:
            yield page


def _all(sample: list[Page], rest: Iterator[Page]) -> Iterator[Page]:
    yield from sample
    yield from rest


def _damage(damaged: list[int], pages: int) -> Verdict:
    if len(damaged) == pages:
        raise Unreadable(
            ParseStatus.MALFORMED,
            f"none of its {pages} pages can be read. Open it in its own program and save it again",
        )
    named = ", ".join(map(str, damaged[:20])) + (" and more" if len(damaged) > 20 else "")  # noqa: PLR2004
    return Verdict(
        status=ParseStatus.PARTIAL,
        reason=f"page {named} of {pages} could not be read. Print the file to a new PDF and sync again",
    )


def _properties(metadata: dict[str, str]) -> dict[str, str]:
    names = {
        "Title": "title",
        "Author": "author",
        "Subject": "subject",
        "Keywords": "keywords",
        "CreationDate": "created",
        "ModDate": "modified",
    }
    found = {}
    for name, key in names.items():
        value = clipped(metadata.get(name, "").replace("\0", ""))
        if key in ("created", "modified"):
            match = _DATE.match(value)
            value = "-".join(part for part in match.groups() if part) if match else ""
        if value and value.lower() not in _NO_VALUE:
            found[key] = value
    return found
