"""Score what a run took: seconds and money."""

from __future__ import annotations

from holdfast.domain.attempts import OK
from holdfast.domain.observed import Observed
from holdfast.domain.runs import Run
from holdfast.domain.scores import Metric, Score
from holdfast.evaluation.scoring.marks import missing, score

LATENCY = Metric(
    name="latency", unit="s", higher_is_better=False, is_deterministic=False, margin=0.5,
    says="seconds from the question to the outcome",
)  # fmt: skip
FIRST_SENTENCE = Metric(
    name="first_sentence", unit="s", higher_is_better=False, is_deterministic=False, margin=0.5,
    says="seconds until the first sentence could be read",
)  # fmt: skip
COST = Metric(
    name="cost", unit="USD", higher_is_better=False, is_deterministic=False, margin=0.001,
    says="what the providers charged for the run, failed attempts too",
)  # fmt: skip


class EffortEvaluator:
    """Reads durations and costs from the run."""

    metrics: tuple[Metric, ...] = (LATENCY, FIRST_SENTENCE, COST)

    async def score(self, seen: Observed) -> tuple[Score, ...]:
        """Return the three scores."""
        return (score(LATENCY, seen.run.took_ms / 1000), _first_sentence(seen), _cost(seen.run))


def _first_sentence(seen: Observed) -> Score:
    if seen.first_sentence_s is None:
        return missing(FIRST_SENTENCE, "nobody listened while the answer was written")
    return score(FIRST_SENTENCE, seen.first_sentence_s)


def _cost(run: Run) -> Score:
    unknown = {one.model for one in run.attempts if one.cost_usd is None and one.status == OK}
    if unknown:
        return missing(COST, f"no price is known for {', '.join(sorted(unknown))}")
    return score(COST, run.cost_usd)
