"""What travels with a call to a provider: why it is made, and until when an answer counts."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import StrEnum

from holdfast.domain.access import Principal
from holdfast.domain.attempts import Attempt


class Purpose(StrEnum):
    """Why a model is called; costs are summed by it."""

    ANSWER = "answer"
    REWRITE = "rewrite"
    JUDGE = "judge"
    DIAGNOSIS = "diagnosis"
    EMBEDDING = "embedding"
    """Documents are embedded."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock after which no answer is wanted."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left_s(self) -> float:
        """Return the seconds left, never below 0."""
        return max(0.0, self.at - time.monotonic())

    @property
    def is_over(self) -> bool:
        """Return whether the moment has passed."""
        return time.monotonic() >= self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The circumstances of one model call; they travel through every policy down to the provider."""

    deadline: Deadline
    purpose: Purpose = Purpose.ANSWER
    run: str = ""
    stage: str = "generation"
    case: str = ""
    principal: Principal | None = None
    """On whose behalf; None: nobody's, so nothing is taken from or put into a cache."""
    number: int = 1
    """Which try of the same request this is, from 1."""
    is_hedge: bool = False
    """Whether it runs beside a slow call that was made before."""
    journal: list[Attempt] = field(default_factory=list)
    """Attempts of the run in the order in which they began; each is replaced by itself as it ended."""
