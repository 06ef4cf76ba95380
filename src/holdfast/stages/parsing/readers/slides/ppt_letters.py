"""Which letters of a PowerPoint text are a point or less, by the runs of its style record."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_TINY = 1
"""Points."""
_PARAGRAPH = (
    (0x0000000F, 2), (0x00000080, 2), (0x00000010, 2), (0x00000040, 2), (0x00000020, 4), (0x00000800, 2),
    (0x00001000, 2), (0x00002000, 2), (0x00004000, 2), (0x00000100, 2), (0x00000400, 2), (0x00008000, 2),
)  # fmt: skip
"""What a paragraph's run may hold, in its order: the bits of its mask that say so, and bytes."""
_TABS = 0x00100000
_AFTER_TABS = ((0x00010000, 2), (0x000E0000, 2), (0x00200000, 2))
_BEFORE_SIZE = ((0x00003EB7, 2), (0x00010000, 2), (0x00200000, 2), (0x00400000, 2), (0x00800000, 2))
_SIZE = 0x00020000
_AFTER_SIZE = ((0x00040000, 4), (0x00080000, 2))


def tiny_stretches(styles: bytes, length: int) -> list[tuple[int, int]]:
    """Return where letters of a point or less begin and end in a text of so many characters.

    Empty where the record cannot be followed to its end: what is not certain is shown.
    """
    try:
        at = _after_paragraphs(styles, length)
        return [(start, end) for start, end, size in _letters(styles, at, length) if 0 < size <= _TINY]
    except struct.error:
        return []


def _after_paragraphs(styles: bytes, length: int) -> int:
    at = covered = 0
    while covered <= length:
        count, _, mask = struct.unpack_from("<IHI", styles, at)
        at = _past(_PARAGRAPH, mask, at + 10)
        if mask & _TABS:
            at += 2 + 4 * struct.unpack_from("<H", styles, at)[0]
        at = _past(_AFTER_TABS, mask, at)
        covered += _some(count)
    return at


def _letters(styles: bytes, at: int, length: int) -> Iterator[tuple[int, int, int]]:
    """Yield beginning, end and size of each run of letters; 0 where it inherits its size."""
    start = 0
    while start <= length:
        count, mask = struct.unpack_from("<II", styles, at)
        at, size = _past(_BEFORE_SIZE, mask, at + 8), 0
        if mask & _SIZE:
            size = struct.unpack_from("<H", styles, at)[0]
            at += 2
        at = _past(_AFTER_SIZE, mask, at)
        end = start + _some(count)
        if at > len(styles):
            raise struct.error
        yield start, min(end, length), size
        start = end


def _past(fields: tuple[tuple[int, int], ...], mask: int, at: int) -> int:
    return at + sum(width for bits, width in fields if mask & bits)


def _some(count: int) -> int:
    """Return a count of characters that goes on; none would never end."""
    if count == 0:
        raise struct.error
    return count
