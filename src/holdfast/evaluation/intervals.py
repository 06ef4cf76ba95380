"""Intervals for what was measured on a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean with its interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def paired_bootstrap(
    differences: Sequence[float], *, level: float = 0.95, rounds: int = 10_000, seed: int = 7
) -> Interval:
    """Return the mean difference with its percentile bootstrap interval over the pairs.

    Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; the seed is fixed so
    that the same differences give the same interval.
    """
    values = np.asarray(differences, dtype=np.float64)
    picks = np.random.default_rng(seed).integers(0, len(values), size=(rounds, len(values)))
    means = values[picks].mean(axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(mean=float(values.mean()), low=float(low), high=float(high))
