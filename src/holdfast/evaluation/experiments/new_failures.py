"""Find the cases that a candidate newly fails and that no average may hide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from holdfast.domain.scores import Metric
from holdfast.evaluation.experiments.pairing import Sides
from holdfast.evaluation.gate.newly_failed import NewlyFailed, Watched, newly_failed
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import MOST_TIMES, Repeat
from holdfast.evaluation.scoring.facts import FACTS_STATED
from holdfast.evaluation.scoring.fields import FIELDS_RIGHT

WHOLE = frozenset({FACTS_STATED.name, FIELDS_RIGHT.name})
"""Shares of which a high-risk case needs the whole."""


def new_failures(metrics: Iterable[Metric], sides: Sides) -> NewlyFailed:
    """Return the new failures of high-risk cases, and of all cases in protective metrics.

    A high-risk case counts in metrics that say right or wrong, and in those of which the whole is needed. All
    repeats behind the first look confirm, whatever they were run for. A case of which no model wrote
    any run needs none: it ends alike every time.
    """
    return newly_failed([one for metric in metrics for one in _watched(metric, sides)])


def unstable_harm(metric: Metric, sides: Sides) -> tuple[str, ...]:
    """Return the cases that a protective metric finds harm in now and then, on both sides."""
    return tuple(
        one.case
        for one in sides.pairs(metric, _all_repeats(sides))
        if len(set(one.baseline)) > 1 and len(set(one.candidate)) > 1
    )


def _watched(metric: Metric, sides: Sides) -> list[Watched]:
    seen = sides.pairs(metric)
    is_whole = metric.name in WHOLE or _says_right_or_wrong([one for one in seen if one.is_high_risk])
    if not metric.is_protective and not is_whole:
        return []
    every = sides.pairs(metric, _all_repeats(sides))
    watched = _looked_at([one for one in every if metric.is_protective or one.is_high_risk])
    return [
        Watched(
            metric=metric,
            pair=one,
            passes_at=_passes_at(metric, one),
            is_sure=_is_sure(one, metric, sides),
        )
        for one in watched
    ]


def _passes_at(metric: Metric, one: Paired) -> float:
    """Return with which value a run passes: the best there is; of harm, as little as the baseline did."""
    if metric.higher_is_better:
        return max(one.first_baseline) if metric.is_protective else 1.0
    return min(one.first_baseline) if metric.is_protective else 0.0


def _all_repeats(sides: Sides) -> dict[str, Repeat]:
    most = 2 * MOST_TIMES
    return {case: Repeat(case=case, times=most, baseline_times=most, chance=1.0) for case in sides.rows}


def _says_right_or_wrong(pairs: Iterable[Paired]) -> bool:
    return {value for one in pairs for value in (*one.baseline, *one.candidate)} <= {0.0, 1.0}


def _is_sure(one: Paired, metric: Metric, sides: Sides) -> bool:
    return metric.is_deterministic and one.case in sides.steady


def _looked_at(pairs: Sequence[Paired]) -> list[Paired]:
    """Return the pairs with a first look each where some were looked at: only what came after it confirms."""
    if all(one.first is None for one in pairs):
        return list(pairs)
    return [
        one if one.first else replace(one, first=(len(one.baseline), len(one.candidate))) for one in pairs
    ]
