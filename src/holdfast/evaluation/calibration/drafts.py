"""The answer that was drafted for an item, held against the thresholds of deciding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An answer that could be given, whether it was or not.

    Raises ValueError for a figure outside 0 to 1.
    """

    case: str
    """Id of the golden case, or of the reviewed run."""
    cluster: str
    """The document that it rests on; drafts of one cluster are not independent."""
    answerability: float
    """Probability that the passages answer the question, 0 to 1."""
    support: float
    """Support of the weakest claim, 0 to 1; 1 where no claim needs any."""
    confidence: float
    """What the answer states or would state, 0 to 1."""
    is_right: bool
    why: str = ""
    """What is wrong with it."""
    has_own_estimate: bool = False
    """Whether the model judged itself how likely it answers, so that `answer_at` counts."""
    is_form: bool = False
    """Whether it is structured output, which no answerability holds back."""
    was_answered: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        for name in ("answerability", "support", "confidence"):
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"calibration: {name} of {self.case!r} is {value}, not between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The settings of deciding that hold answers back, each 0 to 1."""

    answer_at: float
    refuse_below: float
    support_at: float

    def answers(self, draft: Draft) -> bool:
        """Return whether the draft is given as an answer, as the decider has it."""
        return (
            (draft.is_form or draft.answerability >= self.refuse_below)
            and draft.support >= self.support_at
            and (not draft.has_own_estimate or draft.answerability >= self.answer_at)
        )

    def changes_to(self, other: Thresholds) -> dict[str, float]:
        """Return the settings (`deciding.answer_at`) in which the other differs, with its values."""
        return {
            f"deciding.{name}": getattr(other, name)
            for name in ("answer_at", "refuse_below", "support_at")
            if getattr(other, name) != getattr(self, name)
        }


@dataclass(frozen=True, slots=True)
class Columns:
    """Drafts as arrays, all of shape (drafts,)."""

    confidence: Floats
    is_right: Flags
    clusters: Labels
    """The number of each draft's cluster, from 0."""


def columns_of(drafts: Sequence[Draft]) -> Columns:
    """Return what the figures are made of."""
    names = np.array([draft.cluster for draft in drafts], dtype=object).astype(str)
    clusters = np.unique(names, return_inverse=True)[1].astype(np.intp) if drafts else np.zeros(0, np.intp)
    return Columns(
        np.array([draft.confidence for draft in drafts], dtype=np.float64),
        np.array([draft.is_right for draft in drafts], dtype=np.bool_),
        clusters,
    )
