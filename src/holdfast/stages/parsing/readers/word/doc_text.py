"""The text of a DOC file: pieces that lie anywhere in the file, put in order."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.readers.ole.streams import OleFile
from holdfast.stages.parsing.readers.texts.codepages import encoding_of
from holdfast.stages.parsing.units import Unreadable, malformed

_WORD8 = 0xA5EC
_FIRST_PIECES = 0xC0
"""Version from which the text lies in pieces (Word 97)."""
_ENCRYPTED, _TABLE_1, _IN_PIECES = 0x0100, 0x0200, 0x0004
_NARROW = 0x40000000
_PIECE_BYTES = 8
_PARTS = ("text", "footnotes", "headers", "macros", "comments", "endnotes", "boxes", "header boxes")
"""In the order in which they follow each other, and in which the header gives their lengths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Characters that lie together in the file."""

    text: str
    start: int
    """Offset in the file of its first character."""
    width: int
    """Bytes per character."""

    @property
    def end(self) -> int:
        """Return the offset behind its last character."""
        return self.start + self.width * len(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    first: int
    last: int
    start: int
    width: int


class DocText:
    """Knows the pieces and the parts of the text: body, notes, page headers, comments, boxes."""

    def __init__(self, ole: OleFile, max_chars: int) -> None:
        self.stream = ole.stream("WordDocument")
        if len(self.stream) < 0x200:  # noqa: PLR2004 - the header of the oldest that is read
            raise malformed("its text is missing")
        magic, version = struct.unpack_from("<HH", self.stream)
        flags = struct.unpack_from("<H", self.stream, 10)[0]
        if flags & _ENCRYPTED:
            raise Unreadable(
                ParseStatus.ENCRYPTED, "the file needs a password. Save it without one and sync again"
            )
        self.is_old = magic != _WORD8 or version < _FIRST_PIECES
        if self.is_old and flags & _IN_PIECES:
            raise Unreadable(
                ParseStatus.UNSUPPORTED, "it was saved in pieces by Word 95 or older. Save it as DOCX"
            )
        self.table = ole.stream("1Table" if flags & _TABLE_1 else "0Table")
        self._encoding = encoding_of(10000) if self.stream[0x12:0x14] == b"\0\1" else "cp1252"
        self._pieces = self._old_piece() if self.is_old else list(self._listed_pieces())
        self._lengths = self._part_lengths()
        self._max_chars = max_chars
        self.length = sum(self._lengths.values())
        if self.length > max_chars:
            raise Unreadable(
                ParseStatus.LIMIT_SIZE,
                f"it holds over {max_chars:,} characters. Split it, or raise parsing.max_chars",
            )

    def stretches(self, part: str) -> Iterator[Stretch]:
        """Yield the characters of one part in order."""
        first = 0
        for name, length in self._lengths.items():
            if name == part:
                yield from self._between(first, first + length)
            first += length

    def table_part(self, at: int) -> bytes:
        """Return the part of the table stream whose offset and length stand at a place of the header."""
        if len(self.stream) < at + 8:
            return b""
        offset, length = struct.unpack_from("<II", self.stream, at)
        return (self.stream if self.is_old else self.table)[offset : offset + length]

    def table_behind(self, at: int) -> bytes:
        """Return what follows in the table stream behind such a part."""
        if len(self.stream) < at + 8:
            return b""
        offset, length = struct.unpack_from("<II", self.stream, at)
        return self.table[offset + length :]

    def _between(self, first: int, last: int) -> Iterator[Stretch]:
        for piece in self._pieces:
            begin, end = max(first, piece.first), min(last, piece.last)
            if begin >= end:
                continue
            start = piece.start + (begin - piece.first) * piece.width
            raw = self.stream[start : start + (end - begin) * piece.width]
            encoding = self._encoding if piece.width == 1 else "utf-16-le"
            yield Stretch(text=raw.decode(encoding, errors="replace"), start=start, width=piece.width)

    def _old_piece(self) -> list[_Piece]:
        start, end = struct.unpack_from("<II", self.stream, 0x18)
        return [_Piece(first=0, last=max(0, end - start), start=start, width=1)]

    def _listed_pieces(self) -> Iterator[_Piece]:
        clx = self.table_part(0x01A2)
        at = 0
        while at < len(clx) - 3 and clx[at] == 1:  # properties that pieces share
            at += 3 + int.from_bytes(clx[at + 1 : at + 3], "little")
        if at >= len(clx) - 5 or clx[at] != 2:  # noqa: PLR2004 - marks the list of pieces
            raise malformed("the list of its text's pieces is damaged")
        size = int.from_bytes(clx[at + 1 : at + 5], "little")
        body = clx[at + 5 : at + 5 + size]
        count = max(0, (len(body) - 4) // (4 + _PIECE_BYTES))
        for number in range(count):
            first, last = struct.unpack_from("<II", body, 4 * number)
            place = struct.unpack_from("<I", body, 4 * (count + 1) + _PIECE_BYTES * number + 2)[0]
            narrow = bool(place & _NARROW)
            start = (place & ~_NARROW) // 2 if narrow else place
            if first <= last and start < len(self.stream):
                yield _Piece(first=first, last=last, start=start, width=1 if narrow else 2)

    def _part_lengths(self) -> dict[str, int]:
        lengths = struct.unpack_from("<8I", self.stream, 0x34 if self.is_old else 0x4C)
        most = max((piece.last for piece in self._pieces), default=0)
        named = {name: min(length, most) for name, length in zip(_PARTS, lengths, strict=True)}
        return {"text": most} if sum(named.values()) == 0 else named
