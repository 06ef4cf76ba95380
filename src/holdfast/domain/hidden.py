"""Text that a document holds and its reader does not see: how it is hidden, and how much of it there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from holdfast.domain.documents import Section
from holdfast.domain.locators import Locator


class Hiding(StrEnum):
    """How text is hidden, the kind that nobody comes upon by chance first."""

    LETTERS = "letters"
    """White, of no size, moved off the page, in hidden font: seen by programs only."""
    SLIDES = "slides"
    """Slides or shapes that the show leaves out, letters in the colour of their slide."""
    CELLS = "cells"
    """Sheets, rows, columns or cells that are not shown."""
    DELETED = "deleted"
    """Taken out under tracked changes."""
    COMMENT = "comment"
    """What a reviewer or an author noted beside the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenText:
    """What one document hides."""

    document: str
    characters: Mapping[Hiding, int]
    """By how it is hidden, the most important kind first."""

    @property
    def importance(self) -> tuple[int, int]:
        """Return what sorts the most important document first: by its worst kind, then by amount."""
        kinds = list(Hiding)
        worst = min(map(kinds.index, self.characters))
        return worst, -self.characters[kinds[worst]]

    def __str__(self) -> str:
        told = ", ".join(f"{kind} {count:,}" for kind, count in self.characters.items())
        return f"{self.document} ({told} characters)"


def hidden_in(sections: Iterable[Section]) -> dict[Hiding, int]:
    """Return how many characters are hidden in which way."""
    counts: dict[Hiding, int] = {}
    for section in sections:
        if section.hidden:
            kind = hiding_of(section.locator)
            counts[kind] = counts.get(kind, 0) + section.end - section.start
    return {kind: counts[kind] for kind in Hiding if kind in counts}


def hiding_of(locator: Locator) -> Hiding:
    """Return how hidden text of this place is hidden; readers tell comments and deletions by their part."""
    if locator.part in (Hiding.COMMENT, Hiding.DELETED):
        return Hiding(locator.part)
    if locator.sheet is not None:
        return Hiding.CELLS
    return Hiding.SLIDES if locator.slide is not None else Hiding.LETTERS
