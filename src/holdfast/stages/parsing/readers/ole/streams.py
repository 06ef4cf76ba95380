"""OLE2 compound files: the streams and storages of Office before 2007 and of Outlook messages.

Layout from Microsoft's open specification [MS-CFB].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.domain.documents import ParseStatus
from holdfast.stages.parsing.units import Unreadable, malformed

_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LAST_SECTOR = 0xFFFFFFFA
"""Greater numbers mean: free, end of chain, FAT sector, DIFAT sector."""
_NO_ENTRY = 0xFFFFFFFF
_ENTRY_BYTES = 128
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_MOST_ENTRIES = 100_000
_IN_HEADER = 109
"""FAT sectors that the header itself lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


class OleFile:
    """An opened compound file; a chain that runs in a circle or out of the file ends there."""

    def __init__(self, data: bytes) -> None:
        if len(data) < 1536 or not data.startswith(_SIGNATURE):  # noqa: PLR2004 - header, FAT, directory
            raise malformed("the file is cut off")
        self._data = data
        self._sector = 1 << min(max(struct.unpack_from("<H", data, 30)[0], 7), 16)
        self._mini_sector = 1 << min(struct.unpack_from("<H", data, 32)[0], 16)
        (directory, _, self._cutoff, mini_fat, _, difat, _) = struct.unpack_from("<IIIIIII", data, 48)
        self._fat = self._allocation(difat)
        self._entries = _entries(self._chain(directory))
        if not self._entries:
            raise malformed("its directory cannot be read")
        table = self._chain(mini_fat)
        self._mini_fat = struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])
        self._mini = self._chain(self._entries[0].start)
        self._paths = dict(self._walk())

    def names(self) -> list[str]:
        """Return the paths of all streams and storages, `/` between their parts, in no certain order."""
        return list(self._paths)

    def has(self, path: str) -> bool:
        """Return whether there is such a stream or storage, whatever the case of its letters."""
        return path.lower() in self._paths

    def is_storage(self, path: str) -> bool:
        """Return whether the path names a storage, the folder of a compound file."""
        entry = self._paths.get(path.lower())
        return entry is not None and entry.kind == _STORAGE

    def stream(self, path: str) -> bytes:
        """Return a stream's bytes, empty when there is none."""
        entry = self._paths.get(path.lower())
        if entry is None or entry.kind != _STREAM:
            return b""
        if entry.size < self._cutoff:
            return self._mini_chain(entry.start, entry.size)
        return self._chain(entry.start, entry.size)

    def _allocation(self, difat: int) -> tuple[int, ...]:
        """Return the FAT: which sector follows which."""
        listed = list(struct.unpack_from(f"<{_IN_HEADER}I", self._data, 76))
        seen: set[int] = set()
        while difat < _LAST_SECTOR and difat not in seen:
            seen.add(difat)
            block = self._sector_at(difat)
            numbers = struct.unpack(f"<{len(block) // 4}I", block[: len(block) // 4 * 4])
            if not numbers:
                break
            listed.extend(numbers[:-1])
            difat = numbers[-1]
        table = b"".join(self._sector_at(number) for number in listed if number < _LAST_SECTOR)
        return struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4])

    def _sector_at(self, number: int) -> bytes:
        start = (number + 1) * self._sector
        return self._data[start : start + self._sector]

    def _chain(self, start: int, size: int | None = None) -> bytes:
        pieces, left = [], len(self._data) if size is None else min(size, len(self._data))
        seen: set[int] = set()
        while start < len(self._fat) and start not in seen and left > 0:
            seen.add(start)
            piece = self._sector_at(start)[:left]
            pieces.append(piece)
            left -= self._sector
            start = self._fat[start]
        return b"".join(pieces)

    def _mini_chain(self, start: int, size: int) -> bytes:
        pieces, left = [], size
        seen: set[int] = set()
        while start < len(self._mini_fat) and start not in seen and left > 0:
            seen.add(start)
            at = start * self._mini_sector
            pieces.append(self._mini[at : at + min(self._mini_sector, left)])
            left -= self._mini_sector
            start = self._mini_fat[start]
        return b"".join(pieces)

    def _walk(self) -> Iterator[tuple[str, _Entry]]:
        """Yield path and entry of everything below the root; each entry once, however it is linked."""
        waiting = [("", self._entries[0].child)]
        seen: set[int] = set()
        while waiting:
            prefix, number = waiting.pop()
            if number >= len(self._entries) or number in seen:
                continue
            seen.add(number)
            entry = self._entries[number]
            waiting += [(prefix, entry.left), (prefix, entry.right)]
            path = prefix + entry.name
            if entry.kind in (_STORAGE, _STREAM):
                yield path.lower(), entry
            if entry.kind == _STORAGE:
                waiting.append((f"{path}/", entry.child))


def _entries(directory: bytes) -> list[_Entry]:
    if len(directory) > _MOST_ENTRIES * _ENTRY_BYTES:
        raise Unreadable(
            ParseStatus.LIMIT_SIZE, f"it holds over {_MOST_ENTRIES:,} streams and storages. Split it"
        )
    entries = []
    for at in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        length, kind, left, right, child = struct.unpack_from("<HBxIII", directory, at + 64)
        start, size = struct.unpack_from("<IQ", directory, at + 116)
        entries.append(
            _Entry(
                name=directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", errors="replace"),
                kind=kind,
                left=left,
                right=right,
                child=child if kind in (_STORAGE, _ROOT) else _NO_ENTRY,
                start=start,
                size=size & 0xFFFFFFFF,
            )
        )
    return entries
