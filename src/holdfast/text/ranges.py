"""Tell whether a row of a table holds for another range of serial numbers than the question names."""

from __future__ import annotations

import re

from holdfast.text.tables import cells_of
from holdfast.text.words import words


def is_out_of_range(question: str, header: str, row: str) -> bool:
    """Return whether the row's `from` and `to` columns leave out every mark (`24-0731`) of the question.

    Marks compare number by number, and only with as many numbers; a row without a range leaves out nothing.
    """
    asked = _marks(question)
    if not asked:
        return False
    labels, cells = cells_of(header), cells_of(row)
    if len(labels) != len(cells):
        return False
    lower = _mark_under(_FROM, labels, cells)
    upper = _mark_under(_TO, labels, cells)
    comparable = [mark for mark in asked if len(mark) in {len(end) for end in (lower, upper) if end}]
    return bool(comparable) and not any(
        (not lower or lower <= mark) and (not upper or mark <= upper) for mark in comparable
    )


def range_of(header: str, row: str) -> tuple[str, str] | None:
    """Return what a row's range counts and the range as it is written (`serial`, `24-0500 to open`).

    None for a row without a `from` or `to` column that holds a mark.
    """
    labels, cells = cells_of(header), cells_of(row)
    if len(labels) != len(cells):
        return None
    ends = {
        names: at for names in (_FROM, _TO) for at, label in enumerate(labels) if names & set(words(label))
    }
    if not any(_marks(cells[at]) for at in ends.values()):
        return None
    first = labels[min(ends.values())]
    named = " ".join(word for word in words(first) if word not in _FROM | _TO)
    return named, " to ".join(cells[at] for at in ends.values())


def marks_in(text: str) -> tuple[str, ...]:
    """Return the marks of a text (`24-0731`) as they are written."""
    return tuple(mark.group() for mark in _MARK.finditer(text))


_MARK = re.compile(r"(?<![\w-])\d{1,6}(?:[-/]\d{1,6}){1,3}(?![\w-])")
_FROM = frozenset({"from", "first", "since", "min"})
_TO = frozenset({"to", "last", "until", "max"})


def _marks(text: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, re.findall(r"\d+", mark.group()))) for mark in _MARK.finditer(text)]


def _mark_under(names: frozenset[str], labels: list[str], cells: list[str]) -> tuple[int, ...]:
    """Return the mark of the first column so named; empty for an open end."""
    for label, cell in zip(labels, cells, strict=True):
        if names & set(words(label)):
            return next(iter(_marks(cell)), ())
    return ()
