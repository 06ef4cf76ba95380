"""What an RTF file says of its fonts, colours and styles before its text begins."""

from __future__ import annotations

import re

from holdfast.stages.parsing.readers.symbols import is_symbol_font

_HEAD_BYTES = 1 << 20
_FONT = re.compile(rb"\\f(\d{1,5})(?:\\[a-z]+-?\d* ?|\{[^{}]{0,200}\})*?\\fcharset(\d{1,3})")
_SYMBOL_FONT = re.compile(
    rb"\\f(\d{1,5})(?:\\[a-z]+-?\d* ?|\{[^{}]{0,200}\})*? ?(Symbol|Wingdings);", re.IGNORECASE
)
_STYLE = re.compile(rb"\{(?:\\\*)?\s?\\s(\d{1,5})([^{}]{0,2000}(?:\{[^{}]{0,200}\}[^{}]{0,2000}){0,5})\}")
_HEADING_NAME = re.compile(rb"(?:heading|\xfcberschrift|titre|t\xedtulo|titolo|kop) ?(\d)\s*;", re.IGNORECASE)
_TITLE_NAME = re.compile(rb"[ ](?:title|titel)\s*;", re.IGNORECASE)
_OUTLINE = re.compile(rb"\\outlinelevel([0-8])\b")
_CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 255: "cp437",
}  # fmt: skip


def charset_encoding(charset: int) -> str:
    """Return the encoding of a font's character set, empty when the document's own counts."""
    return _CHARSETS.get(charset, "")


def fonts_of(data: bytes) -> dict[int, int]:
    """Return each font's character set by the font's number."""
    table = _group(data, rb"\fonttbl")
    return {int(number): int(charset) for number, charset in _FONT.findall(table)}


def symbol_fonts_of(data: bytes) -> dict[int, str]:
    """Return the names of the fonts whose letters are signs of their own, by the font's number."""
    named = _SYMBOL_FONT.findall(_group(data, rb"\fonttbl"))
    names = {int(number): name.decode("latin-1").strip() for number, name in named}
    return {number: name for number, name in names.items() if is_symbol_font(name)}


def colours_of(data: bytes) -> frozenset[int]:
    """Return the numbers of the colours that are white."""
    entries = _group(data, rb"\colortbl").removeprefix(rb"\colortbl").split(b";")
    return frozenset(
        number
        for number, entry in enumerate(entries)
        if all(rf"\{part}255".encode() in entry for part in ("red", "green", "blue"))
    )


def headings_of(data: bytes) -> dict[int, int]:
    """Return the level of each paragraph style that is a heading, by the style's number."""
    levels = {}
    for number, content in _STYLE.findall(_group(data, rb"\stylesheet")):
        named, outline = _HEADING_NAME.search(content + b";"), _OUTLINE.search(content)
        if named:
            levels[int(number)] = int(named[1])
        elif outline:
            levels[int(number)] = int(outline[1]) + 1
        elif _TITLE_NAME.search(content + b";"):
            levels[int(number)] = 1
    return levels


def _group(data: bytes, word: bytes) -> bytes:
    """Return what stands between the braces of the first group that begins with a word."""
    start = data.find(b"{" + word, 0, _HEAD_BYTES)
    if start < 0:
        return b""
    depth = 0
    for match in re.finditer(rb"\\.|[{}]", data[start : start + _HEAD_BYTES], re.DOTALL):
        depth += {b"{": 1, b"}": -1}.get(match[0], 0)
        if depth == 0:
            return data[start + 1 : start + match.start()]
    return data[start + 1 : start + _HEAD_BYTES]
