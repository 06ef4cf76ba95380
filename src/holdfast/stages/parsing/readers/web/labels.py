"""What elements are called that show a sign and no words: `aria-label` of a button with an icon."""

from __future__ import annotations

from collections.abc import Mapping


class Labels:
    """Knows the open elements that have a name and have shown no words so far."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, str]] = []
        """Depth and name, the outermost first."""

    def opened(self, depth: int, attributes: Mapping[str, str | None]) -> None:
        """Take an element that begins at a depth."""
        if label := " ".join((attributes.get("aria-label") or "").split()):
            self._waiting.append((depth, label))

    def said(self, text: str) -> None:
        """Take words: what they stand in needs no name."""
        if self._waiting and not text.isspace():
            self._waiting.clear()

    def closed(self, depth: int) -> str:
        """Return the name of an element that ends at a depth and showed no words, else nothing."""
        label = ""
        while self._waiting and self._waiting[-1][0] >= depth:
            label = self._waiting.pop()[1]
        return label
