"""Hold stated confidence against how often it was right."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from holdfast.evaluation.calibration.bounds import lower_share, upper_share
from holdfast.evaluation.calibration.drafts import Columns, Floats, Labels
from holdfast.evaluation.intervals import Interval, clustered_bootstrap

LEVEL = 0.95
BINS = 10
A_BIN = 20
"""Drafts that a bin should hold."""
ROUNDS = 2000
_AT_ONCE = 200
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Drafts of about the same confidence."""

    low: float
    high: float
    """The smallest and the largest confidence in it."""
    count: int
    confidence: float
    """Mean of what was stated."""
    right: float
    """Share that was right."""
    right_low: float
    right_high: float
    """Clopper and Pearson's interval of that share at `LEVEL`, drafts taken as independent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Confidence against correctness."""

    bins: tuple[Bin, ...]
    """From the least to the most confident."""
    ece: Interval
    """Expected calibration error without the part that chance adds, 0 to 1."""
    ece_plain: float
    """The same with that part, as other tools print it."""
    ece_by_chance: float
    """What the plain figure stays below, with probability `LEVEL`, where confidence is exactly right."""
    brier: Interval
    """Mean squared difference of confidence and correctness, 0 to 1."""
    is_too_sure: bool
    """Whether the mean confidence lies above the share that is right."""

    @property
    def is_shown(self) -> bool:
        """Return whether confidence is off by more than chance."""
        return self.ece_plain > self.ece_by_chance


def reliability_of(columns: Columns, *, seed: int = 7) -> Reliability:
    """Return the reliability of at least one draft; bins hold about equally many.

    The expected calibration error is that of Naeini, Cooper, Hauskrecht (AAAI, 2015) over bins of equal
    mass. Its plain estimate is too high, for noise never cancels in an absolute value. The square of a
    bin's gap is freed of noise by taking its variance off, Kumar, Liang, Ma, "Verified Uncertainty
    Calibration" (NeurIPS, 2019), and subtracted is what normal noise of the bin's size adds to the absolute
    value of such a gap: the mean of the folded normal distribution. The interval
    is a bootstrap over clusters, moved to the estimate; what a right confidence would show is simulated,
    Bröcker and Smith, "Increasing the reliability of reliability diagrams" (2007).
    """
    confidence, right = columns.confidence, columns.is_right.astype(np.float64)
    bin_of = equal_mass(confidence)
    sums = _sums(confidence, right, bin_of)
    estimate, plain = debiased_ece(sums)
    brier = (confidence - right) ** 2
    if len(confidence) > 1:
        brier_interval = _bounded(clustered_bootstrap(brier, columns.clusters, rounds=ROUNDS, seed=seed))
    else:
        brier_interval = Interval(mean=float(brier.mean()), low=0.0, high=1.0)
    return Reliability(
        bins=_bins(confidence, right, bin_of),
        ece=_ece_interval(columns, bin_of, float(estimate), seed=seed),
        ece_plain=float(plain),
        ece_by_chance=_by_chance(confidence, bin_of, seed=seed),
        brier=brier_interval,
        is_too_sure=bool(confidence.mean() > right.mean()),
    )


def equal_mass(confidence: Floats) -> Labels:
    """Return each draft's bin, from 0: about equally many in each, equal confidences in the same one."""
    total = len(confidence)
    wanted = max(1, min(BINS, total // A_BIN))
    values, inverse, counts = np.unique(confidence, return_inverse=True, return_counts=True)
    middles = np.cumsum(counts) - counts / 2
    raw = np.minimum((middles / total * wanted).astype(np.intp), wanted - 1)
    return np.unique(raw, return_inverse=True)[1][inverse].astype(np.intp) if len(values) else inverse


def debiased_ece(sums: Floats) -> tuple[Floats, Floats]:
    """Return the calibration error without and with what noise adds, 0 to 1 each, of shape (...).

    `sums` of shape (..., bins, 3) holds for each bin how many drafts it has, the sum of their confidence,
    how many were right; an empty bin does not count.
    """
    counts = np.maximum(sums[..., 0], 1e-12)
    stated, right = sums[..., 1] / counts, sums[..., 2] / counts
    weights = sums[..., 0] / np.maximum(sums[..., 0].sum(axis=-1, keepdims=True), 1e-12)
    gap = np.abs(right - stated)
    spread = np.sqrt(np.clip(right * (1 - right), 0, None) / np.maximum(counts - 1, 1))
    plain = (weights * gap).sum(axis=-1)
    likely = np.sqrt(np.clip(gap**2 - spread**2, 0, None))
    added = (weights * (_folded(likely, spread) - likely)).sum(axis=-1)
    return np.clip(plain - added, 0.0, 1.0), plain


def _folded(mean: Floats, spread: Floats) -> Floats:
    """Return the mean absolute value of a normal variable (Leone, Nelson, Nottingham, 1961)."""
    safe = np.maximum(spread, 1e-12)
    inside = np.vectorize(math.erf, otypes=[np.float64])(mean / (safe * math.sqrt(2)))
    peak = safe * math.sqrt(2 / math.pi) * np.exp(-((mean / safe) ** 2) / 2)
    return np.asarray(peak + mean * inside, dtype=np.float64)


def _sums(confidence: Floats, right: Floats, bin_of: Labels) -> Floats:
    bins = int(bin_of.max()) + 1
    parts = [np.bincount(bin_of, weights, bins) for weights in (np.ones_like(confidence), confidence, right)]
    return np.stack(parts, axis=-1).astype(np.float64)


def _ece_interval(columns: Columns, bin_of: Labels, estimate: float, *, seed: int) -> Interval:
    groups, bins = int(columns.clusters.max()) + 1, int(bin_of.max()) + 1
    if groups < 2:  # noqa: PLR2004 -- one cluster says nothing of how clusters differ
        return Interval(mean=estimate, low=0.0, high=1.0)
    by_cluster = np.zeros((groups, bins, 3))
    values = np.stack(
        [np.ones_like(columns.confidence), columns.confidence, columns.is_right.astype(np.float64)], axis=-1
    )
    np.add.at(by_cluster, (columns.clusters, bin_of), values)
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(ROUNDS // _AT_ONCE):
        times = rng.multinomial(groups, np.full(groups, 1 / groups), size=_AT_ONCE)
        drawn.append(debiased_ece(np.tensordot(times.astype(np.float64), by_cluster, axes=1))[0])
    made = np.concatenate(drawn)
    tail = _NORMAL.cdf(-math.sqrt(groups / (groups - 1)) * _NORMAL.inv_cdf((1 + LEVEL) / 2))
    low, high = np.quantile(made, [tail, 1 - tail]) - made.mean() + estimate
    return Interval(mean=estimate, low=max(0.0, float(low)), high=min(1.0, float(high)))


def _by_chance(confidence: Floats, bin_of: Labels, *, seed: int) -> float:
    rng = np.random.default_rng(seed)
    bins, weights = int(bin_of.max()) + 1, np.bincount(bin_of) / len(bin_of)
    stated = np.bincount(bin_of, confidence, bins)
    counts = np.bincount(bin_of)
    shown = []
    for _ in range(ROUNDS // 4):
        right = np.bincount(bin_of, (rng.random(len(confidence)) < confidence).astype(np.float64), bins)
        shown.append(float((weights * np.abs(right - stated) / counts).sum()))
    return float(np.quantile(shown, LEVEL))


def _bins(confidence: Floats, right: Floats, bin_of: Labels) -> tuple[Bin, ...]:
    made, tail = [], (1 - LEVEL) / 2
    for number in range(int(bin_of.max()) + 1):
        here = bin_of == number
        count, hits = int(here.sum()), int(right[here].sum())
        made.append(
            Bin(
                low=float(confidence[here].min()),
                high=float(confidence[here].max()),
                count=count,
                confidence=float(confidence[here].mean()),
                right=hits / count,
                right_low=lower_share(hits, count, tail),
                right_high=upper_share(hits, count, tail),
            )
        )
    return tuple(made)


def _bounded(interval: Interval) -> Interval:
    return Interval(mean=interval.mean, low=max(0.0, interval.low), high=min(1.0, interval.high))
