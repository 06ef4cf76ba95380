"""A mistake in a declaration: which file, which line, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.errors import DeclarationError

SHOWN_AT_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One thing that is wrong in a declaration."""

    file: str
    """Name of the file as the user knows it (`workflow.yaml`)."""
    line: int = 0
    """Counted from 1; 0 when it concerns the file as a whole."""
    what: str
    move: str = ""

    def __str__(self) -> str:
        text = f"{self.file} line {self.line}: {self.what}" if self.line else f"{self.file}: {self.what}"
        return f"{text}; {self.move}" if self.move else text


class Unreadable(Exception):
    """A file cannot be taken as a declaration at all, because of this one mistake."""

    def __init__(self, mistake: Mistake) -> None:
        self.mistake = mistake
        super().__init__(str(mistake))


def declaration_error(mistakes: Sequence[Mistake]) -> DeclarationError:
    """Return one error that lists the mistakes, the first ten in full."""
    if len(mistakes) == 1:
        return DeclarationError(str(mistakes[0]))
    lines = [f"{mistakes[0].file} has {len(mistakes)} mistakes:"]
    lines += [f"  {mistake}" for mistake in mistakes[:SHOWN_AT_MOST]]
    if len(mistakes) > SHOWN_AT_MOST:
        lines.append(f"  ... and {len(mistakes) - SHOWN_AT_MOST} more")
    return DeclarationError("\n".join(lines))
