"""What an opened workflow's runs are measured by: its evaluators, and the limits of its gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdfast.domain.cases import Case
from holdfast.domain.runs import Run
from holdfast.domain.scores import Metric, Score
from holdfast.evaluating.laboratory import ScoreRun
from holdfast.evaluation.gate.family import Limit
from holdfast.evaluation.gate.verdict import LEVEL
from holdfast.session import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Metrics in their order, how a run is scored in them, and how the gate judges them."""

    metrics: tuple[Metric, ...]
    score: ScoreRun
    limits: Mapping[str, Limit]
    level: float = LEVEL


OUTCOME_RIGHT = Metric(
    name="outcome_right", unit="share", higher_is_better=True, margin=0.05, says="outcome as expected"
)


def measures_of(_flow: Flow) -> Measures:
    """Stand-in."""

    async def score(case: Case, run: Run) -> Sequence[Score]:
        from holdfast.domain.outcomes import kind_of

        kind = kind_of(run.outcome)
        right = kind == case.expect.outcome
        why = "" if right else f"{kind} instead of {case.expect.outcome}: {run.outcome.text[:80]}"
        return [Score(metric="outcome_right", value=float(right), why=why)]

    return Measures(metrics=(OUTCOME_RIGHT,), score=score, limits={})
