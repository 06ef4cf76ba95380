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
    r"^(ascii|latin.*|iso8859_(1|2|15|16)|cp(125[028]|437|85[028]|1140|500|037|1026|273)|hp_roman8|mac_.*)$"
)
"""Codes that a detector mixes up on short texts, and that say nothing against any of WESTERN."""
WESTERN = ("cp1252", "cp850", "cp1250", "mac_roman")
"""Codes of Windows, of DOS (Excel's "CSV (MS-DOS)"), of Windows east of them, of old Macs."""
_LETTER = r"[^\W\d_]"
_JOINS = r"\-\u00b7\u2013\u2014\u2018\u2019\u2022\u2026\u00a9\u00ae"
"""Dashes, apostrophes, dots, marks of rights: they stand between letters without a blank."""
_CAPITALS = (
    "\u00c0-\u00d6\u00d8-\u00de\u0104\u0106\u010e\u0118"
    "\u0141\u0143\u0147\u0150\u0152\u0158\u015a\u0160\u0164\u0170\u0178\u0179\u017b\u017d"
)
_ODD = re.compile(
    rf"(?<={_LETTER})(?:[^\x00-\x7f\w{_JOINS}]|[\u00aa\u00b2\u00b3\u00b9\u00ba\u00bc-\u00be])(?={_LETTER})"
    rf"|(?<={_LETTER})[{_CAPITALS}](?=[a-z])"
    r"|[\x80-\x9f\u0370-\u03ff\ufffd]"
)
"""What stands in no word: a sign between letters, a capital among small ones, a Greek letter, a control."""
_FOREIGN = re.compile("[\u0370-\u1dff\u2e80-\ud7ff\uf900-\ufeff\uff61-\uffdc]")
"""Letters of other scripts than the Latin one."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_FEW, _RUN = 4, 3
"""Bytes above ASCII, most of them so many side by side, by which a text is in another script.

In a Latin text they stand alone: `Gr\xf6\xdfe` and `B\xf6hm` are too little to go by, and were read as Arabic
and Chinese.
"""
_SOME, _DENSE = 12, 0.5
"""The same where they stand alone as well, as in katakana: so many, and over this share of the text."""
_ENOUGH = 20
"""Bytes above ASCII from which a detector tells languages of Latin letters apart."""


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
    if best is None or _WESTERN.match(best.encoding):
        return _western(sample)
    runs = [len(run) for run in _HIGH.findall(sample)]
    high, side_by_side = sum(runs), sum(length for length in runs if length >= _RUN)
    text = sample.decode(best.encoding, errors="replace")
    if len(text) == len(sample) and not _FOREIGN.search(text):  # Turkish, Baltic: as good a guess as ours
        return str(best.encoding) if high >= _ENOUGH else _western(sample)
    is_dense = high >= _SOME and high > _DENSE * len(b"".join(sample.split()))
    is_other = high >= _FEW and (is_dense or side_by_side * 2 > high)
    return str(best.encoding) if is_other else _western(sample)


def _western(sample: bytes) -> str:
    """Return the code in which the least of a text reads as nobody writes; the first of several."""
    return min(WESTERN, key=lambda code: len(_ODD.findall(sample.decode(code, errors="replace"))))
