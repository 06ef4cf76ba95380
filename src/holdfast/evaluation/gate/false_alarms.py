"""Measure how often the gate cries wolf: one version judged against itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import Clustered, upper_bound
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.verdict import LEVEL, Verdict, judge

ROUNDS = 200
SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of comparisons, with Clopper and Pearson's interval."""

    count: int
    of: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """How often one version was called worse than itself."""

    gate: Rate
    """Repeats dealt at random to two sides, cluster by cluster."""
    threshold: Rate
    """The same comparisons, called worse where the mean is lower by the margin or more: a plain threshold."""
    not_worse: Rate
    """The same comparisons: how often the gate could say so."""
    whole_runs: Rate
    """Every repeat of all cases against every other, as they were run. These depend on each other; much
    above `gate` means that whole runs differ (a provider's bad day), which no test on cases can see."""


def a_a(
    metric: Metric,
    runs: Mapping[str, Sequence[float]],
    *,
    cluster_of: Mapping[str, str],
    margin: float,
    level: float = LEVEL,
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> FalseAlarms:
    """Return the gate's false-alarm rate on repeats of one and the same version.

    `runs` has each case's values, repeat by repeat; cases with fewer than two are left out. Raises
    ValueError where none has two.
    """
    usable = {case: tuple(runs[case]) for case in sorted(runs) if len(runs[case]) > 1}
    if not usable:
        raise ValueError("gate: no case was run twice; run the same version at least twice on each")
    rng = np.random.default_rng(seed)
    clusters = sorted({cluster_of.get(case, case) for case in usable})

    def dealt() -> list[Paired]:
        order = {cluster: rng.random(max(map(len, usable.values()))) for cluster in clusters}
        return [
            _halved(case, cluster_of.get(case, case), values, order[cluster_of.get(case, case)])
            for case, values in usable.items()
        ]

    def judged(pairs: Sequence[Paired]) -> Verdict:
        return judge(metric, pairs, margin=margin, level=level)

    random = [judged(dealt()) for _ in range(rounds)]
    least = min(map(len, usable.values()))
    whole = [
        judged(
            [
                Paired(case, cluster_of.get(case, case), (values[one],), (values[other],))
                for case, values in usable.items()
            ]
        )
        for one, other in permutations(range(least), 2)
    ]
    return FalseAlarms(
        gate=_rate(random, lambda one: one.result == "worse"),
        threshold=_rate(random, lambda one: one.difference is not None and one.difference < -margin),
        not_worse=_rate(random, lambda one: one.result == "not worse"),
        whole_runs=_rate(whole, lambda one: one.result == "worse"),
    )


def rate(count: int, of: int, *, level: float = LEVEL) -> Rate:
    """Return a share with its exact interval: Clopper and Pearson (Biometrika, 1934); `of` at least 1."""
    ones = np.zeros(of)
    ones[:count] = 1.0
    sample = Clustered(sums=ones, sizes=np.ones(of), bound=1.0)
    tail = (1 - level) / 2
    below = Clustered(sums=1 - ones, sizes=np.ones(of), bound=1.0)
    return Rate(
        count=count,
        of=of,
        share=count / of,
        low=1 - upper_bound(below, tail),
        high=upper_bound(sample, tail),
    )


def _halved(
    case: str, cluster: str, values: tuple[float, ...], order: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> Paired:
    """Return half of the repeats against the other half; an odd one stays out."""
    shuffled = [values[place] for place in np.argsort(order[: len(values)])]
    half = len(shuffled) // 2
    return Paired(case, cluster, tuple(shuffled[:half]), tuple(shuffled[half : 2 * half]))


def _rate(verdicts: Sequence[Verdict], is_so: Callable[[Verdict], bool]) -> Rate:
    return rate(sum(map(is_so, verdicts)), len(verdicts))
