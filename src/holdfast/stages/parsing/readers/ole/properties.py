"""Title, author and dates that an OLE file keeps in its summary stream.

Layout from Microsoft's open specification [MS-OLEPS].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from holdfast.stages.parsing.readers.left_out import clipped
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.texts.codepages import encoding_of

_STREAM = "\x05SummaryInformation"
_NAMES = {
    2: "title",
    3: "subject",
    4: "author",
    5: "keywords",
    6: "description",
    12: "created",
    13: "modified",
}
_CODE_PAGE = 1
_SHORT, _BYTES, _WIDE, _TIME = 2, 30, 31, 64
_MOST_PROPERTIES = 200
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


def properties_of(ole: OleFile) -> dict[str, str]:
    """Return what the file says of itself, empty when it says nothing readable."""
    data = ole.stream(_STREAM)
    try:
        values = dict(_values(data))
    except (struct.error, ValueError, OverflowError):
        return {}
    return {key: clipped(value) for key, value in values.items() if value.strip("\0 ")}


def filetime(ticks: int) -> str:
    """Return a time given as tenths of microseconds since 1601 in ISO form, empty when there is none."""
    try:
        return (_EPOCH + timedelta(microseconds=ticks // 10)).isoformat(timespec="seconds") if ticks else ""
    except OverflowError:
        return ""


def _values(data: bytes) -> Iterator[tuple[str, str]]:
    if len(data) < 48:  # noqa: PLR2004 - the header of one set
        return
    start = int.from_bytes(data[44:48], "little")
    count = min(struct.unpack_from("<I", data, start + 4)[0], _MOST_PROPERTIES)
    places = [struct.unpack_from("<II", data, start + 8 + 8 * number) for number in range(count)]
    encoding = "cp1252"
    for identifier, offset in places:
        kind = struct.unpack_from("<I", data, start + offset)[0]
        at = start + offset + 4
        if identifier == _CODE_PAGE and kind == _SHORT:
            encoding = encoding_of(int.from_bytes(data[at : at + 2], "little"))
        elif identifier in _NAMES:
            yield _NAMES[identifier], _value(data, at, kind, encoding)


def _value(data: bytes, at: int, kind: int, encoding: str) -> str:
    if kind == _TIME:
        return filetime(int.from_bytes(data[at : at + 8], "little"))
    length = struct.unpack_from("<I", data, at)[0]
    if kind == _BYTES:
        return data[at + 4 : at + 4 + length].decode(encoding, errors="replace").rstrip("\0")
    if kind == _WIDE:
        return data[at + 4 : at + 4 + 2 * length].decode("utf-16-le", errors="replace").rstrip("\0")
    return ""
