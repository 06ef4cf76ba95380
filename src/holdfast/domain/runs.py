"""A run: one item's way through the stages, with what each was given and made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from holdfast.domain.attempts import Attempt, known_cost_of
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Outcome
from holdfast.domain.reviews import EarlierCorrection
from holdfast.domain.stages import Stage
from holdfast.domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """One stage of one run: what it was given, what it made, how long it took."""

    stage: Stage
    part: str
    """The implementation that ran, `module:Class`."""
    given: Any
    made: Any
    took_ms: float
    cost_usd: float = 0.0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """What is on record of any run, one without an outcome too."""

    id: str
    version: str
    """Digest of the Version."""
    index_version: int
    item: WorkItem
    model: str
    degraded: str
    """Why the outcome came by a lesser route, or empty."""
    usage: Usage
    cost_usd: float
    started_at: datetime
    took_ms: float
    stages: tuple[StageRecord, ...]
    attempts: tuple[Attempt, ...] = ()
    """Calls to providers in the order in which they began."""
    fallback: str = ""
    """Which rungs failed before another was asked, and why, or empty."""

    @property
    def known_cost_usd(self) -> float | None:
        """Return what it cost, None when a call that took anything has no known price."""
        return None if known_cost_of(self.attempts) is None else self.cost_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(RunRecord):
    """One item, its outcome and its stage records, under the Version that made it."""

    outcome: Outcome
    corrected_before: tuple[EarlierCorrection, ...] = ()
    """What reviewers answered to the same question, newest first, as far as who asked may see it now.

    It is looked up when the run has ended, and is no part of the record.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedRun(RunRecord):
    """A run that ended without an outcome: who asked has left, every route failed, or its process ended."""

    kind: Literal["cancelled", "failed", "interrupted"]
    reason: str
    """In words."""
