"""Spans of the canonical text: the pieces that become chunks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets into the canonical text, end excluded."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Return the number of characters."""
        return self.end - self.start


def stripped(text: str, span: Span) -> Span:
    """Return the span without the white space around it; empty when it holds nothing else."""
    # By the character: cutting a long text thrice takes longer than all else that is done to it here.
    start, end = span.start, min(span.end, len(text))
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, max(start, end))
