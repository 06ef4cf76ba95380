"""Numbers of Windows code pages to the names of Python's encodings."""

from __future__ import annotations

import codecs

_NAMES = {
    1200: "utf-16-le",
    1201: "utf-16-be",
    10000: "mac_roman",
    20127: "ascii",
    20866: "koi8_r",
    20932: "euc_jp",
    21866: "koi8_u",
    50220: "iso2022_jp",
    50221: "iso2022_jp",
    50222: "iso2022_jp",
    51932: "euc_jp",
    51949: "euc_kr",
    52936: "gb2312",
    54936: "gb18030",
    65000: "utf-7",
    65001: "utf-8",
    0x8000: "mac_roman",
    0x8001: "cp1252",
}
_LATIN = range(28591, 28606)


def encoding_of(codepage: int) -> str:
    """Return the encoding of a code page, Windows-1252 when it is unknown."""
    name = _NAMES.get(codepage) or (f"iso8859_{codepage - 28590}" if codepage in _LATIN else f"cp{codepage}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name
