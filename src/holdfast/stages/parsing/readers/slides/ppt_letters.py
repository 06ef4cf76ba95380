"""What the style record of a PowerPoint text says of its letters: tiny ones, groups, levels of paragraphs."""

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
_HAS_SIGN = 0x0001
_HAS_GROUP, GROUPS = 0x3C00, 16
_AFTER_TABS = ((0x00010000, 2), (0x000E0000, 2), (0x00200000, 2))
_BEFORE_SIZE = ((0x00003EB7, 2), (0x00010000, 2), (0x00200000, 2), (0x00400000, 2), (0x00800000, 2))
_SIZE = 0x00020000
_AFTER_SIZE = ((0x00040000, 4), (0x00080000, 2))


def tiny_stretches(styles: bytes, length: int) -> list[tuple[int, int]]:
    """Return where letters of a point or less begin and end in a text of so many characters.

    Empty where the record cannot be followed to its end: what is not certain is shown.
    """
    try:
        at, _ = _paragraphs(styles, length)
        return [(start, end) for start, end, size, _ in _letters(styles, at, length) if 0 < size <= _TINY]
    except struct.error:
        return []


def letter_groups(styles: bytes, length: int) -> list[tuple[int, int]]:
    """Return where each run of letters ends and which group, from 0, it is of; raise struct.error.

    The record counts groups to 15 and goes on with 0.
    """
    at, _ = _paragraphs(styles, length)
    found: list[tuple[int, int]] = []
    group = 0
    for _, end, _, told in _letters(styles, at, length):
        group += (told - group) % GROUPS
        found.append((end, group))
    return found


def paragraph_levels(styles: bytes, length: int) -> list[tuple[int, int, bool]]:
    """Return of each run of paragraphs where it ends, its level, whether it shows no sign; struct.error."""
    return _paragraphs(styles, length)[1]


def _paragraphs(styles: bytes, length: int) -> tuple[int, list[tuple[int, int, bool]]]:
    """Return where the runs of paragraphs end in the record, and what they say."""
    at = covered = 0
    found: list[tuple[int, int, bool]] = []
    while covered <= length:
        count, level, mask = struct.unpack_from("<IHI", styles, at)
        has_sign = mask & _HAS_SIGN == 0 or struct.unpack_from("<H", styles, at + 10)[0] & _HAS_SIGN
        at = _past(_PARAGRAPH, mask, at + 10)
        if mask & _TABS:
            at += 2 + 4 * struct.unpack_from("<H", styles, at)[0]
        at = _past(_AFTER_TABS, mask, at)
        covered += _some(count)
        found.append((covered, level, not has_sign))
    return at, found


def _letters(styles: bytes, at: int, length: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield beginning, end, size and group of each run of letters; 0 where it inherits its size."""
    start = 0
    while start <= length:
        count, mask = struct.unpack_from("<II", styles, at)
        looks = struct.unpack_from("<H", styles, at + 8)[0] if mask & _HAS_GROUP else 0
        at, size = _past(_BEFORE_SIZE, mask, at + 8), 0
        if mask & _SIZE:
            size = struct.unpack_from("<H", styles, at)[0]
            at += 2
        at = _past(_AFTER_SIZE, mask, at)
        end = start + _some(count)
        if at > len(styles):
            raise struct.error
        yield start, min(end, length), size, looks >> 10 & (GROUPS - 1)
        start = end


def _past(fields: tuple[tuple[int, int], ...], mask: int, at: int) -> int:
    return at + sum(width for bits, width in fields if mask & bits)


def _some(count: int) -> int:
    """Return a count of characters that goes on; none would never end."""
    if count == 0:
        raise struct.error
    return count
