"""A paragraph of an RTF file while it is read: pieces of text, each seen, hidden or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.readers.unseen import Unseen, unseen_blocks
from holdfast.stages.parsing.units import Block

Run = tuple[str, bool, bool]
"""Text, whether it is hidden, whether it was deleted."""


@dataclass(slots=True)
class Paragraph:
    """What is known of the paragraph that is open."""

    style: int = -1
    level: int = 0
    list_level: int = 0
    in_table: bool = False
    label: str = ""
    runs: list[Run] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """Return its text so far, as far as it is seen."""
        return joined([text for text, hidden, _ in self.runs if not hidden])

    def reset(self) -> None:
        """Forget how it is set; its text stays."""
        self.style, self.level, self.list_level, self.in_table = -1, 0, 0, False


def unseen_runs(runs: list[Run], here: Locator) -> Iterator[Block]:
    """Yield what runs hide, what was deleted apart."""
    for deleted in (False, True):
        text = joined([text for text, hidden, gone in runs if hidden and gone is deleted])
        yield from unseen_blocks([Unseen(text=text, deleted=deleted)], here)


def joined(pieces: list[str]) -> str:
    """Return the pieces as one text; characters beyond 16 bits come in two halves."""
    text = "".join(pieces)
    if text.isascii():
        return text
    return text.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le", errors="replace")
