"""Bounds of a mean that hold in small samples."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from holdfast.evaluation.intervals import NORMAL

Floats = npt.NDArray[np.float64]

_STEP = 0.04
_REACH = np.arange(0.0, 12.0, _STEP)
_WEIGHTS = np.cosh(_REACH) * _STEP * np.where(_REACH > 0, 1.0, 0.5)
_PARTS = tuple(zip(np.split(np.sinh(_REACH), 4), np.split(_WEIGHTS, 4), strict=True))
"""Points along the upper half of the line, denser near the saddle point, with their weights by the
trapezoidal rule; in parts, of which the later are for few clusters."""
_NEGLIGIBLE = 1e-13
_HALVINGS = 40
_NEAR = 1e-4
_SMALLEST = 1e-15
_TIGHT = 1e-7
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
    together: float = 1.0
    """How much the cases of a cluster differ alike at most (`likeness`): 0 independent, 1 as one."""

    @property
    def mean(self) -> float:
        """Return the mean over cases."""
        return math.fsum(self.sums) / math.fsum(self.sizes)

    @property
    def unseen_size(self) -> float:
        """Return as how many cases that differ alike a cluster counts that nobody has seen.

        Its size is that of the cluster that a case drawn at random is in, on average; of m cases that are
        alike by r the sum varies as that of 1 + (m - 1) r cases that are one: Kish, "Survey Sampling"
        (1965), section 8.2.
        """
        size = float((self.sizes**2).sum() / self.sizes.sum())
        return 1 + (size - 1) * self.together

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
    return replace(sample, sums=-sample.sums)


def likeness(differences: Floats, labels: npt.NDArray[np.intp]) -> float:
    """Return how much cases of one cluster differ alike, at most: 0 as independent ones, 1 as one.

    Each case that moved is held against its mates in the cluster: the sum of all products of two of a cluster
    over the sum of as many squares, which is the correlation within clusters (Donner and Koval, "The
    estimation of intraclass correlation in the analysis of family data", Biometrics, 1980, the pairwise
    one), but for a common mean, which counts as likeness. Two standard errors are added, sqrt(2 / pairs)
    each where cases are independent, and 3 / mates for few cases that moved: none of t mates that moved
    along leaves as much open, the rule of three. 1 where no case that moved has a mate: nothing tells it.
    """
    sizes = np.bincount(labels).astype(np.float64)
    squares = differences**2
    within = np.bincount(labels, weights=squares)
    alike = float((within * (sizes - 1)).sum())
    if alike <= _SMALLEST:
        return 1.0
    pairs = float((sizes * (sizes - 1)).sum())
    mates = alike * float(squares.sum()) / float((squares**2).sum())
    products = float((np.bincount(labels, weights=differences) ** 2 - within).sum())
    return min(max(products / alike, 0.0) + 2 * math.sqrt(2 / pairs) + 3 / mates, 1.0)


def upper_bound(sample: Clustered, tail: float) -> float:
    """Return a bound that the mean exceeds with probability `tail` at most.

    Gaffke's bound: give the clusters, with one more that has the largest value there can be, random
    weights (Dirichlet with all parameters 1), take the 1 - `tail` quantile of the weighted mean. For
    values of 0 or 1 it is Clopper and Pearson's exact bound (Biometrika, 1934); n equal values leave
    1 - tail^(1/n) of the way to the largest value open, never nothing. Gaffke, "Three test statistics for
    a nonparametric one-sided hypothesis on the mean of a nonnegative variable" (Mathematical Methods of
    Statistics, 2005); Learned-Miller and Thomas, "A New Confidence Interval for the Mean of a Bounded
    Random Variable" (arXiv 1905.06208, 2019); Phan, Thomas, Learned-Miller, "Towards Practical Mean Bounds
    for Small Samples" (ICML, 2021). Proven for two values; that it holds beyond, at every sample size, is a
    conjecture that extensive search has not refuted. Of clusters of several sizes the mean over cases is
    bounded, the added cluster being as large as that of a case drawn at random: no theorem, but held in
    simulation. Infinite where nothing bounds a case.
    """
    if not math.isfinite(sample.bound):
        return math.inf
    values = sample.sums / sample.sizes
    low, high = float(values.min()), max(sample.bound, float(values.max()))
    if high - low <= 0:
        return high
    at_low, at_high = _height(1.0, tail), _height(0.0, tail)
    last = 0
    for _ in range(_STEPS):
        middle = low + (high - low) * min(max(at_low / (at_low - at_high), 0.001), 0.999)
        here = _height(_share_above(sample, middle), tail)
        side = 1 if here > 0 else -1
        if side > 0:
            low, at_low, at_high = middle, here, at_high / 2 if last == side else at_high
        else:
            high, at_high, at_low = middle, here, at_low / 2 if last == side else at_low
        last = side
        if high - low <= _TIGHT * sample.bound or here == 0:
            break
    return high


def _height(chance: float, tail: float) -> float:
    """Return how far a chance lies above `tail`, on a scale on which the search goes about straight."""
    within = min(max(chance, _SMALLEST), 1 - _SMALLEST)
    return NORMAL.inv_cdf(within) - NORMAL.inv_cdf(tail)


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
    exponentials times the coefficients below is positive. Its transform exp(K(z)) / z is integrated along
    the line through its saddle point, where it does not oscillate, so that small probabilities come out
    as precisely as large ones: Helstrom, "Approximate evaluation of detection probabilities in radar and
    optical communications" (IEEE Transactions on Aerospace and Electronic Systems, 1978); for such sums
    Imhof, "Computing the distribution of quadratic forms in normal variables" (Biometrika, 1961).
    """
    coefficients = np.append(sample.sums - mean * sample.sizes, (sample.bound - mean) * sample.unseen_size)
    values, counts = np.unique(coefficients, return_counts=True)
    if values[-1] <= 0:
        return 0.0
    if values[0] >= 0:
        return 1.0
    values = values / values[-1]
    saddle = _saddle(values, counts)
    curvature = (counts * (values / (1 - values * saddle)) ** 2).sum() + saddle**-2
    width = 1 / math.sqrt(curvature)
    area, first = 0.0, None
    for line, weights in _PARTS:
        points = saddle + 1j * width * line
        transform = np.exp(-(counts @ np.log(1 - values[:, None] * points))) / points
        area += float(transform.real @ weights)
        first = abs(transform[0]) if first is None else first
        if abs(transform[-1]) * weights[-1] < _NEGLIGIBLE * first:
            break
    return min(area * width / math.pi, 1.0)


def _saddle(values: Floats, counts: npt.NDArray[np.intp]) -> float:
    """Return where K(s) - log s is least, for coefficients of at most 1; between 0 and 1."""
    low, high, here = 0.0, 1.0, 0.5
    for _ in range(_HALVINGS):
        parts = values / (1 - values * here)
        slope = float(counts @ parts) - 1 / here
        low, high = (low, here) if slope > 0 else (here, high)
        step = slope / (float(counts @ parts**2) + here**-2)
        if abs(step) < _NEAR * here:
            break
        here = here - step if low < here - step < high else (low + high) / 2
    return here


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
