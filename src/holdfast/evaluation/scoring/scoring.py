"""Score a run with every evaluator, whatever one of them does."""

from __future__ import annotations

import math
from collections.abc import Sequence

from holdfast.domain.observed import Observed
from holdfast.domain.scores import Metric, Score
from holdfast.errors import ProviderError
from holdfast.evaluation.scoring.marks import missing
from holdfast.protocols import Evaluator

NOT_RUN = "not run: "
"""How the reason begins where a provider failed: neither pass nor fail."""


def metrics_of(evaluators: Sequence[Evaluator]) -> tuple[Metric, ...]:
    """Return every metric in order."""
    return tuple(metric for evaluator in evaluators for metric in evaluator.metrics)


async def score_run(evaluators: Sequence[Evaluator], seen: Observed) -> tuple[Score, ...]:
    """Return exactly one score for every metric, in the order of `metrics_of`.

    A provider's error is *not run*; whatever else an evaluator raises, or leaves out, or gives that is no
    number, is a score without a value that says so. Nothing but a cancellation is raised.
    """
    return tuple([score for evaluator in evaluators for score in await _scores(evaluator, seen)])


async def _scores(evaluator: Evaluator, seen: Observed) -> tuple[Score, ...]:
    try:
        given = {score.metric: score for score in await evaluator.score(seen)}
    except ProviderError as error:
        return tuple(missing(metric, f"{NOT_RUN}{error}") for metric in evaluator.metrics)
    except Exception as error:  # noqa: BLE001 -- whatever a stranger's evaluator raises, the others' scores stay
        words = f"its evaluator failed ({type(error).__name__}: {error})"
        return tuple(missing(metric, words) for metric in evaluator.metrics)
    return tuple(_sound(metric, given.get(metric.name)) for metric in evaluator.metrics)


def _sound(metric: Metric, score: Score | None) -> Score:
    if score is None:
        return missing(metric, "its evaluator gave no score")
    if score.value is None:
        return score if score.why else missing(metric, "its evaluator gave no value and no reason")
    if isinstance(score.value, (int, float)) and math.isfinite(score.value):
        return score
    return missing(metric, f"its evaluator gave {score.value!r}, which is no number")
