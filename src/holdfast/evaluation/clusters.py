"""Group cases that lean on the same documents: they are not independent of each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.intp]
"""Shape (cases,): the number of each case's cluster, from 0."""


def clusters_of(documents: Sequence[Iterable[str]]) -> Labels:
    """Return a cluster for each case, the same for all that documents link, in any number of steps."""
    owner: dict[str, int] = {}
    parent = list(range(len(documents)))

    def root(case: int) -> int:
        while parent[case] != case:
            parent[case] = parent[parent[case]]
            case = parent[case]
        return case

    for case, names in enumerate(documents):
        for name in names:
            parent[root(case)] = root(owner.setdefault(name, case))
    roots = [root(case) for case in range(len(documents))]
    return np.unique(np.asarray(roots, dtype=np.intp), return_inverse=True)[1].astype(np.intp)


def folds_of(sizes: npt.NDArray[np.float64], folds: int, rng: np.random.Generator) -> Labels:
    """Return a fold for each cluster, given how many cases each has: in random order to the emptiest.

    The largest go first, so that folds are about equally large; clusters of one size are shuffled.
    """
    order = rng.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    filled = np.zeros(folds)
    fold_of = np.zeros(len(sizes), dtype=np.intp)
    for cluster in order:
        fold_of[cluster] = rng.choice(np.flatnonzero(filled == filled.min()))
        filled[fold_of[cluster]] += sizes[cluster]
    return fold_of
