"""What Outlook packs into `winmail.dat`: the files of a message, its text where it stands nowhere else.

Layout from Microsoft's open specifications [MS-OXTNEF] and [MS-OXCDATA].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.stages.parsing.readers.texts.codepages import encoding_of

_SIGNATURE = b"\x78\x9f\x3e\x22"
_SUBJECT = 0x00018004
_BODY, _MESSAGE_PROPERTIES, _CODE_PAGE = 0x0002800C, 0x00069003, 0x00069007
_RENDERING, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_TEXT, _RTF, _PAGE = 0x1000, 0x1009, 0x1013
_NAME, _OBJECT = 0x3707, 0x3701
_NARROW, _WIDE, _OBJECT_KIND, _BYTES = 0x001E, 0x001F, 0x000D, 0x0102
_FIXED = {0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4, 0x0014: 8,
          0x0040: 8, 0x0048: 16}  # fmt: skip
"""Bytes of a value, filled up to four, by the kind of property."""
_OF_LENGTH = (_NARROW, _WIDE, _OBJECT_KIND, _BYTES)
_MANY = 0x1000
_NAMED = 0x8000
_IDENTIFIER_BYTES = 16


@dataclass(slots=True, kw_only=True)
class PackedFile:
    """A file in it."""

    name: str = ""
    data: bytes = field(default=b"", repr=False)
    is_message: bool = False
    """It is a message, packed in the same way."""


@dataclass(slots=True, kw_only=True)
class Packed:
    """What it holds; each text is empty where it has none."""

    files: list[PackedFile] = field(default_factory=list)
    text: str = ""
    page: bytes = b""
    rtf: bytes = b""
    """Packed as in other messages of Outlook."""
    encoding: str = "cp1252"
    subject: str = ""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was found in it."""
        return not (self.files or self.text or self.page or self.rtf)


def unpacked(data: bytes) -> Packed | None:
    """Return what it holds, as far as it is not cut off; None for anything else."""
    if not data.startswith(_SIGNATURE):
        return None
    found = Packed()
    for kind, value in _attributes(data):
        if kind == _CODE_PAGE and len(value) >= 4:  # noqa: PLR2004 - its number
            found.encoding = encoding_of(struct.unpack_from("<I", value)[0])
        elif kind == _SUBJECT:
            found.subject = _said(value, found.encoding)
        elif kind == _BODY:
            found.text = _said(value, found.encoding)
        elif kind == _MESSAGE_PROPERTIES:
            _take_texts(found, value)
        elif kind == _RENDERING:
            found.files.append(PackedFile())
        elif kind in (_TITLE, _DATA, _PROPERTIES) and found.files:
            _take_file(found.files[-1], kind, value, found.encoding)
    return found


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    while at + 9 <= len(data):
        _, kind, size = struct.unpack_from("<BII", data, at)
        yield kind, data[at + 9 : at + 9 + size]
        at += 9 + size + 2  # a checksum


def _take_texts(found: Packed, value: bytes) -> None:
    for number, kind, held in _properties(value):
        if number == _TEXT and kind in (_NARROW, _WIDE):
            found.text = found.text or _said(held, "utf-16-le" if kind == _WIDE else found.encoding)
        elif number == _PAGE:
            found.page = held
        elif number == _RTF:
            found.rtf = held


def _take_file(file: PackedFile, kind: int, value: bytes, encoding: str) -> None:
    if kind == _TITLE:
        file.name = file.name or _said(value, encoding)
    elif kind == _DATA:
        file.data = value
    else:
        for number, form, held in _properties(value):
            if number == _NAME and form in (_NARROW, _WIDE):
                file.name = _said(held, "utf-16-le" if form == _WIDE else encoding) or file.name
            elif number == _OBJECT and not file.data:
                # The file follows the name of what kind of object it is.
                file.data = held[_IDENTIFIER_BYTES:] if form == _OBJECT_KIND else held
                file.is_message = file.data.startswith(_SIGNATURE)


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, kind and value of each property; where one cannot be followed it ends."""
    try:
        count, at = struct.unpack_from("<I", data)[0], 4
        for _ in range(count):
            kind, number = struct.unpack_from("<HH", data, at)
            at += 4
            if number >= _NAMED:
                at = _after_name(data, at)
            values, one = 1, kind & ~_MANY
            if kind & _MANY or one in _OF_LENGTH:
                values = struct.unpack_from("<I", data, at)[0]
                at += 4
            for _ in range(values):
                if at > len(data):
                    return
                size = _FIXED.get(one)
                if size is None:
                    if one not in _OF_LENGTH:
                        return
                    size = struct.unpack_from("<I", data, at)[0]
                    at += 4
                yield number, one, data[at : at + size]
                at += size + -size % 4
    except struct.error:
        return


def _after_name(data: bytes, at: int) -> int:
    """Return where a property's name ends: a number, or letters."""
    at += _IDENTIFIER_BYTES
    is_letters, told = struct.unpack_from("<II", data, at)
    return at + 8 + (told + -told % 4 if is_letters else 0)


def _said(value: bytes, encoding: str) -> str:
    return value.decode(encoding, errors="replace").rstrip("\0")
