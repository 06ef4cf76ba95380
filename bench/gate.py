"""How often the gate cries wolf, how often it finds a drop, at what cost.

python bench/gate.py [comparisons, 1000 if not given]

A scripted task stands in for a workflow: a case is right or wrong, and each run of it comes out otherwise
with a probability of its own. Every comparison goes the whole way: first look, repeats where it is unclear
(at most twice the first look's cost), second look.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import Clustered, lower_bound, upper_bound
from holdfast.evaluation.gate.false_alarms import rate
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import looks, repeated, undecided
from holdfast.evaluation.gate.verdict import Verdict, judge

METRIC = Metric(name="right", unit="share", higher_is_better=True)
MARGIN = 0.02
LEVEL = 0.95
RIGHT = 0.85
"""Share of cases that the baseline has right, flips apart."""
CASES = 200
FLIPS = (0.1, 0.2, 0.3)
BUDGET = 3
"""The whole comparison may cost this many times the first look."""

Floats = npt.NDArray[np.float64]
Runs = Callable[[str, int], Floats]
"""From side and number of repeats to values, shape (repeats, cases)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Probability that each case is right, for each side."""

    baseline: Floats
    candidate: Floats
    clusters: npt.NDArray[np.intp]
    together: float = 0.0
    """Share of the luck that the cases of a cluster have in common (a Gaussian copula's correlation)."""

    def run(self, side: Floats, rng: np.random.Generator) -> Floats:
        """Return which cases come out right in one run."""
        shared = rng.standard_normal(self.clusters.max() + 1)[self.clusters]
        luck = np.sqrt(self.together) * shared + np.sqrt(1 - self.together) * rng.standard_normal(len(side))
        return (_normal(luck) < side).astype(np.float64)


def main() -> None:
    """Print all tables."""
    comparisons = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    started = time.perf_counter()
    print(f"A/A: {comparisons} comparisons of a version with itself, {CASES} cases, margin {MARGIN:.0%}")
    kinds: list[tuple[str, Callable[[np.random.Generator], Task]]] = [
        ("flips 10-30%, any", lambda rng: flipping(rng, float(rng.uniform(0.1, 0.3)))),
        *[(f"flips {flips:.0%}", lambda rng, flips=flips: flipping(rng, flips)) for flips in FLIPS],
        ("30% of cases flip at 1/3", lambda rng: flipping(rng, 1 / 3, share=0.3)),
        ("flips 20%, clusters of 4", lambda rng: flipping(rng, 0.2, cluster=4, together=0.5)),
        ("flips 20%, 12 cases", lambda rng: flipping(rng, 0.2, cases=12)),
    ]
    for name, make in kinds:
        print(row(name, [compared(make, seed) for seed in range(comparisons)]))
    print(f"\nPower: a true drop, {CASES} cases, one run of each version first, at most {BUDGET}x that cost")
    for drop in (0.1, 0.05):
        for flips in FLIPS:
            for how in ("lost", "spread"):

                def make(rng: np.random.Generator, drop: float = drop, flips: float = flips) -> Task:
                    return flipping(rng, flips, drop=drop, is_spread=how == "spread")  # noqa: B023

                name = f"drop {drop:.0%}, flips {flips:.0%}, {how}"
                print(row(name, [compared(make, seed) for seed in range(comparisons // 2)]))
    print(
        "\n'lost': a share of the right cases turn wrong; 'spread': every case is right a little less often"
    )
    print("\nNothing changed, how often *not worse* is shown at a margin of 5 points")
    for name, make in kinds[1:5]:
        print(row(name, [compared(make, seed, margin=0.05) for seed in range(comparisons // 2)]))
    coverage(comparisons * 4)
    print(f"\n{time.perf_counter() - started:.0f} s")


def flipping(
    rng: np.random.Generator,
    flips: float,
    *,
    share: float = 1.0,
    drop: float = 0.0,
    is_spread: bool = False,
    cases: int = CASES,
    cluster: int = 1,
    together: float = 0.0,
) -> Task:
    """Return a task in which a share of the cases flips with this probability."""
    right = np.arange(cases) < round(RIGHT * cases)
    rates = np.where(rng.permutation(cases) < share * cases, flips, 0.0)
    before = np.where(right, 1 - rates, rates)
    if is_spread:
        after = before - drop * cases / right.sum() * right
    else:
        lost = np.arange(cases) < round(drop * cases / (1 - 2 * flips))
        after = np.where(lost, rates, before)
    return Task(
        baseline=before,
        candidate=after,
        clusters=np.arange(cases, dtype=np.intp) // cluster,
        together=together,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One comparison."""

    first: Verdict
    last: Verdict
    cost: float
    """Beside the first look's."""


def compared(make: Callable[[np.random.Generator], Task], seed: int, *, margin: float = MARGIN) -> Compared:
    """Return a comparison carried through: repeats where the first look is unclear."""
    rng = np.random.default_rng(seed)
    task = make(rng)
    before, after = task.run(task.baseline, rng), task.run(task.candidate, rng)
    pairs = [
        Paired(str(case), str(cluster), (float(one),), (float(other),))
        for case, (cluster, one, other) in enumerate(zip(task.clusters, before, after, strict=True))
    ]
    early, late = looks(LEVEL)
    first = judge(METRIC, pairs, margin=margin, level=early)
    if first.result != "unclear":
        return Compared(first=first, last=first, cost=1.0)
    plan = {
        one.case: one for one in undecided({"right": pairs}, budget=(BUDGET - 1) * 2 * len(pairs), seed=seed)
    }
    times = max((one.times for one in plan.values()), default=0)
    added = [
        np.array([task.run(side, rng) for _ in range(times)]) for side in (task.baseline, task.candidate)
    ]
    again = [
        repeated(
            one, plan[one.case], baseline=added[0][:, case].tolist(), candidate=added[1][:, case].tolist()
        )
        if one.case in plan
        else one
        for case, one in enumerate(pairs)
    ]
    last = judge(METRIC, again, margin=margin, level=late)
    return Compared(first=first, last=last, cost=1 + times * len(plan) / len(pairs))


def row(name: str, made: Sequence[Compared]) -> str:
    """Return a line: how often each result, beside a threshold on the first look's means."""
    worse = rate(sum(one.last.result == "worse" for one in made), len(made))
    early = np.mean([one.first.result == "worse" for one in made])
    fine = np.mean([one.last.result == "not worse" for one in made])
    plain = np.mean([(one.first.difference or 0.0) < -MARGIN for one in made])
    return (
        f"{name:<32} worse {worse.share:6.1%} [{worse.low:5.1%}, {worse.high:5.1%}]  at once {early:6.1%}  "
        f"not worse {fine:6.1%}  cost {np.mean([one.cost for one in made]):4.2f}x  "
        f"plain threshold says worse {plain:6.1%}"
    )


def coverage(rounds: int) -> None:
    """Print how often each side's bound misses the true difference, beside Student's and the bootstrap."""
    print(
        f"\nOne side's bound at 2.5% misses the true difference ({rounds} samples): gate, normal, bootstrap"
    )
    for name, chances in (
        ("1% lost", (0.01, 0.0)),
        ("10% lost", (0.1, 0.0)),
        ("12% lost, 6% won", (0.12, 0.06)),
    ):
        for cases in (10, 30, 60, 200):
            rng = np.random.default_rng(cases)
            lost, won = rng.multinomial(cases, [*chances, 1 - sum(chances)], size=rounds).T[:2]
            truth = chances[1] - chances[0]
            known: dict[tuple[int, int], tuple[bool, ...]] = {}
            misses = []
            for counts in zip(lost.tolist(), won.tolist(), strict=True):
                if counts not in known:
                    known[counts] = _misses(*counts, cases, truth)
                misses.append(known[counts])
            figures = " ".join(f"{share:6.2%}" for share in np.mean(misses, axis=0))
            print(f"  {name:<17} {cases:>4} cases   low {figures[:20]}   high {figures[21:]}")


def _misses(lost: int, won: int, cases: int, truth: float) -> tuple[bool, ...]:
    values = np.repeat([-1.0, 1.0, 0.0], [lost, won, cases - lost - won])
    sample = Clustered(sums=values, sizes=np.ones(cases), bound=1.0)
    error = values.std(ddof=1) / np.sqrt(cases)
    picks = np.random.default_rng(0).multinomial(
        cases, np.array([lost, won, cases - lost - won]) / cases, size=2000
    )
    low, high = np.quantile((picks[:, 1] - picks[:, 0]) / cases, [0.025, 0.975])
    lows = lower_bound(sample, 0.025), values.mean() - 1.96 * error, low
    highs = upper_bound(sample, 0.025), values.mean() + 1.96 * error, high
    return (*(one > truth + 1e-9 for one in lows), *(one < truth - 1e-9 for one in highs))


def _normal(values: Floats) -> Floats:
    """Return the normal distribution function, by interpolation."""
    grid = np.linspace(-6, 6, 4001)
    density = np.exp(-(grid**2) / 2)
    below = np.cumsum(density)
    return np.interp(values, grid, below / below[-1])


if __name__ == "__main__":
    main()
