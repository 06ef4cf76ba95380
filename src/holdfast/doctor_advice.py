"""What the doctor says: one thing to do before production, by its weight."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Weight(IntEnum):
    """How much an advice matters."""

    BROKEN = 3
    """It does not work, or not as it was declared."""
    RISKY = 2
    """It works, and should not be relied on like this."""
    BETTER = 1
    """Production would be easier with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One thing to do before production."""

    weight: Weight
    title: str
    why: str
    move: str
    """What to write or run, and where."""
    place: str = ""
    """File and line, where there is one."""
