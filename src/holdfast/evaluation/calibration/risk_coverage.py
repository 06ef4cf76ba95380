"""Hold the share of items that are answered against the share of those answers that are wrong."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from holdfast.evaluation.calibration.bounds import lower_share, upper_share
from holdfast.evaluation.calibration.drafts import Columns
from holdfast.evaluation.intervals import Interval

LEVEL = 0.95
ROUNDS = 1000
MOST_POINTS = 60
_AT_ONCE = 100
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What answering from some confidence on would give."""

    confidence: float
    """The least that is answered."""
    answered: int
    wrong: int
    coverage: float
    """Share of all items, also of those without any draft."""
    risk: float
    """Share of what is answered that is wrong."""
    risk_low: float
    risk_high: float
    """Clopper and Pearson's interval at `LEVEL`, for this point alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskCoverage:
    """The curve, from the most confident on."""

    points: tuple[Point, ...]
    """At most `MOST_POINTS` of it, evenly among the confidences that occur."""
    aurc: Interval
    """Area under the curve, over drafts: the mean risk, 0 to 1, lower is better."""
    aurc_at_best: float
    """The same for an order that puts every right draft first."""


def risk_coverage_of(columns: Columns, *, items: int, seed: int = 7) -> RiskCoverage:
    """Return the curve of at least one draft of `items` items.

    Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks" (NeurIPS, 2017); the area
    and its best value by Geifman, Uziel, El-Yaniv (ICLR, 2019). Drafts of equal confidence are answered
    together: no threshold parts them. The interval is a bootstrap over clusters.
    """
    order = np.argsort(-columns.confidence, kind="stable")
    confidence, wrong = columns.confidence[order], ~columns.is_right[order]
    ends = np.append(np.flatnonzero(np.diff(confidence)), len(confidence) - 1)
    answered, errors = ends + 1, np.cumsum(wrong)[ends]
    tail = (1 - LEVEL) / 2
    shown = np.unique(np.linspace(0, len(ends) - 1, MOST_POINTS).round().astype(np.intp))
    points = tuple(
        Point(
            confidence=float(confidence[end]),
            answered=int(count),
            wrong=int(bad),
            coverage=int(count) / items,
            risk=int(bad) / int(count),
            risk_low=lower_share(int(bad), int(count), tail),
            risk_high=upper_share(int(bad), int(count), tail),
        )
        for end, count, bad in zip(ends[shown], answered[shown], errors[shown], strict=True)
    )
    total, bad = len(wrong), int(wrong.sum())
    ranks = np.arange(1, total + 1)
    best = np.maximum(ranks - (total - bad), 0) / ranks
    return RiskCoverage(
        points=points,
        aurc=_area_interval(columns.clusters[order], wrong, ends, seed=seed),
        aurc_at_best=float(best.mean()),
    )


def _area_interval(
    clusters: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    wrong: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    ends: np.ndarray[tuple[int, ...], np.dtype[np.intp]],
    *,
    seed: int,
) -> Interval:
    def areas(weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float]:
        """Return the area for each row of weights; shape (rounds, drafts)."""
        answered = np.cumsum(weights, axis=1)[:, ends]
        errors = np.cumsum(weights * wrong, axis=1)[:, ends]
        steps = np.diff(answered, axis=1, prepend=0.0)
        risks = errors / np.maximum(answered, 1e-12)
        return [float(one) for one in (steps * risks).sum(axis=1) / answered[:, -1]]

    area = areas(np.ones((1, len(wrong))))[0]
    groups = int(clusters.max()) + 1
    if groups < 2:  # noqa: PLR2004 -- one cluster says nothing of how clusters differ
        return Interval(mean=area, low=0.0, high=1.0)
    rng, made = np.random.default_rng(seed), list[float]()
    for _ in range(ROUNDS // _AT_ONCE):
        times = rng.multinomial(groups, np.full(groups, 1 / groups), size=_AT_ONCE).astype(np.float64)
        made += areas(times[:, clusters])
    tail = _NORMAL.cdf(-math.sqrt(groups / (groups - 1)) * _NORMAL.inv_cdf((1 + LEVEL) / 2))
    low, high = np.quantile(made, [tail, 1 - tail])
    return Interval(mean=area, low=float(low), high=float(high))
