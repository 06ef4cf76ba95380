"""Headers in two rows, as sheets saved as CSV have them: `Plan` and `Actual` below each quarter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from holdfast.stages.parsing.readers.tables import NUMBER, looks_like_header, row_line

_LOOKED_AT = 50
_FEWEST_BELOW = 2
_FIGURES_SHARE = 0.8
_YEAR = re.compile(r"(?:19|20)\d\d")


def two_row_header(rows: Sequence[Sequence[str]]) -> str:
    """Return the line that names the columns where groups stand above names, empty where nothing proves it.

    What proves it: a group stands over more than one name, every column is named, none of the names is a
    figure (years are names), and figures stand below most names in groups. Where the first row by itself
    reads like a header, names have to repeat below it too.
    """
    if len(rows) < 2 + _FEWEST_BELOW:
        return ""
    groups, names = ([cell.strip() for cell in row] for row in rows[:2])
    below = rows[2 : 2 + _LOOKED_AT]
    if any(len(row) != len(names) for row in (groups, *below)):
        return ""
    repeats = len(set(filter(None, names))) < sum(map(bool, names))
    if not _are_names(groups, names) or not _has_figures(groups, names, below):
        return ""
    if looks_like_header(rows) and not repeats:
        return ""
    labels = _labels(groups, names)
    return row_line(labels) if len(set(labels)) == len(labels) else ""


def _are_names(groups: Sequence[str], names: Sequence[str]) -> bool:
    spans = any(
        groups[at] and not groups[at + 1] and names[at] and names[at + 1] for at in range(len(names) - 1)
    )
    is_whole = all(group or name for group, name in zip(groups, names, strict=True))
    return spans and is_whole and not any(map(_is_figure, (*groups, *names)))


def _is_figure(cell: str) -> bool:
    return bool(NUMBER.match(cell)) and not _YEAR.fullmatch(cell)


def _has_figures(groups: Sequence[str], names: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    first = next(at for at, group in enumerate(groups) if group)
    told = [
        _are_figures(name, [row[at] for row in below if row[at].strip()])
        for at, name in enumerate(names)
        if name and at >= first
    ]
    return sum(told) * 2 > len(told)


def _are_figures(name: str, cells: Sequence[str]) -> bool:
    """Return whether figures stand below a name, which years below a year are not."""
    figures = [cell for cell in cells if NUMBER.match(cell.strip())]
    years = [cell for cell in figures if _YEAR.fullmatch(cell.strip())] if _YEAR.fullmatch(name) else []
    return len(figures) >= max(_FEWEST_BELOW, _FIGURES_SHARE * len(cells)) and len(years) * 2 < len(figures)


def _labels(groups: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return group and name of each column; the last group ends where a name is none of other groups."""
    last = max(at for at, group in enumerate(groups) if group)
    known = set(names[:last])
    labels: list[str] = []
    group = ""
    for at, name in enumerate(names):
        ends = at > last and known & set(names[last:]) and name not in known
        group = groups[at] or ("" if ends else group)
        labels.append(" ".join(dict.fromkeys(filter(None, (group, name)))))
    return labels
