"""What a PDF page shows: lines of text with their places, and ruled tables."""

from __future__ import annotations

from dataclasses import dataclass

HYPHEN = "\ufffe"
"""What PDFium writes for a hyphen at a line's end, the next line following without a break."""
_SLACK = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle in points, the origin at the lower left."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def middle(self) -> tuple[float, float]:
        """Return its centre."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text in reading order."""

    text: str
    box: Box
    size: float
    """Height of the type in points, as set on the page."""
    bold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuledTable:
    """A table that is drawn with lines, and where it stands."""

    box: Box
    rows: tuple[tuple[str, ...], ...]

    def holds(self, line: Line) -> bool:
        """Tell whether a line stands in the table."""
        x, y = line.box.middle
        box = self.box
        return box.left - _SLACK <= x <= box.right + _SLACK and box.bottom - _SLACK <= y <= box.top + _SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page shows, as far as reading needs it."""

    number: int
    lines: tuple[Line, ...]
    tables: tuple[RuledTable, ...]
    height: float
    pictures: bool
    rotated: bool

    @property
    def chars(self) -> int:
        """Return how many characters of text it holds."""
        return sum(len(line.text) for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineEntry:
    """A bookmark: its level from 1, its title, its page from 1."""

    level: int
    title: str
    page: int
