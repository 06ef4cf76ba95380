"""The words within an area of a PDF page."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from holdfast.stages.parsing.readers.pdf.grids import Cell
from holdfast.stages.parsing.readers.pdf.page import Line
from holdfast.stages.parsing.readers.pdf.words import Word, is_apart

_BEYOND = 2.0
"""Points by which a word may reach over the edge of its cell."""


class Areas:
    """Finds the words of a page by their place."""

    def __init__(self, lines: Sequence[Line]) -> None:
        words = [word for line in lines for word in line.words]
        self._words = sorted(words, key=_middle)
        self._heights = [_middle(word) for word in self._words]

    def text(self, cell: Cell) -> str | None:
        """Return the words in a cell as lines, None when one goes on into the next cell."""
        first = bisect_left(self._heights, cell.bottom)
        last = bisect_right(self._heights, cell.top)
        found = [
            word
            for word in self._words[first:last]
            if word.left < cell.right - _BEYOND and word.right > cell.left + _BEYOND
        ]
        if any(word.left < cell.left - _BEYOND or word.right > cell.right + _BEYOND for word in found):
            return None
        return _as_lines(sorted(found, key=lambda word: word.order))


def _middle(word: Word) -> float:
    return (word.bottom + word.top) / 2


def _as_lines(words: Sequence[Word]) -> str:
    pieces = [words[0].text] if words else []
    for number in range(1, len(words)):
        pieces.append("\n" if is_apart(words[number - 1], words[number]) else " ")
        pieces.append(words[number].text)
    return "".join(pieces)
