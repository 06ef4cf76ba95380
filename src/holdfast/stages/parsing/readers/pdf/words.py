"""Words of a PDF page to rows of print, and rows to lanes: what stands side by side is told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

_SAME_ROW = 0.5
"""Share of the lower one's height that two pieces of a row have in common."""
_APART = 0.2
_FAR_APART = 80
"""Words written in between: more, and what stands side by side is columns of text, not a row of a table."""
_SHORT = 25
"""Characters of a piece that is no line of a column of text."""
_OVERLAP = 1.5
_LANE_GAP = 3.2
"""Heights of type between rows of one lane."""
_EM = 0.8
"""Size of the type in heights of its box: fonts reach from about .95 above to .25 below the base line."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box, as high as its font reaches."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    order: int
    """Its place among the page's words as they were written."""


@dataclass(frozen=True, slots=True)
class Row:
    """Words on one line of print, left to right."""

    words: tuple[Word, ...]
    left: float
    bottom: float
    right: float
    top: float
    em: float
    """The size of its type."""

    @property
    def text(self) -> str:
        """Return its words."""
        return " ".join(word.text for word in self.words)

    def gaps(self) -> Iterator[tuple[float, float]]:
        """Yield the free stretches between its words."""
        reach = self.words[0].right
        for word in self.words[1:]:
            yield reach, max(reach, word.left)
            reach = max(reach, word.right)


def row_of(words: Iterable[Word]) -> Row:
    """Return a row of these words."""
    ordered = tuple(sorted(words, key=lambda word: (word.left, word.order)))
    bottom, top = _extent(ordered)
    return Row(
        words=ordered,
        left=ordered[0].left,
        bottom=bottom,
        right=max([word.right for word in ordered]),
        top=top,
        em=max(1.0, (top - bottom) * _EM),
    )


def rows(pieces: Sequence[Sequence[Word]]) -> list[Row]:
    """Return the rows of print, top to bottom.

    A piece is what was written in one go: a line of text, a row or a cell of a table. Pieces at one
    height are a row unless they were written far apart, as columns of text are, or over one another.
    """
    found: list[_Growing] = []
    beside: list[_Growing] = []
    level = [part for piece in pieces for part in _level(piece)]
    for piece, extent in sorted(((piece, _extent(piece)) for piece in level), key=_height):
        beside = [row for row in beside if row.extent[0] < extent[1]]
        home = next((row for row in reversed(beside) if _belongs(piece, extent, row)), None)
        if home is None:
            found.append(_Growing(words=list(piece), extent=extent))
            beside.append(found[-1])
        else:
            home.words.extend(piece)
            home.extent = _extent(home.words)
    return sorted((row_of(row.words) for row in found), key=lambda row: -(row.bottom + row.top))


def is_apart(word: Word, following: Word) -> bool:
    """Tell words that do not stand on one line of print."""
    shared = min(word.top, following.top) - max(word.bottom, following.bottom)
    return shared < _APART * min(word.top - word.bottom, following.top - following.bottom)


def _level(piece: Sequence[Word]) -> Iterator[Sequence[Word]]:
    """Yield a piece's parts on one line of print each: a hyphen joins words of two."""
    start = 0
    for number in range(1, len(piece)):
        if is_apart(piece[number - 1], piece[number]):
            yield piece[start:number]
            start = number
    if piece:
        yield piece[start:]


@dataclass(slots=True)
class _Growing:
    words: list[Word]
    extent: tuple[float, float]


def _height(item: tuple[Sequence[Word], tuple[float, float]]) -> float:
    return -sum(item[1])


def _extent(piece: Sequence[Word]) -> tuple[float, float]:
    """Return the median bottom and top."""
    middle = len(piece) // 2
    return sorted([word.bottom for word in piece])[middle], sorted([word.top for word in piece])[middle]


def _belongs(piece: Sequence[Word], extent: tuple[float, float], home: _Growing) -> bool:
    (bottom, top), (row_bottom, row_top), row = extent, home.extent, home.words
    shared = min(top, row_top) - max(bottom, row_bottom)
    if shared < _SAME_ROW * min(top - bottom, row_top - row_bottom):
        return False
    if any(
        word.left < other.right - _OVERLAP and other.left < word.right - _OVERLAP
        for word in piece
        for other in row
    ):
        return False
    left, right = min(word.left for word in piece), max(word.right for word in piece)
    nearest = min(row, key=lambda word: max(word.left - right, left - word.right))
    if min(abs(word.order - nearest.order) for word in piece) <= _FAR_APART:
        return True
    beside = [word for word in row if abs(word.order - nearest.order) <= _FAR_APART]
    return max(_chars(piece), _chars(beside)) <= _SHORT


def _chars(words: Sequence[Word]) -> int:
    return sum(len(word.text) + 1 for word in words)


def lanes(page_rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows in lanes: runs that stand below one another without a row beside them."""
    done: list[list[Row]] = []
    active: list[list[Row]] = []
    for row in page_rows:
        over = [lane for lane in active if _reaches(lane, row)]
        if len(over) == 1 and not _is_beside(over[0][-1], row):
            over[0].append(row)
        else:
            for lane in over:
                active.remove(lane)
                done.append(lane)
            active.append([row])
        for lane in [each for each in active if _is_far_above(each[-1], row)]:
            active.remove(lane)
            done.append(lane)
    return done + active


def _reaches(lane: Sequence[Row], row: Row) -> bool:
    left = min(each.left for each in lane[-4:])
    right = max(each.right for each in lane[-4:])
    return row.left < right and left < row.right


def _is_beside(above: Row, row: Row) -> bool:
    return row.top - above.bottom > 0.5 * min(row.top - row.bottom, above.top - above.bottom)


def _is_far_above(above: Row, row: Row) -> bool:
    return above.bottom - row.top > _LANE_GAP * max(above.em, row.em)


def common_space(page_rows: Iterable[Row]) -> float:
    """Return the usual space between words, in sizes of the type."""
    spaces = []
    for row in page_rows:
        least, most = 0.05 * row.em, row.em  # touching words, and gaps between columns
        spaces += [(end - start) / most for start, end in row.gaps() if least < end - start < most]
    return median(spaces) if spaces else 0.28


def phrases(row: Row, widest: float) -> list[list[Word]]:
    """Return the words of a row in runs whose gaps are at most `widest` points."""
    runs = [[row.words[0]]]
    reach = row.words[0].right
    for _, word in pairwise(row.words):
        if word.left - reach > widest:
            runs.append([])
        runs[-1].append(word)
        reach = max(reach, word.right)
    return runs
