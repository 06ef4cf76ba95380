"""What the sheets of an XLS workbook share: strings, number formats, fonts, cell styles."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from holdfast.stages.parsing.readers.sheets.biff import (
    Record,
    StringReader,
    byte_string,
    long_string,
)
from holdfast.stages.parsing.readers.sheets.number_formats import BUILT_IN
from holdfast.stages.parsing.readers.texts.codepages import encoding_of

_SST, _FORMAT, _XF, _FONT, _DATE_MODE, _CODE_PAGE = 0x00FC, 0x041E, 0x00E0, 0x0031, 0x0022, 0x0042
_WHITES = (1, 9)
"""Places of white in the palette."""
_TINY = 20
"""Twentieths of a point."""
_MOST_STRINGS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    code: str = ""
    invisible: bool = False


class Book:
    """Takes the records that stand before all sheets."""

    def __init__(self, *, wide: bool) -> None:
        self.wide = wide
        """BIFF8: texts are Unicode."""
        self.codepage = "cp1252"
        self.since_1904 = False
        self.strings: list[str] = []
        self.text_bytes = 0
        self._codes = dict(BUILT_IN)
        self._white_fonts: set[int] = set()
        self._tiny_fonts: set[int] = set()
        self._fonts = 0
        self._styles: list[tuple[int, int, bool]] = []

    def take(self, record: Record) -> None:
        """Keep what the record says, if it is one of those that reading needs."""
        data = record.data
        if record.kind == _SST and len(data) >= 8:  # noqa: PLR2004 - two counts
            self.text_bytes += sum(map(len, record.pieces))
            most = min(int.from_bytes(data[4:8], "little"), _MOST_STRINGS)
            self.strings = list(StringReader(record.pieces, 8).strings(most))
        elif record.kind == _FORMAT and len(data) > 2:  # noqa: PLR2004 - number, text
            text = long_string(data, 2) if self.wide else byte_string(data[3 : 3 + data[2]], self.codepage)
            self._codes[int.from_bytes(data[:2], "little")] = text
        elif record.kind == _FONT and len(data) >= 6:  # noqa: PLR2004 - height, flags, colour
            self._font(*struct.unpack_from("<H2xH", data))
        elif record.kind == _XF and len(data) >= 16:  # noqa: PLR2004 - the shorter of both layouts
            self._styles.append((*struct.unpack_from("<HH", data, 0), self._is_filled(data)))
        elif record.kind == _DATE_MODE:
            self.since_1904 = data[:1] == b"\1"
        elif record.kind == _CODE_PAGE:
            self.codepage = encoding_of(int.from_bytes(data[:2], "little"))

    def style(self, number: int) -> tuple[str, bool]:
        """Return a cell style's number format, and whether its text cannot be seen."""
        if number >= len(self._styles):
            return "", False
        font, code, filled = self._styles[number]
        return self._codes.get(code, ""), font in self._white_fonts and not filled

    def hides_letters(self, font: int, *, on_white: bool) -> bool:
        """Return whether letters of a font are too small to be seen, or white on white."""
        return font in self._tiny_fonts or (on_white and font in self._white_fonts)

    def _font(self, height: int, colour: int) -> None:
        if 0 < height <= _TINY:
            self._tiny_fonts.add(self._fonts)
        if colour in _WHITES:
            self._white_fonts.add(self._fonts)
        self._fonts += 1 if self._fonts != 3 else 2  # noqa: PLR2004 - there is no font number 4

    def _is_filled(self, data: bytes) -> bool:
        if self.wide:
            return len(data) < 20 or bool(data[17] >> 2)  # noqa: PLR2004 - the full layout
        return bool(int.from_bytes(data[8:12], "little") >> 16 & 0x3F)
