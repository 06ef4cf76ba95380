"""What an XLSX workbook prints above and below its sheets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.sheets.blocks import Sheet
from holdfast.stages.parsing.units import Block

_LINES = re.compile(
    rb"<(?:\w+:)?(?P<which>odd|even|first)(?P<what>Header|Footer)\b[^>]*(?<!/)>(?P<text>[^<]*)</"
)
_SETTINGS = re.compile(rb"<(?:\w+:)?headerFooter\b(?P<attributes>[^>]*)>")
_ASKED = {b"even": b"differentOddEven", b"first": b"differentFirst"}
"""The setting without which a line of these pages is kept and never printed."""
_CODE = re.compile(r'&(?:"[^"]*"|K(?:[0-9A-Fa-f]{6}|\d\d[+-]\d{3})|\d{1,3}|[PN](?:[+-]\d+)?|[A-Za-z])')
_DOUBLED = "\0"
"""In the place of `&&`, which prints one `&`."""
_SECTIONS = re.compile(r"&[LCR]")
_COUNTING = frozenset(
    ("", "page", "of", "seite", "von", "pagina", "di", "página", "de", "sur", "blz", "pag", "sida", "av",
     "side", "af", "sivu", "strana", "z", "стр", "из")
)  # fmt: skip
"""Words that stand around the number of a page and say nothing without it."""


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
        sections = [_plain(section) for section in _SECTIONS.split(text.replace("&&", _DOUBLED))]
        line = " | ".join(section for section in sections if section)
        if line:
            part = f"page {found['what'].decode().lower()}"
            yield Block(text=line, locator=Locator(sheet=sheet.name, part=part), hidden=sheet.hidden)


def _plain(section: str) -> str:
    """Return a section's own words, empty where they only count pages."""
    words = " ".join(_CODE.sub("", section).replace(_DOUBLED, "&").split())
    is_counting = all(word.strip(".:,-/").casefold() in _COUNTING for word in words.split())
    return "" if is_counting else words
