"""A chunk: the piece of a document that is embedded, indexed and found."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast.domain.locators import NOWHERE, Locator


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of one document's canonical text.

    `text` is exactly `document.text[start:end]`. What a reader needs in front of it (heading path, a
    table's header row) is in `context` and never part of `text`.
    """

    ordinal: int
    start: int
    end: int
    text: str
    context: str = ""
    locator: Locator = NOWHERE

    @property
    def indexed(self) -> str:
        """Return what is embedded and indexed: context, then text."""
        return f"{self.context}\n{self.text}" if self.context else self.text
