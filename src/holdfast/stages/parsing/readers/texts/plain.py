"""Plain text, as it stands."""

from __future__ import annotations

from holdfast.stages.parsing.readers.texts.decoding import decode
from holdfast.stages.parsing.units import Block, Reading, ReadingLimits, Unit


def read(data: bytes, limits: ReadingLimits) -> Reading:
    """Yield the whole text as one unit."""
    del limits
    yield from read_text(decode(data))


def read_text(text: str) -> Reading:
    """Yield a text that is decoded already."""
    yield Unit(key="text", blocks=(Block(text=text),))
