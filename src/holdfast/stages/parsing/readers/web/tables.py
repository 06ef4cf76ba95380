"""The grid of an HTML table, with the cells that span columns or rows put where they belong."""

from __future__ import annotations

from collections.abc import Sequence

_MOST_COLUMNS = 50
_MOST_ROWS = 500
_DEEPEST = 20
"""Tables in tables whose words stay between those around them; deeper ones would cost time without end."""
_LONGEST_AROUND = 200
"""Characters before a table within a cell; those of a cell with more, which lays out a page, go before."""


class HtmlTable:
    """The cells of one open table."""

    def __init__(self, around: Sequence[str], *, depth: int) -> None:
        """Take the text before it in the cell that it stands in, and how many tables it stands in."""
        is_of_cell = depth < _DEEPEST and sum(map(len, around)) <= _LONGEST_AROUND
        self.around = tuple(around) if is_of_cell else ()
        self.rows: list[list[str]] = []
        self._carried: dict[int, tuple[str, int]] = {}
        """Column -> text and number of further rows that a cell with `rowspan` fills."""
        self.headed = False
        self.in_cell = False
        self._span = (1, 1)

    def open_row(self) -> None:
        """Begin the next row."""
        self.rows.append([])

    def begin_cell(self, columns: str | None, rows: str | None) -> None:
        """Begin a cell and say how far it reaches; absurd values count as the most allowed."""
        self.in_cell = True
        self._span = (_span(columns, _MOST_COLUMNS), _span(rows, _MOST_ROWS))

    def add(self, text: str) -> None:
        """Put a cell into the open row, and what spans into it from above before."""
        if not self.rows:
            self.rows.append([])
        row = self.rows[-1]
        self._carry_into(row)
        columns, rows = self._span
        for number in range(columns):
            if rows > 1:
                self._carried[len(row)] = (text if number == 0 else "", rows - 1)
            row.append(text if number == 0 else "")

    def close_row(self) -> None:
        """Put what spans into the end of the row from above."""
        if self.rows and self.rows[-1]:
            self._carry_into(self.rows[-1])

    def _carry_into(self, row: list[str]) -> None:
        while len(row) in self._carried:
            text, left = self._carried.pop(len(row))
            if left > 1:
                self._carried[len(row)] = (text, left - 1)
            row.append(text)


def _span(value: str | None, most: int) -> int:
    digits = (value or "").strip()
    return min(int(digits[:6]), most) or 1 if digits.isdecimal() else 1
