"""An experiment: golden cases worked under one Version, a row for each case and repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from holdfast.domain.scores import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an experiment is about to work; one with the same plan goes on where another was stopped."""

    workflow: str
    version: str
    """Digest of the Version."""
    cases: Mapping[str, str]
    """Digest of every case by its id, in the order in which they are worked."""
    cases_digest: str
    """Of all of them together: two experiments with one digest worked the same cases."""
    repeats: int = 1
    """How often each case is worked."""
    model: str = ""
    """`provider:name` in front of the declared ladder, or empty."""
    seed: int = 0
    """Of the sample, and of every interval."""
    sample: int = 0
    """How many cases were drawn; 0: all."""
    label: str = ""
    """What a person calls it: a git ref, a model; empty for the declaration as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """An experiment as it is on record."""

    id: str
    plan: Plan
    settings: Mapping[str, str]
    """The sections of the declaration it ran under, each as JSON."""
    prices: Mapping[str, str]
    """What a million tokens in and out cost then, by model."""
    environment: Mapping[str, str]
    """Python, machine, packages."""
    user: str
    started_at: datetime
    ended_at: datetime | None = None
    """None: it was stopped, and goes on when it is run again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRun:
    """One case worked once."""

    case: str
    digest: str
    """Of the case as it was asked: a changed case is another one."""
    repeat: int = 0
    """From 0."""
    kind: str = ""
    """The case's kind."""
    run: str = ""
    """Id of the run that is on record; empty when there is none."""
    outcome: str = ""
    """`answer`, `question`, `refusal`, `escalation`; empty when the case was not run."""
    model: str = ""
    scores: tuple[Score, ...] = ()
    not_run: str = ""
    """Why it was not run: a provider's error. Neither pass nor fail."""
    cost_usd: float | None = 0.0
    """None: a model without a known price was asked."""
    took_s: float = 0.0
    documents: tuple[str, ...] = field(default=())
    """Documents that the case's evidence stands in, as it names them: who may not see one of them is not
    shown the case, and cases with the same first one are not independent."""

    @property
    def key(self) -> tuple[str, int]:
        """Return what tells it from the others of its experiment."""
        return self.case, self.repeat

    def score(self, metric: str) -> Score | None:
        """Return its score in a metric, None when the metric says nothing of it."""
        return next((one for one in self.scores if one.metric == metric), None)
