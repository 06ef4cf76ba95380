"""The records of Excel's binary files and the strings in them.

Layout from Microsoft's open specification [MS-XLS].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_CONTINUE, _BOF, _EOF = 0x003C, 0x0809, 0x000A
_FIRST_OF_CHARTS = 0x1000
_WIDE, _FAR_EAST, _RICH = 1, 4, 8
"""Flags of a Unicode string."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A record and the pieces that continue it; a string may go on in the next piece with other flags."""

    kind: int
    pieces: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """Return the first piece: all of it for all records but those of long texts."""
        return self.pieces[0]


def records(stream: bytes, at: int) -> Iterator[Record]:
    """Yield the records of one substream to its end, of charts inside it those of their own kinds only."""
    depth = 0
    kind, pieces = -1, list[bytes]()
    while 0 <= at <= len(stream) - 4:
        next_kind, size = struct.unpack_from("<HH", stream, at)
        piece = stream[at + 4 : at + 4 + size]
        at += 4 + size
        if next_kind == _CONTINUE and pieces:
            pieces.append(piece)
            continue
        if pieces and (depth == 1 or kind >= _FIRST_OF_CHARTS):
            yield Record(kind=kind, pieces=tuple(pieces))
        if next_kind == _EOF:
            depth -= 1
            pieces = []
            if depth <= 0:
                return
            continue
        depth += next_kind == _BOF
        kind, pieces = next_kind, [piece]
    if pieces and depth == 1:
        yield Record(kind=kind, pieces=tuple(pieces))


def byte_string(data: bytes, codepage: str) -> str:
    """Return text of one byte per character."""
    return data.decode(codepage, errors="replace")


def short_string(data: bytes, at: int) -> str:
    """Return a Unicode string whose length is one byte."""
    return _characters(data, at + 2, data[at], wide=bool(data[at + 1] & _WIDE))


def long_string(data: bytes, at: int) -> str:
    """Return a Unicode string whose length is two bytes; formatting behind it is not read."""
    if len(data) < at + 3:
        return ""
    length, flags = struct.unpack_from("<HB", data, at)
    at += 3 + (2 if flags & _RICH else 0) + (4 if flags & _FAR_EAST else 0)
    return _characters(data, at, length, wide=bool(flags & _WIDE))


def _characters(data: bytes, at: int, length: int, *, wide: bool) -> str:
    if wide:
        return data[at : at + 2 * length].decode("utf-16-le", errors="replace")
    return data[at : at + length].decode("latin-1")


class StringReader:
    """Reads strings one after another from a record that goes on in further pieces."""

    def __init__(self, pieces: tuple[bytes, ...], at: int) -> None:
        self._pieces = pieces
        self._number = 0
        self._at = at

    def strings(self, most: int) -> Iterator[str]:
        """Yield up to `most` strings, fewer when the pieces end before."""
        for _ in range(most):
            if not self._settle():
                return
            yield self._string()

    def bare(self, length: int) -> str:
        """Return text without a head, whose first byte says how wide its characters are."""
        flags = self._bytes(1)
        return self._text(length, wide=bool(flags and flags[0] & _WIDE))

    def _settle(self) -> bool:
        """Go to the next piece when this one is used up; return whether there is more."""
        while self._number < len(self._pieces) and self._at >= len(self._pieces[self._number]):
            self._at -= len(self._pieces[self._number])
            self._number += 1
        return self._number < len(self._pieces)

    def _string(self) -> str:
        head = self._bytes(3)
        if len(head) < 3:  # noqa: PLR2004 - length and flags
            return ""
        length, flags = struct.unpack("<HB", head)
        runs = int.from_bytes(self._bytes(2), "little") if flags & _RICH else 0
        extra = int.from_bytes(self._bytes(4), "little") if flags & _FAR_EAST else 0
        text = self._text(length, wide=bool(flags & _WIDE))
        self._at += 4 * runs + extra
        return text

    def _bytes(self, count: int) -> bytes:
        if not self._settle():
            return b""
        piece = self._pieces[self._number][self._at : self._at + count]
        self._at += len(piece)
        return piece

    def _text(self, length: int, *, wide: bool) -> str:
        """Read the characters; where they go on in the next piece, its first byte says how wide they are."""
        pieces: list[str] = []
        while length > 0 and self._number < len(self._pieces):
            here = self._pieces[self._number]
            room = (len(here) - self._at) // (2 if wide else 1)
            count = min(length, max(0, room))
            pieces.append(_characters(here, self._at, count, wide=wide))
            self._at += count * (2 if wide else 1)
            length -= count
            if length > 0:
                self._number, self._at = self._number + 1, 1
                if self._number < len(self._pieces) and self._pieces[self._number]:
                    wide = bool(self._pieces[self._number][0] & _WIDE)
        return "".join(pieces)
