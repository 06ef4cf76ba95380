"""Tell whether a row of a table holds for another range of serial numbers than the question names."""

from __future__ import annotations

import re

from holdfast.text.words import words


def is_out_of_range(question: str, header: str, row: str) -> bool:
    """Return whether the row's `from` and `to` columns leave out every mark (`24-0731`) of the question.

    Marks compare number by number, and only with as many numbers; a row without a range leaves out nothing.
    """
    asked = _marks(question)
    labels, cells = cells_of(header), cells_of(row)
    if not asked or len(labels) != len(cells):
        return False
    lower = _mark_under(_FROM, labels, cells)
    upper = _mark_under(_TO, labels, cells)
    comparable = [mark for mark in asked if len(mark) in {len(end) for end in (lower, upper) if end}]
    return bool(comparable) and not any(
        (not lower or lower <= mark) and (not upper or mark <= upper) for mark in comparable
    )


def cells_of(row: str) -> list[str]:
    """Return the cells of a row."""
    return [cell.strip() for cell in re.split(r"\t|\|", row.strip().strip("|"))]


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
