"""Where in a document something stands, in the words a reader can follow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """A place in a document; only the parts that the format really has are set."""

    page: int | None = None
    """Page of a PDF, from 1."""
    heading: tuple[str, ...] = ()
    """Heading path, outermost first."""
    sheet: str | None = None
    cells: str | None = None
    """Range of a sheet, `A2:F2`."""
    slide: int | None = None
    """Slide of a deck, from 1."""
    part: str | None = None
    """Part of a message: `headers`, `body`, `quoted`."""
    row: int | None = None
    """Row of a CSV file or of a lookup's result, from 1, the header row not counted."""

    def __str__(self) -> str:
        places = [
            f"page {self.page}" if self.page is not None else "",
            f"slide {self.slide}" if self.slide is not None else "",
            f"sheet {self.sheet}" if self.sheet is not None else "",
            self.cells or "",
            f"row {self.row}" if self.row is not None else "",
            self.part or "",
            " > ".join(self.heading),
        ]
        return ", ".join(place for place in places if place)


NOWHERE = Locator()
