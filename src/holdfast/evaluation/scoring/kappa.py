"""Tell how far two raters agree beyond chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

ROUNDS = 4_000
LEVEL = 0.95
FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Cohen's kappa of two raters who said yes or no to the same things."""

    kappa: float | None
    """1: the same throughout; 0: as chance would; None: not computed, for the reason in `why`."""
    interval: tuple[float, float] | None
    """95%; None where it cannot be told."""
    same: int
    of: int
    why: str = ""

    def reaches(self, least: float) -> bool:
        """Return whether even the interval's lower end reaches the declared agreement."""
        return self.interval is not None and self.interval[0] >= least


def agreement(ours: Sequence[bool], theirs: Sequence[bool], *, seed: int = 7) -> Agreement:
    """Return Cohen's kappa with its percentile bootstrap interval over the things that were rated.

    Cohen, "A coefficient of agreement for nominal scales" (1960); where both raters gave one and the same
    answer throughout, chance agrees as well as they do, and kappa is not defined. Samples in which that
    happens are left out of the interval (Efron and Tibshirani, 1993, chapter 13).
    """
    mine, other = np.asarray(ours, dtype=bool), np.asarray(theirs, dtype=bool)
    if len(mine) != len(other):
        raise ValueError(f"{len(mine)} and {len(other)} ratings are not of the same things")
    same = int((mine == other).sum())
    if len(mine) < FEWEST:
        return Agreement(kappa=None, interval=None, same=same, of=len(mine), why="there are too few labels")
    point = _kappa(
        np.asarray([mine.mean()]), np.asarray([other.mean()]), np.asarray([(mine == other).mean()])
    )
    if not np.isfinite(point[0]):
        why = "both said the same of everything, which chance would too: label some of the other kind"
        return Agreement(kappa=None, interval=None, same=same, of=len(mine), why=why)
    picks = np.random.default_rng(seed).integers(0, len(mine), size=(ROUNDS, len(mine)))
    drawn = _kappa(mine[picks].mean(axis=1), other[picks].mean(axis=1), (mine == other)[picks].mean(axis=1))
    drawn = drawn[np.isfinite(drawn)]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    interval = (float(low), float(high)) if same < len(mine) else _perfect(len(mine))
    return Agreement(kappa=float(point[0]), interval=interval, same=same, of=len(mine))


def _kappa(
    mine: np.ndarray[tuple[int], np.dtype[np.float64]],
    other: np.ndarray[tuple[int], np.dtype[np.float64]],
    same: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    by_chance = mine * other + (1 - mine) * (1 - other)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (same - by_chance) / (1 - by_chance)
    return np.where(by_chance < 1, found, np.nan)


def _perfect(count: int) -> tuple[float, float]:
    """Return an interval where no disagreement was seen: the bootstrap's would have no width.

    At worst the raters differ in the share that zero of `count` still allows at 95% (the exact upper bound
    of Clopper and Pearson, 1934), and kappa is about 1 - 2 of that share for even answers.
    """
    most = 1 - ((1 - LEVEL) / 2) ** (1 / count)
    return (max(-1.0, 1 - 2 * most), 1.0)
