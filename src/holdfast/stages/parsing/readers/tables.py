"""Rows of cells to the lines of a table block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from holdfast.domain.documents import SectionKind
from holdfast.domain.locators import NOWHERE, Locator
from holdfast.stages.parsing.units import Block

_ROWS_PER_BLOCK = 1000
NUMBER = re.compile(r"^[^\w]{0,3}\d[\d.,:/\s%-]*\w{0,4}$")
"""A cell that is a figure, with its unit maybe."""
_TEXT_SHARE = 0.6
_LONGEST_HEADER_CELL = 80


def row_line(cells: Sequence[str]) -> str:
    """Return a row as one line, `cell | cell | cell`, without the empty cells at its end."""
    texts = [" ".join(cell.split()) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return " | ".join(texts)


def table_blocks(
    rows: Sequence[Sequence[str]],
    *,
    has_header: bool | None = None,
    header: str | None = None,
    locator: Locator = NOWHERE,
    row_locators: Sequence[Locator] = (),
    hidden: bool = False,
) -> tuple[Block, ...]:
    """Return a table as blocks of at most 1,000 rows that go on one from another.

    `has_header` None means: look whether the first row reads like one. `header` gives a line that need
    not be among the rows. A table of a single column is text, line by line.
    """
    kept = [number for number, cells in enumerate(rows) if any(cell.strip() for cell in cells)]
    lines = [row_line(rows[number]) for number in kept]
    if not lines:
        return ()
    if all(len(rows[number]) < 2 or not any(map(str.strip, rows[number][1:])) for number in kept):  # noqa: PLR2004
        return (Block(text="\n".join(lines), locator=locator, hidden=hidden),)
    locators = [row_locators[number] for number in kept] if row_locators else []
    cells = [rows[number] for number in kept]
    if header is None:
        with_header = looks_like_header(cells) if has_header is None else has_header
        header = lines[0] if with_header else ""
    return tuple(_cut(lines, locators, header=header, locator=locator, hidden=hidden))


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns: short distinct words above something else."""
    first = [cell.strip() for cell in rows[0]]
    named = [cell for cell in first if cell]
    if len(rows) < 2 or len(named) < 2 or len(named) < len(first) * _TEXT_SHARE:  # noqa: PLR2004
        return False
    words = [cell for cell in named if not NUMBER.match(cell) and len(cell) <= _LONGEST_HEADER_CELL]
    return len(words) >= len(named) * _TEXT_SHARE and len(set(named)) >= len(named) * _TEXT_SHARE


def _cut(
    lines: list[str], locators: list[Locator], *, header: str, locator: Locator, hidden: bool
) -> Iterator[Block]:
    for start in range(0, len(lines), _ROWS_PER_BLOCK):
        yield Block(
            kind=SectionKind.TABLE,
            locator=locator,
            hidden=hidden,
            header=header,
            rows=tuple(lines[start : start + _ROWS_PER_BLOCK]),
            row_locators=tuple(locators[start : start + _ROWS_PER_BLOCK]),
            continues=start > 0,
        )
