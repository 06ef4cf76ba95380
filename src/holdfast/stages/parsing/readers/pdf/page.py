"""What a PDF page shows: lines of text with their places, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from holdfast.stages.parsing.readers.pdf.rules import Rule
from holdfast.stages.parsing.readers.pdf.words import Word

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

    @staticmethod
    def around(boxes: Sequence[Box]) -> Box:
        """Return the smallest box that holds all of these."""
        return Box(
            left=min([box.left for box in boxes]),
            bottom=min([box.bottom for box in boxes]),
            right=max([box.right for box in boxes]),
            top=max([box.top for box in boxes]),
        )


class Look(Enum):
    """How text looks to a reader of the page."""

    PLAIN = "plain"
    INVISIBLE = "invisible"
    """Drawn without ink: the text layer of a scan, or hidden."""
    DOUBTFUL = "doubtful"
    """Pale, or on a layer that may be off: the drawing tells."""
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of text in reading order."""

    text: str
    box: Box
    size: float
    """Height of the type in points, as set on the page."""
    bold: bool
    font: str = ""
    """The name of the font it begins in, empty when there is none."""
    is_recognised: bool = False
    """Read from a picture, where the size of type is a guess."""
    words: tuple[Word, ...] = ()
    look: Look = Look.PLAIN
    area: int = 0
    """The number of the filled or framed area beside the text that it stands in, 0 for none."""

    def of(self, words: Sequence[Word]) -> Line:
        """Return the part of it that these words are."""
        box = Box.around(
            [Box(left=each.left, bottom=each.bottom, right=each.right, top=each.top) for each in words]
        )
        return replace(self, text=" ".join(word.text for word in words), box=box, words=tuple(words))


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTable:
    """A table, and where it stands."""

    box: Box
    rows: tuple[tuple[str, ...], ...]
    header_rows: int | None = None
    """How many of its rows name the columns; None when nothing tells."""
    words: frozenset[int] = frozenset()
    """The words it is made of, by their order; empty when the place alone says what it holds."""

    @property
    def columns(self) -> int:
        """Return how many columns it has."""
        return max(map(len, self.rows))

    @property
    def height(self) -> float:
        """Return its height in points."""
        return self.box.top - self.box.bottom

    def holds(self, line: Line) -> bool:
        """Tell whether a line stands in the table."""
        if self.words:
            return any(word.order in self.words for word in line.words)
        x, y = line.box.middle
        box = self.box
        return box.left - _SLACK <= x <= box.right + _SLACK and box.bottom - _SLACK <= y <= box.top + _SLACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a page shows, as far as reading needs it."""

    number: int
    lines: tuple[Line, ...]
    tables: tuple[PageTable, ...]
    height: float
    pictures: bool
    rotated: bool
    covered: float = 0.0
    """Share of the page that its largest picture covers."""
    hidden: tuple[Line, ...] = ()
    """What a reader does not see."""
    comments: tuple[str, ...] = ()
    """What readers of the page wrote on notes, which are shown when they are opened."""
    typed: tuple[str, ...] = ()
    """What was typed over the page in a way that is drawn by some programs only."""
    descriptions: tuple[str, ...] = ()
    """What was written about its figures."""
    rules: tuple[Rule, ...] = ()
    """The horizontal lines that it draws."""
    is_layered: bool = False
    """A scan's text layer: invisible text over a picture."""

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
