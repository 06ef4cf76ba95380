"""Find the high-risk cases that a candidate newly fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from holdfast.domain.scores import Metric
from holdfast.evaluation.experiments.pairing import Sides
from holdfast.evaluation.gate.high_risk import NewFailure, confirmed_failures
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import MOST_TIMES, Repeat
from holdfast.evaluation.scoring.facts import FACTS_STATED
from holdfast.evaluation.scoring.fields import FIELDS_RIGHT

SURE = 10
"""Repeats that stand for `always` where nothing is left to chance."""
WHOLE = frozenset({FACTS_STATED.name, FIELDS_RIGHT.name})
"""Shares of which a high-risk case needs the whole."""


def new_failures(metrics: Iterable[Metric], sides: Sides) -> tuple[NewFailure, ...]:
    """Return the failures in metrics that say right or wrong, and in those of which the whole is needed.

    All repeats behind the first look confirm, whatever they were run for. A case of which no model wrote
    any run needs none: it ends alike every time.
    """
    found: list[NewFailure] = []
    for metric in metrics:
        seen = [one for one in sides.pairs(metric) if one.is_high_risk]
        if metric.name not in WHOLE and not metric.is_protective and not _says_right_or_wrong(seen):
            continue
        again = {
            one.case: Repeat(case=one.case, times=2 * MOST_TIMES, baseline_times=2 * MOST_TIMES, chance=1.0)
            for one in seen
        }
        pairs = [one for one in sides.pairs(metric, again) if one.is_high_risk]
        tested = [_sure(one) if _is_sure(one, metric, sides) else one for one in pairs]
        failures = confirmed_failures(
            metric, _looked_at(tested), passes_at=1.0 if metric.higher_is_better else 0.0
        )
        real = {one.case: one for one in pairs}
        found += [
            _as_run(one, real[one.case]) if _is_sure(real[one.case], metric, sides) else one
            for one in failures
        ]
    return tuple(found)


def _says_right_or_wrong(pairs: Iterable[Paired]) -> bool:
    return {value for one in pairs for value in (*one.baseline, *one.candidate)} <= {0.0, 1.0}


def _is_sure(one: Paired, metric: Metric, sides: Sides) -> bool:
    return metric.is_deterministic and one.first is None and one.case in sides.steady


def _sure(one: Paired) -> Paired:
    """Return the case with repeats that need not be run."""
    before, now = one.baseline[0], one.candidate[0]
    return replace(one, baseline=(before,) * (1 + SURE), candidate=(now,) * (1 + SURE), first=(1, 1))


def _looked_at(pairs: Sequence[Paired]) -> list[Paired]:
    """Return the pairs with a first look each where some were looked at: only what came after it confirms."""
    if all(one.first is None for one in pairs):
        return list(pairs)
    return [
        one if one.first else replace(one, first=(len(one.baseline), len(one.candidate))) for one in pairs
    ]


def _as_run(failure: NewFailure, one: Paired) -> NewFailure:
    """Return the failure with the runs that were run, where others stood for `always`."""
    before, now = len(one.baseline), len(one.candidate)
    return replace(
        failure,
        baseline_passes=before if failure.baseline_passes else 0,
        baseline_runs=before,
        candidate_passes=now if failure.candidate_passes else 0,
        candidate_runs=now,
    )
