"""What an evaluator sees of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from holdfast.domain.cases import Case
from holdfast.domain.items import is_attached
from holdfast.domain.runs import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One piece of evidence that has to be read."""

    document: str
    occurrences: tuple[tuple[tuple[int, int], ...], ...] = ()
    """Where its words stand, as offsets into the canonical text, end excluded: for each place of the quote
    the spans of its words. One of the places is enough, and none means any part of the document."""

    @property
    def is_attached(self) -> bool:
        """Return whether it stands in what came with the item, not in the index."""
        return is_attached(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a person made of a run's outcome."""

    result: Literal["accepted", "edited", "rejected"]
    text: str = ""
    """What was sent in the end; empty where it is the outcome's own text."""
    why: str = ""
    """Why it was edited or rejected, in the person's words."""
    output: Any = None
    """The structured output that was sent in the end; None where it is the outcome's own, or text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """One run, with what is known beside it."""

    run: Run
    case: Case | None = None
    """None: nothing is expected, as in production."""
    wanted: tuple[Wanted, ...] = ()
    """The case's evidence located in the index and in what came with the item; empty where there is none, for
    the reason in `unlocated`."""
    unlocated: str = ""
    """Why evidence that the case names could not be located."""
    reviewed: Reviewed | None = None
    """None: no person has looked at it."""
    first_sentence_s: float | None = None
    """Seconds until the first sentence could be read; None where nobody listened."""
