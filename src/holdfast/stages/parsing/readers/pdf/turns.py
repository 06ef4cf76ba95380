"""Quarter turns: pages whose text runs up, down or upside down are read as if it ran to the right."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.stages.parsing.readers.pdf.rules import Rule

Corners = tuple[float, float, float, float]
"""Left, bottom, right, top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How far the text of a page is turned, in quarters against the clock, and the page's size as written."""

    quarters: int
    width: float
    height: float

    @property
    def reading_height(self) -> float:
        """Return the height of the page as it is read."""
        return self.width if self.quarters % 2 else self.height

    def straight(self, box: Corners) -> Corners:
        """Return a box of the page as it stands when the text runs to the right."""
        left, bottom, right, top = box
        match self.quarters:
            case 1:
                return bottom, self.width - right, top, self.width - left
            case 2:
                return self.width - right, self.height - top, self.width - left, self.height - bottom
            case 3:
                return self.height - top, left, self.height - bottom, right
            case _:
                return box

    def back(self, box: Corners) -> Corners:
        """Return where a box of the straight page stands on the page as written."""
        left, bottom, right, top = box
        match self.quarters:
            case 1:
                return self.width - top, left, self.width - bottom, right
            case 2:
                return self.width - right, self.height - top, self.width - left, self.height - bottom
            case 3:
                return bottom, self.height - right, top, self.height - left
            case _:
                return box

    def rule(self, rule: Rule) -> Rule:
        """Return a rule as it stands when the text runs to the right."""
        if not self.quarters:
            return rule
        box = (
            (rule.start, rule.at, rule.end, rule.at)
            if rule.horizontal
            else (rule.at, rule.start, rule.at, rule.end)
        )
        left, bottom, right, top = self.straight(box)
        if rule.horizontal == (self.quarters % 2 == 0):
            return Rule(horizontal=True, at=bottom, start=left, end=right)
        return Rule(horizontal=False, at=left, start=bottom, end=top)
