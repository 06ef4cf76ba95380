"""Bounds of a mean that hold in small samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_GRID = np.exp(np.arange(-22.0, 9.0, 0.125))
_STEP = 0.125
_TIGHT = 1e-9
_STEPS = 80
_MOST_SUMS = 40_000
_DENOMINATORS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """Differences summed over clusters, which are independent of each other."""

    sums: Floats
    """Shape (clusters,)."""
    sizes: Floats
    """Cases in each; shape (clusters,)."""
    bound: float
    """No case can differ by more than this, in either direction."""

    @property
    def mean(self) -> float:
        """Return the mean over cases."""
        return math.fsum(self.sums) / math.fsum(self.sizes)

    @property
    def unseen_size(self) -> float:
        """Return the size of the cluster that a case drawn at random is in, on average."""
        return float((self.sizes**2).sum() / self.sizes.sum())

    @property
    def error(self) -> float:
        """Return the standard error of the mean over clusters.

        The linearised variance of a ratio with G / (G - 1): Cochran, "Sampling Techniques" (1977),
        section 6.3. Infinite with one cluster.
        """
        count = len(self.sums)
        if count < 2:  # noqa: PLR2004 -- one cluster says nothing of how clusters differ
            return math.inf
        residuals = self.sums - self.mean * self.sizes
        return math.sqrt(count / (count - 1) * float((residuals**2).sum())) / float(self.sizes.sum())


def mirrored(sample: Clustered) -> Clustered:
    """Return the sample with baseline and candidate exchanged."""
    return Clustered(sums=-sample.sums, sizes=sample.sizes, bound=sample.bound)


def upper_bound(sample: Clustered, tail: float) -> float:
    """Return a bound that the mean exceeds with probability `tail` at most.

    Gaffke's bound: give the clusters, with one more that has the largest value there can be, random
    weights (Dirichlet with all parameters 1), take the 1 - `tail` quantile of the weighted mean. For
    values of 0 or 1 it is Clopper and Pearson's exact bound (Biometrika, 1934); n equal values leave
    1 - tail^(1/n) of the way to the largest value open, never nothing. Gaffke, "Three test statistics for
    a nonparametric one-sided hypothesis on the mean of a nonnegative variable" (Mathematical Methods of
    Statistics, 2005); Phan, Thomas, Learned-Miller, "Towards Practical Mean Bounds for Small Samples"
    (ICML, 2021), who bound it from above and say what is proven: beyond two values that it holds in
    every sample size is a conjecture which no search has refuted. Infinite where nothing bounds a case.
    """
    if not math.isfinite(sample.bound):
        return math.inf
    values = sample.sums / sample.sizes
    low, high = float(values.min()), max(sample.bound, float(values.max()))
    if high - low <= 0:
        return high
    at_low, at_high = 1 - tail, -tail
    for step in range(_STEPS):
        share = 0.5 if step % 3 == 2 else at_low / (at_low - at_high)  # noqa: PLR2004 -- every third halves
        middle = low + (high - low) * min(max(share, 0.02), 0.98)
        beyond = _share_above(sample, middle) - tail
        if beyond > 0:
            low, at_low = middle, beyond
        else:
            high, at_high = middle, beyond
        if high - low <= _TIGHT * sample.bound:
            break
    return high


def lower_bound(sample: Clustered, tail: float) -> float:
    """Return a bound that the mean falls below with probability `tail` at most."""
    return -upper_bound(mirrored(sample), tail)


def chance_not_below_zero(sample: Clustered) -> float:
    """Return the smallest tail at which both `upper_bound` and the sign flips put the mean below 0."""
    if not math.isfinite(sample.bound):
        return 1.0
    return max(_share_above(sample, 0.0), chance_by_sign_flips(sample.sums))


def _share_above(sample: Clustered, mean: float) -> float:
    """Return the probability that the randomly weighted mean lies above `mean`.

    The weights are exponentials over their sum, so that this is the probability that a sum of
    exponentials with the coefficients below is positive: its characteristic function inverted, with all
    coefficients on a logarithmic grid. Imhof, "Computing the distribution of quadratic forms in normal
    variables" (Biometrika, 1961), formula 3.2.
    """
    coefficients = np.append(sample.sums - mean * sample.sizes, (sample.bound - mean) * sample.unseen_size)
    values, counts = np.unique(coefficients, return_counts=True)
    values = values[:, None] / math.sqrt(float((counts * values**2).sum()) or 1.0)
    turned = values * _GRID
    angle = (counts[:, None] * np.arctan(turned)).sum(axis=0)
    shrunk = (counts[:, None] * np.log1p(turned**2)).sum(axis=0) / 2
    return float(np.clip(0.5 + _STEP / math.pi * (np.sin(angle) * np.exp(-shrunk)).sum(), 0.0, 1.0))


def chance_by_sign_flips(sums: Floats) -> float:
    """Return how often random signs make the total as low as it is: an exact one-sided p-value.

    Where baseline and candidate are exchangeable within each cluster, all signs are equally likely:
    Fisher, "The Design of Experiments" (1935), section 21; for values of 0 and 1 it is the exact test of
    McNemar (Psychometrika, 1947). All sums are counted on a lattice: exact where the differences are
    multiples of 1/60 or coarser, else to one part in 40,000 of the largest total.
    """
    sizes = np.abs(sums)
    moved = sizes > 0
    if not moved.any():
        return 1.0
    scale = next(
        (
            float(part)
            for part in range(1, _DENOMINATORS + 1)
            if np.allclose(sums * part, np.round(sums * part), rtol=0, atol=1e-7)
            and sizes.sum() * part <= _MOST_SUMS
        ),
        _MOST_SUMS / float(sizes.sum()),
    )
    steps = np.round(sums[moved] * scale).astype(np.intp)
    chances = np.ones(1)
    for step in np.abs(steps):
        if step:
            taken = np.concatenate((chances, np.zeros(step)))
            taken[step:] += chances
            chances = taken / 2
    ups = int(steps[steps > 0].sum())
    return float(min(chances[: ups + 1].sum(), 1.0))
