"""Measure candidate settings on targets, one index at a time, within a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

import numpy as np
import numpy.typing as npt

from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.prompts import Prompt
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderUnavailable, UsageError
from holdfast.evaluation.reading import Target, evidence_at_10, holds_all
from holdfast.evaluation.search_space import Candidate
from holdfast.flows.sync import Progress
from holdfast.protocols import Retriever
from holdfast.workflow import Workflow


class Trial(Protocol):
    """An index that was built under some settings."""

    def retriever(self, settings: Workflow) -> Retriever:
        """Return what finds in this index under other settings of retrieval."""
        ...

    def prompt(self, item: WorkItem, retrieved: Retrieved) -> Prompt:
        """Return the prompt that the workflow's first rung would be shown."""
        ...

    def forget(self) -> None:
        """Drop what was remembered of the last item's searches."""
        ...


class TimeIsUp(Exception):
    """Measuring ends here; what was finished counts."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Says when the time is up."""

    ends_at: float

    @classmethod
    def of_minutes(cls, minutes: float) -> Clock:
        """Return a clock that starts now."""
        return cls(time.monotonic() + 60 * minutes)

    async def check(self) -> None:
        """Let an interrupt through; raise TimeIsUp when the time is up."""
        await asyncio.sleep(0)
        if time.monotonic() >= self.ends_at:
            raise TimeIsUp


OpenTrial = Callable[[Workflow, Clock], AbstractAsyncContextManager[Trial]]
"""Builds an index under some settings, to be thrown away after use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Scores of the candidates that there was time for, the declaration's own first."""

    candidates: tuple[Candidate, ...]
    evidence: npt.NDArray[np.float64]
    """Per candidate and target, `evidence_at_10`."""
    in_prompt: npt.NDArray[np.float64]
    """Per candidate and target, 1 when the prompt holds all the evidence."""
    is_complete: bool
    """Whether there was time for every candidate."""


async def measure(
    candidates: Sequence[Candidate],
    targets: Sequence[Target],
    open_trial: OpenTrial,
    *,
    clock: Clock,
    progress: Progress,
) -> Measured:
    """Return the scores of every candidate on every target, each asked as its own principal.

    Candidates that share an index are measured together, those with fewest changes to it first. When
    the time is up the index at hand is dropped; raises UsageError when there was none before it, and
    ProviderUnavailable when a leg is missing, for then candidates would not be measured alike.
    """
    first = dict.fromkeys(one.index_key for one in candidates)
    order = {key: position for position, key in enumerate(first)}
    ordered = sorted(candidates, key=lambda one: order[one.index_key])
    done: list[Candidate] = []
    evidence: list[npt.NDArray[np.float64]] = []
    in_prompt: list[npt.NDArray[np.float64]] = []
    try:
        for _, sharing in groupby(ordered, key=lambda one: one.index_key):
            group = list(sharing)
            progress("trying settings", len(done), len(candidates))
            async with open_trial(group[0].settings, clock) as trial:
                scores = await _scored(group, targets, trial, clock)
            done += group
            evidence += list(scores[0])
            in_prompt += list(scores[1])
    except TimeIsUp:
        if not done:
            raise UsageError(
                "the time was up before the settings as declared were measured",
                move="Give more of it: --minutes 30.",
            ) from None
    progress("trying settings", len(done), len(candidates))
    return Measured(
        candidates=tuple(done), evidence=np.stack(evidence), in_prompt=np.stack(in_prompt),
        is_complete=len(done) == len(candidates),
    )  # fmt: skip


async def _scored(
    group: Sequence[Candidate], targets: Sequence[Target], trial: Trial, clock: Clock
) -> npt.NDArray[np.float64]:
    """Return both figures, shape (2, candidates, targets).

    Item by item, so that one item's searches serve every candidate and only they are remembered.
    """
    scores = np.zeros((2, len(group), len(targets)))
    retrievers = [trial.retriever(one.settings) for one in group]
    for column, target in enumerate(targets):
        await clock.check()
        item = target.case.item()
        known: dict[tuple[int, ...], tuple[float, float]] = {}
        for row, retriever in enumerate(retrievers):
            retrieved = await retriever.retrieve(item)
            if retrieved.degraded:
                raise _not_comparable(target, retrieved)
            listed = tuple(hit.chunk_id for hit in retrieved.hits)
            if listed not in known:
                known[listed] = _figures(target, retrieved, trial.prompt(item, retrieved))
            scores[:, row, column] = known[listed]
        trial.forget()
    return scores


def _not_comparable(target: Target, retrieved: Retrieved) -> ProviderUnavailable:
    return ProviderUnavailable(
        f"settings cannot be compared: {target.case.id} was {retrieved.degraded}",
        stage=Stage.RETRIEVAL,
        move="Run it again when the embedding provider answers.",
    )


def _figures(target: Target, retrieved: Retrieved, prompt: Prompt) -> tuple[float, float]:
    in_prompt = holds_all(prompt.passages, target.wanted)
    return evidence_at_10(retrieved.hits, target.wanted), float(in_prompt)
