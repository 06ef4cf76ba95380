"""Text that runs from right to left: told from other text, its ligatures and table rows put in order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from holdfast.stages.parsing.readers.pdf.page import PageTable

_RIGHT_TO_LEFT = ("R", "AL")
_ALEF_LAM = re.compile("[\u0627\u0623\u0625\u0622]\u0644")


def runs_left(text: str) -> bool:
    """Tell whether most letters are of a script that is written from right to left."""
    if text.isascii():
        return False
    kinds = [unicodedata.bidirectional(char) for char in text]
    return sum(kind in _RIGHT_TO_LEFT for kind in kinds) > kinds.count("L")


def with_ligatures(text: str, is_one_glyph: Callable[[int], bool]) -> str:
    """Return text whose lam-alef ligatures are spelt in order: PDFium turns their two letters round.

    `is_one_glyph` tells whether the character at a place and the next are printed as one.
    """
    if text.isascii():
        return text
    return _ALEF_LAM.sub(
        lambda match: match[0][::-1] if is_one_glyph(match.start()) else match[0],
        text,
    )


def in_reading_order(table: PageTable) -> PageTable:
    """Return the table with its columns from right to left where its text runs so."""
    if not runs_left("".join(cell for row in table.rows for cell in row)):
        return table
    width = table.columns
    return replace(table, rows=tuple(_reversed(row, width) for row in table.rows))


def _reversed(row: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple(reversed((*row, *[""] * (width - len(row)))))
