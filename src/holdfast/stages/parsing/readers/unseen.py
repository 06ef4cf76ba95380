"""What a page does not show as hidden blocks, deletions told from letters that nobody sees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from holdfast.domain.locators import Locator
from holdfast.stages.parsing.units import Block

DELETED = "deleted"
"""Part of what was taken out under tracked changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A piece that the page does not show."""

    text: str
    deleted: bool = False


def unseen_blocks(pieces: Iterable[Unseen], here: Locator, *, between: str = "") -> Iterator[Block]:
    """Yield the letters that are not seen, then the deletions, each as one hidden block."""
    every = list(pieces)
    for deleted in (False, True):
        texts = [piece.text for piece in every if piece.deleted is deleted and piece.text]
        text = between.join(texts).strip()
        if text:
            yield Block(text=text, locator=replace(here, part=DELETED) if deleted else here, hidden=True)
