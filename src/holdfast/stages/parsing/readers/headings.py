"""The heading path while a document is read from top to bottom."""

from __future__ import annotations

_LONGEST = 200


class HeadingPath:
    """Knows which headings a place stands under."""

    def __init__(self) -> None:
        self._entries: list[tuple[int, str]] = []
        self.path: tuple[str, ...] = ()

    def enter(self, level: int, title: str) -> None:
        """Go on under a heading; it closes those of its level and below."""
        title = " ".join(title.replace("\u200b", "").split())[:_LONGEST]
        self._entries = [entry for entry in self._entries if entry[0] < level]
        if title:
            self._entries.append((level, title))
        self.path = tuple(entry[1] for entry in self._entries)
