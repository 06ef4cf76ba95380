"""The words on the charts of an XLS sheet: the titles of each, and of its axes; its values are cells.

Layout from Microsoft's open specification [MS-XLS], section 2.2.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from holdfast.stages.parsing.readers.sheets.biff import Record, byte_string, short_string

_CHART, _BEGIN, _END, _TEXT, _SAID, _LINK = 0x1002, 0x1033, 0x1034, 0x1025, 0x100D, 0x1027
OF_CHARTS = (_CHART, _BEGIN, _END, _TEXT, _SAID, _LINK)
"""The records that `Titles` takes; they stand in the part of a chart only."""
_TITLES = (1, 2, 3, 7)
"""What a text belongs to: the chart, the axis of values, of categories, of series."""
_DEEPEST = 100


@dataclass(slots=True, kw_only=True)
class _Text:
    said: str = ""
    link: int = 0


class Titles:
    """Takes the records of charts, one chart after another."""

    def __init__(self, codepage: str, *, wide: bool) -> None:
        self._codepage = codepage
        self._wide = wide
        self._charts: list[tuple[str | None, list[str]]] = []
        self._open: list[_Text | None] = []
        """The blocks that are open, None for those that are no text."""
        self._last = 0

    def take(self, record: Record, cell: str | None) -> None:
        """Keep what the record says of the chart at a cell; IndexError for one that is cut short."""
        data, last = record.data, self._last
        self._last = record.kind
        inner = self._open[-1] if self._open else None
        if record.kind == _CHART:
            self._charts.append((cell, []))
            self._open.clear()
        elif record.kind == _BEGIN and len(self._open) < _DEEPEST:
            self._open.append(_Text() if last == _TEXT else None)
        elif record.kind == _SAID and inner is not None:
            inner.said = (
                short_string(data, 2) if self._wide else byte_string(data[3 : 3 + data[2]], self._codepage)
            )
        elif record.kind == _LINK and inner is not None:
            inner.link = int.from_bytes(data[:2], "little")
        elif record.kind == _END and self._open:
            done = self._open.pop()
            if done is not None and done.link in _TITLES and done.said.strip() and self._charts:
                self._charts[-1][1].append(done.said.strip())

    def charts(self) -> Iterator[tuple[str | None, str]]:
        """Yield each chart that has words, with the cell where it begins."""
        for cell, lines in self._charts:
            if lines:
                yield cell, "\n".join(lines)
