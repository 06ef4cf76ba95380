"""Cut a table between its rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from holdfast.domain.documents import Section
from holdfast.stages.chunking.prose import cut
from holdfast.stages.chunking.spans import Span, stripped


def cut_table(text: str, table: Section, *, start: int, size: int) -> Iterator[Span]:
    """Yield spans of whole rows, as many as fit; only a row above the size is itself cut.

    The first span begins at `start`, with the lines that lead to the table. What the repeated header
    takes is left free, but never more than half.
    """
    room = max(size - len(table.header), size // 2)
    end = start
    for row in _rows(text, table, start):
        if row.end - start > room and end > start:
            yield from _whole(text, Span(start, end))
            start = end
        if stripped(text, row).length > size:
            yield from cut(text, row, size=room)
            start = row.end
        end = row.end
    yield from _whole(text, Span(start, end))


def lacks_header(text: str, table: Section, span: Span) -> bool:
    """Return whether the header row has to be said in front of the span, which does not hold it."""
    holds = span.start <= table.start < span.end and text.startswith(table.header, table.start)
    return bool(table.header) and not holds


def _whole(text: str, span: Span) -> Iterator[Span]:
    inner = stripped(text, span)
    if inner.length:
        yield inner


def _rows(text: str, table: Section, start: int) -> Iterator[Span]:
    starts = table.row_starts or _line_starts(text, table)
    for at, end in pairwise((start, *starts[1:], table.end)):
        yield Span(at, end)


def _line_starts(text: str, table: Section) -> tuple[int, ...]:
    starts = [table.start]
    while (at := text.find("\n", starts[-1], table.end - 1)) >= 0:
        starts.append(at + 1)
    return tuple(starts)
