"""What an XLSX workbook prints above and below its sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.sheets.blocks import Sheet
from holdfast.stages.parsing.readers.sheets.printed_lines import printed_line
from holdfast.stages.parsing.units import Block

_LINES = re.compile(
    rb"<(?:\w+:)?(?P<which>odd|even|first)(?P<what>Header|Footer)\b[^>]*(?<!/)>(?P<text>[^<]*)</"
)
_SETTINGS = re.compile(rb"<(?:\w+:)?headerFooter\b(?P<attributes>[^>]*)>")
_ASKED = {b"even": b"differentOddEven", b"first": b"differentFirst"}
"""The setting without which a line of these pages is kept and never printed."""


def printed(data: bytes, sheet: Sheet) -> Iterator[Block]:
    """Yield the lines above and below the pages of a worksheet, without numbers of pages, dates and names.

    These are made when it is printed; the sheet's and the file's name are known without them.
    """
    settings = _SETTINGS.search(data)
    attributes = settings["attributes"] if settings else b""
    for found in _LINES.finditer(data, settings.end() if settings else len(data)):
        asked = _ASKED.get(found["which"])
        if asked is not None and not re.search(asked + rb'\s*=\s*["\'](?:1|true)', attributes):
            continue
        text = unescape(found["text"].decode("utf-8", errors="replace"))
        line = printed_line(text)
        if line:
            part = f"page {found['what'].decode().lower()}"
            yield Block(text=line, locator=Locator(sheet=sheet.name, part=part), hidden=sheet.hidden)
