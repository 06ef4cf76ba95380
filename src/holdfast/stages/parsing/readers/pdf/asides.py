"""What stands beside the running text of a PDF page, in the middle of a sentence or not."""

from __future__ import annotations

from dataclasses import dataclass, replace

from holdfast.stages.parsing.readers.pdf.page import Line

HEADER, FOOTER, FOOTNOTE = "page header", "page footer", "footnote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Lines that are no part of the running text."""

    lines: tuple[Line, ...]
    part: str
    """As locators name it; empty for what has no name."""
    at: int
    """The number of the line of running text that it stands in front of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The lines of a page's running text, and what stands beside it."""

    lines: tuple[Line, ...]
    asides: tuple[Aside, ...]

    def after_cut_word(self, rest: str) -> Told:
        """Return the same when the first word belongs to the page before and `rest` is left of its line."""
        if rest:
            first = replace(self.lines[0], text=rest, words=self.lines[0].words[1:])
            return replace(self, lines=(first, *self.lines[1:]))
        asides = tuple(replace(each, at=max(0, each.at - 1)) for each in self.asides)
        return Told(lines=self.lines[1:], asides=asides)
