"""Choose one of several settings by cross-validation on cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.evaluation.clusters import Labels, folds_of
from holdfast.evaluation.intervals import Interval, clustered_bootstrap, expected_width

FOLDS = 5
REPEATS = 10
FLIPS = 999
LEVEL = 0.95
FALSE_ALARMS = (1 - LEVEL) / 2
"""Where no setting matters, a change is recommended in this share of runs at most."""
SEED = 7

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen on all cases, and what choosing so gained on cases that had no part in it."""

    chosen: int
    """Row of the scores; 0 keeps what there is."""
    gain: Interval
    """Mean paired difference to row 0 on held-out cases, with the interval that the choosing allows."""
    error: float
    """Standard error of the gain over clusters."""
    agreement: float
    """Share of the training folds in which the same row was chosen."""
    weights: Floats
    """Per case, in which share of the partitions each row was chosen without it; (candidates, cases)."""

    @property
    def is_shown(self) -> bool:
        """Return whether there is a change whose gain has a lower bound above 0."""
        return self.chosen != 0 and self.gain.low > 0

    def out_of_fold(self, scores: Floats) -> Floats:
        """Return per case the difference that the held-out choices make in any figure, shape (cases,)."""
        made: Floats = (self.weights * (scores - scores[0])).sum(axis=0)
        return made


def choose(
    scores: Floats,
    changes: Sequence[int],
    clusters: Labels,
    *,
    seed: int = SEED,
    folds: int = FOLDS,
    repeats: int = REPEATS,
    flips: int = FLIPS,
) -> Choice:
    """Return the choice on all cases, its gain estimated by repeated clustered cross-validation.

    `scores` has shape (candidates, cases), row 0 being what there is now; `changes` says how many
    settings each candidate changes. In each of `repeats` partitions of the clusters into `folds`, the
    rule (see `_Sums.picked`) chooses on the other folds and its choice is scored on the fold that it did
    not see: Stone, "Cross-validatory choice and assessment" (1974); Varma and Simon, "Bias in error
    estimation when using cross-validation for model selection" (2006).

    The interval is the paired bootstrap over clusters, widened. Unwidened it takes the choices as
    given, but they share most of their training cases, and one lucky candidate wins in all folds at
    once: where nothing matters it lay above 0 in 8 to 12% of simulated runs, not 2.5%. So the whole
    procedure is repeated with the signs of each cluster's differences flipped at random, which leaves
    nothing to find (randomisation test: Davison and Hinkley, 1997, section 4.3; the test of a choice by
    its own maximum: White, "A reality check for data snooping", 2000), and the interval is widened in
    proportion, to no less than as many standard errors as the stated share of those runs exceeds.
    """
    rng = np.random.default_rng(seed)
    sums = _Sums(scores - scores[0], np.asarray(changes), clusters)
    signs = np.ones((1 + flips, sums.count))
    signs[1:] = rng.choice((-1.0, 1.0), size=(flips, sums.count))
    folds = min(folds, sums.count)
    held_out_sums = np.zeros_like(signs)
    weights, chosen = np.zeros_like(scores), sums.picked(signs[:1], np.ones(sums.count, dtype=bool))[0]
    agreement = 0.0
    for _ in range(repeats):
        fold_of = folds_of(sums.sizes, folds, rng)
        for fold in range(folds):
            held_out = fold_of == fold
            rows = sums.picked(signs, ~held_out)
            held_out_sums[:, held_out] += signs[:, held_out] * sums.sums[rows][:, held_out] / repeats
            weights[rows[0], held_out[clusters]] += 1 / repeats
            agreement += (rows[0] == chosen) / (repeats * folds)
    means, errors = sums.means_of(held_out_sums)
    differences: Floats = (weights * (scores - scores[0])).sum(axis=0)
    bare = clustered_bootstrap(differences, clusters, level=LEVEL, seed=seed)
    critical = _critical(means[1:], errors[1:])
    widening = max(1.0, critical / expected_width(sums.count, LEVEL))
    least = critical * float(errors[0])
    return Choice(
        chosen=int(chosen),
        gain=Interval(
            mean=bare.mean,
            low=bare.mean - max(least, widening * (bare.mean - bare.low)),
            high=bare.mean + max(least, widening * (bare.high - bare.mean)),
        ),
        error=float(errors[0]),
        agreement=float(agreement),
        weights=weights,
    )


class _Sums:
    """Differences to what there is, summed by cluster: all that choosing and its errors depend on."""

    def __init__(self, differences: Floats, changes: npt.NDArray[np.intp], clusters: Labels) -> None:
        self.sizes = np.bincount(clusters).astype(np.float64)
        self.count = len(self.sizes)
        self.sums = np.stack([np.bincount(clusters, weights=row) for row in differences])
        self._changes = changes

    def picked(self, signs: Floats, within: npt.NDArray[np.bool_]) -> Rows:
        """Return for each row of signs the candidate with the fewest changes among those near the best.

        Near is within one standard error: Breiman, Friedman, Olshen and Stone, "Classification and
        Regression Trees" (1984), section 3.4.3; here of the paired difference to the best, over clusters
        (Cameron and Miller, "A Practitioner's Guide to Cluster-Robust Inference", 2015). Of candidates
        with equally few changes the better one is taken, of equal ones the first.
        """
        sums, sizes, signs = self.sums[:, within], self.sizes[within], signs[:, within]
        cases, present = sizes.sum(), len(sizes)
        means, crossed, gram = signs @ sums.T / cases, (signs * sizes) @ sums.T, sums @ sums.T
        best = means.argmax(axis=1)
        each = np.arange(len(signs))
        behind = means[each, best][:, None] - means
        squares = np.diagonal(gram)[best][:, None] + np.diagonal(gram)[None, :] - 2 * gram[best]
        residual = (
            squares - 2 * behind * (crossed[each, best][:, None] - crossed) + behind**2 * (sizes**2).sum()
        )
        errors = np.sqrt(np.maximum(residual, 0) * present / max(1, present - 1)) / cases
        ranks = np.where(behind <= errors + 1e-12, 10.0 * self._changes[None, :] - means, np.inf)
        made: Rows = ranks.argmin(axis=1)
        return made

    def means_of(self, sums: Floats) -> tuple[Floats, Floats]:
        """Return mean and standard error over clusters of each row of cluster sums."""
        cases = self.sizes.sum()
        means = sums.sum(axis=1) / cases
        residuals = sums - means[:, None] * self.sizes[None, :]
        return means, np.sqrt((residuals**2).sum(axis=1) * self.count / max(1, self.count - 1)) / cases


def _critical(means: Floats, errors: Floats) -> float:
    """Return the standard errors that the stated share of the flipped runs' gains exceeds."""
    sizes = np.divide(means, errors, out=np.zeros(len(means)), where=errors > 0)
    rank = math.ceil((1 - FALSE_ALARMS) * (len(sizes) + 1)) - 1
    return float(np.sort(sizes)[min(rank, len(sizes) - 1)])
