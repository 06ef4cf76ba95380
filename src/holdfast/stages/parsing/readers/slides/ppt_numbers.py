"""The numbers before paragraphs of a PPT file, by a record that came with PowerPoint's ninth version.

Layout from Microsoft's open specification [MS-PPT], section 2.9.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import TypeVar

from holdfast.stages.parsing.readers.slides.ppt_letters import GROUPS, letter_groups, paragraph_levels
from holdfast.stages.parsing.readers.slides.ppt_records import Atom, atoms
from holdfast.stages.parsing.readers.slides.slide_counts import SlideCounts

_CLIENT_DATA, _TAGS, _TAG, _NAME, _HELD, _STYLES = 0xF011, 0x1388, 0x138A, 0x0FBA, 0x138B, 0x0FAC
_OF_NINTH = "___PPT9"
_PICTURE, _IS_NUMBERED, _SCHEME = 0x00800000, 0x02000000, 0x01000000
_MORE_LETTERS = 0x00100000
_MORE_FACTS = ((0x0001, 2), (0x0002, 2), (0x0004, 2), (0x0020, 4), (0x0040, 2))
_SMART_TAGS = 0x0200
_KINDS = (
    "alphaLcPeriod", "alphaUcPeriod", "arabicParenR", "arabicPeriod", "romanLcParenBoth", "romanLcParenR",
    "romanLcPeriod", "romanUcPeriod", "alphaLcParenBoth", "alphaLcParenR", "alphaUcParenBoth",
    "alphaUcParenR",
    "arabicParenBoth", "arabicPlain", "romanUcParenBoth", "romanUcParenR",
)  # fmt: skip
"""By the number of a scheme; those of other scripts follow."""
_USUAL = 3
_Numbers = tuple[str, str]
_Run = TypeVar("_Run", tuple[int, int], tuple[int, int, bool])


def numbers_of(shape: Atom) -> bytes:
    """Return the record that numbers the paragraphs of a shape, empty where it has none."""
    tags = shape.first(_CLIENT_DATA, _TAGS)
    for tag in tags.children() if tags is not None else ():
        name, held = tag.first(_NAME), tag.first(_HELD)
        if name is None or held is None or name.data.decode("utf-16-le", errors="replace") != _OF_NINTH:
            continue
        return next(
            (one.data for one in atoms(held.stream, held.start, held.end) if one.kind == _STYLES), b""
        )
    return b""


def labels(paragraphs: Sequence[str], styles: bytes, numbers: bytes) -> list[tuple[int, str]]:
    """Return where paragraphs begin in their text, and the number before each that has one.

    Each paragraph counts one more character than it holds, its end. Empty where a record cannot be
    followed.
    """
    length = sum(len(text) + 1 for text in paragraphs) - 1
    try:
        kinds = list(_kinds(numbers))
        if not any(kinds):
            return []
        groups, levels = letter_groups(styles, length), paragraph_levels(styles, length)
    except struct.error:
        return []
    counts, found = SlideCounts(), list[tuple[int, str]]()
    starts = accumulate((len(text) + 1 for text in paragraphs), initial=0)
    for start, text in zip(starts, paragraphs, strict=False):
        _, level, is_plain = _of(levels, start)
        _, group = _of(groups, start)
        group = group if group < len(kinds) else group % GROUPS
        numbered = kinds[group] if group < len(kinds) and not is_plain else None
        if not text.strip():
            continue
        if numbered is None:
            counts.unnumbered(level)
        else:
            found.append((start, counts.label(level, *numbered)))
    return found


def _of(runs: Sequence[_Run], place: int) -> _Run:
    """Return the run that a character belongs to; runs begin with the place where they end."""
    return runs[min(bisect_right(runs, place, key=lambda run: run[0]), len(runs) - 1)]


def _kinds(data: bytes) -> Iterator[_Numbers | None]:
    """Yield the kind and the first number of each group of letters, None for those that have none."""
    at = 0
    while at < len(data):
        (mask,) = struct.unpack_from("<I", data, at)
        at += 6 if mask & _PICTURE else 4
        is_numbered, scheme, start = False, _USUAL, 1
        if mask & _IS_NUMBERED:
            is_numbered = struct.unpack_from("<H", data, at)[0] != 0
            at += 2
        if mask & _SCHEME:
            scheme, start = struct.unpack_from("<HH", data, at)
            at += 4
        (letters,) = struct.unpack_from("<I", data, at)
        at += 8 if letters & _MORE_LETTERS else 4
        (facts,) = struct.unpack_from("<I", data, at)
        at += 4 + sum(width for bit, width in _MORE_FACTS if facts & bit)
        if facts & _SMART_TAGS:
            at += 4 + 4 * struct.unpack_from("<I", data, at)[0]
        kind = _KINDS[scheme] if scheme < len(_KINDS) else "arabicPlain"
        yield (kind, str(start)) if is_numbered else None
