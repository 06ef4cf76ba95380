"""The columns of rows of print: stretches of white that persist from row to row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby, pairwise
from statistics import median, quantiles

from holdfast.stages.parsing.readers.pdf.bidi import runs_left
from holdfast.stages.parsing.readers.pdf.figures import are_two_figures, has_digit
from holdfast.stages.parsing.readers.pdf.words import Row, Word, phrases

_WIDE = 1.0
"""Sizes of type that part two cells when nothing else does."""
_SPACES = 2.2
"""The same in usual spaces: justified lines stretch theirs."""
_LEAST_WIDTH = 0.2
_TOLERATED = 0.06
_SUPPORT = 0.35
_FULL = 0.6
"""A row with this share of the usual number of phrases votes on where columns are."""
_LEAST_BEGUN = 0.1
_PERSISTENT = 6
_MOST_NUMBERS = 0.8
_NAME_SPACE = 0.6
_STEPS = 2
"""Places looked at in a point."""
_ALIGNED = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where columns part, left to right, and what told it."""

    cuts: tuple[float, ...]
    wide: float
    """A gap so wide, in points, parts cells."""
    edges: tuple[tuple[float, float], ...]
    """Where most words of each column begin, and where most end."""
    voters: int
    """How many rows told the columns."""

    def __len__(self) -> int:
        return len(self.cuts) + 1

    def at(self, x: float) -> int:
        """Return the column of a place."""
        return bisect_right(self.cuts, x)


def wide_gap(rows: Sequence[Row], space: float) -> float:
    """Return from how many points on a gap parts cells."""
    em = median([row.em for row in rows]) if len(rows) > 1 else rows[0].em
    return max(_WIDE, _SPACES * space) * em


def columns(rows: Sequence[Row], wide: float, walls: Sequence[float] = ()) -> Columns | None:
    """Return the columns of rows that have more than one phrase, None when they have no white in common.

    `walls` are the places of vertical rules: white that has one in it needs no more evidence.
    """
    split = [(row, phrases(row, wide)) for row in rows]
    tabular = [(row, runs) for row, runs in split if len(runs) > 1]
    if len(tabular) < 2:  # noqa: PLR2004 - one row has no columns
        return None
    usual = quantiles([len(runs) for _, runs in tabular], n=4)[2]
    full = [(row, runs) for row, runs in tabular if len(runs) >= max(2, usual * _FULL)]
    of_numbers = [(row, runs) for row, runs in full if _has_numbers(runs)]
    voters = [row for row, _ in (of_numbers if 2 * len(of_numbers) > len(full) else full)]
    told = [
        (_emptiest(river, rows), is_sure)
        for river in _rivers(voters)
        if (is_sure := _is_sure(river, voters, walls)) or _has_support(river, voters, wide)
    ]
    cuts = _without_empty(told, voters, wide)
    if not cuts:
        return None
    return Columns(cuts=tuple(cuts), wide=wide, edges=_edges(voters, cuts), voters=len(voters))


def _has_numbers(runs: Sequence[Sequence[Word]]) -> bool:
    return 2 * sum(has_digit(run[0].text) for run in runs[1:]) >= len(runs) - 1


def _rivers(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return the stretches that next to no row has print on."""
    left = min(row.left for row in rows)
    covered = _covered(rows, left, max(row.right for row in rows))
    tolerated = int(len(rows) * _TOLERATED)
    least = _LEAST_WIDTH * median(row.em for row in rows) * _STEPS
    rivers = []
    for free, group in groupby(enumerate(covered), key=lambda item: item[1] <= tolerated):
        stretch = list(group)
        if free and stretch[0][0] > 0 and len(stretch) >= least:
            rivers.append((left + stretch[0][0] / _STEPS, left + (stretch[-1][0] + 1) / _STEPS))
    return rivers


def _covered(rows: Sequence[Row], left: float, right: float, *, whole: bool = False) -> list[int]:
    """Return how many rows have print at each place; `whole`: spaces within names are print."""
    changes = [0] * (int((right - left) * _STEPS) + 3)
    for row in rows:
        for start, end in _printed(row, _NAME_SPACE * row.em if whole else 0.0):
            if end >= left and start <= right:
                changes[max(0, int((start - left) * _STEPS))] += 1
                changes[min(len(changes) - 1, int((end - left) * _STEPS) + 1)] -= 1
    return list(accumulate(changes))


def _emptiest(river: tuple[float, float], rows: Sequence[Row]) -> float:
    """Return the middle of the longest part of a river with least print of all rows, headings included."""
    covered = _covered(rows, *river, whole=True)[: max(1, int((river[1] - river[0]) * _STEPS))]
    least = min(covered)
    parts = [
        [place for place, _ in part]
        for lowest, part in groupby(enumerate(covered), key=lambda item: item[1] == least)
        if lowest
    ]
    longest = max(parts, key=len)
    return river[0] + (longest[0] + longest[-1] + 1) / 2 / _STEPS


def _without_empty(told: Sequence[tuple[float, bool]], rows: Sequence[Row], wide: float) -> list[float]:
    """Return the cuts without those of columns that next to no cell begins in.

    Such a column is the end of long labels, or the beginning of wide cells of the next one.
    """
    runs = [(run[0].left, run[0].right, run[-1].right) for row in rows for run in phrases(row, wide)]
    least = max(2, len(rows) * _LEAST_BEGUN)
    kept = [cut for cut, _ in told]
    sure = {cut for cut, is_sure in told if is_sure}
    column = 1
    while column <= len(kept):
        right = kept[column] if column < len(kept) else float("inf")
        begun = [end for left, first, end in runs if kept[column - 1] <= (left + first) / 2 < right]
        if len(begun) >= least or kept[column - 1] in sure:
            column += 1
        elif right not in sure and begun and 2 * sum(end > right for end in begun) >= len(begun):
            del kept[column]
        else:
            del kept[column - 1]
    return kept


def _printed(row: Row, space: float) -> list[tuple[float, float]]:
    """Return the stretches with print; words nearer than `space` are one unless both are numbers."""
    stretches: list[tuple[float, float]] = []
    before = ""
    for word in row.words:
        reach = space if space and not (has_digit(before) and has_digit(word.text)) else 0.0
        if stretches and word.left <= stretches[-1][1] + reach:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], word.right))
        else:
            stretches.append((word.left, word.right))
        before = word.text
    return stretches


def _is_sure(river: tuple[float, float], rows: Sequence[Row], walls: Sequence[float]) -> bool:
    """Tell a river with a rule in it, or with one figure on each side of it in next to all rows."""
    if any(river[0] - 2 <= wall <= river[1] + 2 for wall in walls):
        return True
    pairs = _beside(river, rows)
    figures = sum(are_two_figures(left.text, right.text) for left, right in pairs)
    return len(pairs) >= _PERSISTENT and figures >= len(pairs) * _MOST_NUMBERS


def _has_support(river: tuple[float, float], rows: Sequence[Row], wide: float) -> bool:
    """Tell whether enough rows have a wide gap at a river."""
    gaps = [right.left - left.right for left, right in _beside(river, rows)]
    return sum(gap >= wide for gap in gaps) >= max(2, len(gaps) * _SUPPORT)


def _beside(river: tuple[float, float], rows: Sequence[Row]) -> list[tuple[Word, Word]]:
    """Return the words left and right of a river, by row."""
    middle = sum(river) / 2
    return [
        (left, right)
        for row in rows
        for left, right in pairwise(row.words)
        if left.right <= middle <= right.left
    ]


def _edges(rows: Sequence[Row], cuts: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return where most cells of each column begin and where most end."""
    begins: list[list[float]] = [[] for _ in range(len(cuts) + 1)]
    ends: list[list[float]] = [[] for _ in range(len(cuts) + 1)]
    for row in rows:
        cells: dict[int, list[Word]] = {}
        for word in row.words:
            cells.setdefault(bisect_right(cuts, (word.left + word.right) / 2), []).append(word)
        for column, words in cells.items():
            begins[column].append(min(word.left for word in words))
            ends[column].append(max(word.right for word in words))
    return tuple(
        (median(first), median(last)) if first else (0.0, 0.0)
        for first, last in zip(begins, ends, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Words of a row in one column, or over several."""

    column: int
    last: int
    """The last column it stands in: more than `column` for one that stands over several."""
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Return its words in the order of reading."""
        text = " ".join(word.text for word in self.words)
        if not runs_left(text):
            return text
        return " ".join(word.text for word in sorted(self.words, key=lambda word: word.order))


def cells(row: Row, model: Columns, space: float) -> tuple[Cell, ...]:
    """Return the cells of a row: words between two cuts; a phrase printed across a cut is one cell."""
    found: list[Cell] = []
    for run in phrases(row, min(model.wide, 2 * space * row.em)):
        parts = _parted(run, model)
        for part in parts:
            first, last = _place(part, model)
            if found and found[-1].last >= first:
                joined = (*found[-1].words, *part)
                found[-1] = Cell(column=found[-1].column, last=max(last, found[-1].last), words=joined)
            else:
                found.append(Cell(column=first, last=last, words=tuple(part)))
    return tuple(found)


def _place(words: Sequence[Word], model: Columns) -> tuple[int, int]:
    centres = [model.at((word.left + word.right) / 2) for word in words]
    return min(centres), max(centres)


def _parted(run: list[Word], model: Columns) -> list[list[Word]]:
    """Return a phrase cut where cuts run between words that keep to the edges of their columns."""
    if any(_is_across(word, model) for word in run):
        return [run]
    parts = [[run[0]]]
    for word in run[1:]:
        before, after = parts[-1][-1], word
        left, right = model.at((before.left + before.right) / 2), model.at((after.left + after.right) / 2)
        is_pair = has_digit(before.text) and has_digit(after.text)
        if left != right and (is_pair or _keeps(before.right, after.left, model, left, right)):
            parts.append([])
        parts[-1].append(word)
    return parts


def _keeps(end: float, begin: float, model: Columns, left: int, right: int) -> bool:
    return abs(model.edges[left][1] - end) <= _ALIGNED or abs(model.edges[right][0] - begin) <= _ALIGNED


def _is_across(word: Word, model: Columns) -> bool:
    return any(word.left + 1 < cut < word.right - 1 for cut in model.cuts)
