"""CSV and its relatives: one table, a locator per row."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from holdfast.domain.locators import NOWHERE, Locator
from holdfast.stages.parsing.readers.tables import looks_like_header, row_line, table_blocks
from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.readers.texts.two_headers import two_row_header
from holdfast.stages.parsing.units import Block, Reading, ReadingLimits, Unit

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 50
_LONGEST_CELL = 1 << 20
_ROWS_AT_ONCE = 1000
_MOST_LINES_ABOVE = 20
_SAID = re.compile(r'"?sep=([^\s"])"?\s*\n', re.IGNORECASE)
"""The line by which a file tells Excel what parts its cells."""


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the table as one unit, rows numbered from 1 without the header."""
    del limits
    yield from read_text(decode(data))


def read_text(text: str) -> Reading:
    """Yield the table of a text that is decoded already, a thousand rows at a time."""
    rows = (row for row in _rows(text.replace("\0", "")) if any(cell.strip() for cell in row))
    first = list(islice(rows, _ROWS_AT_ONCE))
    if not first:
        return
    if max(map(len, first)) < 2:  # noqa: PLR2004 - one column is a list, not a table
        yield Unit(key="text", blocks=(Block(text="\n".join(row[0] for row in chain(first, rows))),))
        return
    above = _lines_above(first)
    if above:
        yield Unit(key="above", blocks=(Block(text="\n".join(row_line(row) for row in first[:above])),))
        first = first[above:]
    in_two = two_row_header(first)
    header = in_two or (row_line(first[0]) if looks_like_header(first) else "")
    number = -1 if in_two else 0 if header else 1
    for batch in _batches(first, rows):
        locators = [
            Locator(row=number + place) if number + place > 0 else NOWHERE for place in range(len(batch))
        ]
        blocks = table_blocks(batch, header=header, row_locators=locators)
        goes_on = batch is not first
        yield Unit(
            key=f"rows from {max(number, 0)}",
            blocks=tuple(replace(block, continues=goes_on) for block in blocks),
        )
        number += len(batch)


def _lines_above(rows: list[list[str]]) -> int:
    """Return how many lines above the table say what it is: a single cell each, where its rows have more."""
    usual = Counter(map(len, rows)).most_common(1)[0][0]
    filled = (sum(bool(cell.strip()) for cell in row) for row in rows[: _MOST_LINES_ABOVE + 1])
    above = next((number for number, cells in enumerate(filled) if cells > 1), 0)
    return above if above and len(rows[above]) == usual > 1 and len(rows) > above + 1 else 0


def _batches(first: list[list[str]], rows: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    batch = first
    while batch:
        yield batch
        batch = list(islice(rows, _ROWS_AT_ONCE))


def delimiter_of(text: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of cells most often.

    `csv.Sniffer` is not used: its regular expressions take quadratic time on long lines without quotes,
    and it picks letters as delimiters of short files.
    """
    lines = [line for line in text[:100_000].splitlines() if line.strip()][:_SAMPLE_LINES]

    def agreement(delimiter: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        widths.pop(1, None)
        if not widths:
            return 0.0, 0
        width, lines_of_it = max(widths.items(), key=lambda item: (item[1], item[0]))
        return lines_of_it / max(1, len(lines)), width

    try:
        return max(_DELIMITERS, key=agreement)
    except csv.Error:
        return ","


def _rows(text: str) -> Iterator[list[str]]:
    csv.field_size_limit(_LONGEST_CELL)
    if said := _SAID.match(text):
        text = text[said.end() :]
    delimiter = said[1] if said else delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error:  # a stray quote swallowed a megabyte: take the lines after it as they are
        lines = text.splitlines()[reader.line_num - 1 :]
        yield from (line.split(delimiter) for line in lines)
