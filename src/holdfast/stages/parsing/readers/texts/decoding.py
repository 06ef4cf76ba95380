"""Bytes of unknown encoding to text."""

from __future__ import annotations

import codecs
import re

from holdfast.loading import load

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE_BYTES = 1 << 16
_WESTERN = re.compile(
    r"^(ascii|latin.*|iso8859_(1|15)|cp(125[028]|437|850|858|1140|500|037|1026|273)|hp_roman8|mac_.*)$"
)
"""Codes that a detector mixes up on short texts, and that say nothing against Windows-1252."""

_LATIN_LETTER = re.compile("[A-Za-z]")
_FOREIGN = re.compile("[\u0370-\u1dff\ufb13-\ufeff]")
"""Letters that stand in no word with Latin ones: Greek, Cyrillic, Arabic, not those of Japanese."""


def decode(data: bytes, *, declared: str = "") -> str:
    """Return the text: by its byte order mark, as UTF-8, as declared, as it looks, else Windows-1252."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace").removeprefix("\ufeff")
    wide = _wide_encoding(data)
    if wide:
        return data.decode(wide, errors="replace")
    for encoding in ("utf-8", declared):
        text = _strictly(data, encoding)
        if text is not None:
            return text
    if b"\x1b$" in data and (text := _strictly(data, "iso2022_jp")) is not None:
        return text
    return data.decode(_guess(data[:_SAMPLE_BYTES]), errors="replace")


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding) if encoding else None
    except (UnicodeDecodeError, LookupError):
        return None


def _wide_encoding(data: bytes) -> str:
    """Return UTF-16 or UTF-32 without a mark by where the NULs stand."""
    head = data[:4000]
    if head.count(0) < len(head) / 4:
        return ""
    first, second, third, fourth = (head[place::4].count(0) * 2 > len(head) // 4 for place in range(4))
    by_pattern = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    return by_pattern.get((first, second, third, fourth), "")


def _guess(sample: bytes) -> str:
    best = load("charset_normalizer:from_bytes")(sample).best()  # .07 s to import, rarely needed
    if best is None or _WESTERN.match(best.encoding) or _mixes_scripts(sample, str(best.encoding)):
        return "cp1252"
    return str(best.encoding)


def _mixes_scripts(sample: bytes, encoding: str) -> bool:
    r"""Tell whether a guess would put letters of another script into most of the words that it changes.

    `Gr\xf6\xdfe` alone is too little to go by, and was read as Arabic among Latin letters.
    """
    words = [word for word in sample.decode(encoding, errors="replace").split() if not word.isascii()]
    mixed = sum(_LATIN_LETTER.search(word) is not None for word in words if _FOREIGN.search(word))
    return mixed * 2 > len(words)
