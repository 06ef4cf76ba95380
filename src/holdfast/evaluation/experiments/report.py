"""All that is told of one evaluation, before it is written in any form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from holdfast.domain.scores import Metric
from holdfast.evaluation.experiments.measuring import Failure, Measured

Overall = Literal["pass", "fail", "unclear"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One metric: what was measured, and how it stands to the baseline."""

    measured: Measured
    now: float | None = None
    """The mean over the cases that are compared, where some are."""
    baseline: float | None = None
    difference: float | None = None
    """Candidate less baseline, in the metric's unit."""
    difference_interval: tuple[float, float] | None = None
    result: str = ""
    """`worse`, `not worse`, `unclear`; empty without a baseline."""
    says: str = ""
    """The result in words, with what would decide."""
    fails: bool = False
    """Whether this line makes the gate fail."""
    warns: bool = False

    @property
    def value(self) -> float | None:
        """Return the mean that stands beside the baseline's, or that over all cases."""
        return self.measured.value if self.now is None else self.now

    @property
    def metric(self) -> Metric:
        """Return what the figures are of."""
        return self.measured.metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A case that ended otherwise, or was scored otherwise, than in the baseline."""

    case: str
    before: str
    """Its outcome there: `answer`, `question`, `refusal`, `escalation`."""
    now: str
    worse: tuple[str, ...] = ()
    """Metrics that got worse."""
    better: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A quantile of what cases took or cost, with its interval where enough cases tell it."""

    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One evaluation."""

    experiment: str
    """Its id."""
    workflow: str
    name: str
    """What was measured: `as declared`, a git ref, a model."""
    version: str
    against: str = ""
    """What it was compared with, in words; empty: with nothing."""
    result: Overall
    because: tuple[str, ...] = ()
    """Why the result is what it is, the weightiest first."""
    cases: int
    """Cases that were run."""
    planned: int
    repeats: int = 1
    lines: tuple[Line, ...]
    failures: tuple[Failure, ...] = ()
    not_run: Mapping[str, str]
    """Why, by case."""
    unstable: tuple[str, ...] = ()
    """Cases whose repeats did not end alike."""
    unstable_before: tuple[str, ...] = ()
    """Those of the baseline."""
    changed: tuple[Changed, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader should know: cases that were not compared, power, a sample."""
    cost_usd: float | None
    """Of the whole experiment; None where a model without a known price was asked."""
    took_s: float
    """From the first case to the last, waiting included."""
    seconds_p50: Spread | None = None
    """Of one case."""
    seconds_p95: Spread | None = None
    stopped: str = ""
    """Why it did not come to its end."""

    @property
    def unstable_lines(self) -> tuple[str, ...]:
        """Return every unstable case by the side on which it is, a line for each that has any."""
        now, before = set(self.unstable), set(self.unstable_before)
        kinds = {"on both sides": now & before, "now only": now - before, "before only": before - now}
        if not self.against:
            kinds = {"in its repeats": now}
        return tuple(
            f"Unstable {where}: {len(cases)} case{'' if len(cases) == 1 else 's'} "
            f"({', '.join(sorted(cases))})"
            for where, cases in kinds.items()
            if cases
        )
