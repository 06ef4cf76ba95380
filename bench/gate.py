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
from functools import partial

import numpy as np
import numpy.typing as npt

from holdfast.domain.scores import Metric
from holdfast.evaluation.gate.bounds import Clustered, lower_bound, upper_bound
from holdfast.evaluation.gate.false_alarms import rate
from holdfast.evaluation.gate.pairs import Paired
from holdfast.evaluation.gate.repeats import Repeat, looks, repeated, undecided
from holdfast.evaluation.gate.verdict import Verdict, judge

METRIC = Metric(name="right", unit="share", higher_is_better=True)
MARGIN = 0.02
LEVEL = 0.95
RIGHT = 0.85
"""Share of cases that the baseline has right, flips apart."""
CASES = 200
FLIPS = (0.1, 0.2, 0.3)
DROPS = (0.1, 0.05)
BUDGET = 3
"""The whole comparison may cost this many times the first look."""

Floats = npt.NDArray[np.float64]


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
    false_alarms(comparisons)
    false_releases(comparisons // 3)
    power(comparisons // 3)
    other_means(comparisons // 5)
    coverage(comparisons * 2)
    print(f"\n{time.perf_counter() - started:.0f} s")


def false_alarms(comparisons: int) -> None:
    """Print how often a version is called worse than itself, or not worse."""
    print(f"A/A: {comparisons} comparisons of a version with itself, {CASES} cases, margin {MARGIN:.0%}")
    kinds: dict[str, Make] = {
        "flips 10-30%, any": lambda rng: flipping(rng, flips=float(rng.uniform(0.1, 0.3))),
        **{f"flips {flips:.0%}": partial(flipping, flips=flips) for flips in FLIPS},
        "30% of cases flip at 1/3": partial(flipping, flips=1 / 3, share=0.3),
        "flips 20%, clusters of 4": partial(flipping, flips=0.2, cluster=4, together=0.5),
        "flips 20%, 12 cases": partial(flipping, flips=0.2, cases=12),
        "no case flips": partial(flipping, flips=0.0),
    }
    whole = list(kinds)[: 1 + len(FLIPS)]
    for name, make in kinds.items():
        print(
            row(
                name,
                [compared(make, seed) for seed in range(comparisons if name in whole else comparisons // 4)],
            )
        )
    print("\nThe same at a margin of 5 points")
    for name, make in kinds.items():
        print(row(name, [compared(make, seed, margin=0.05) for seed in range(comparisons // 5)]))


def false_releases(comparisons: int) -> None:
    """Print how often a drop as large as the margin is called not worse."""
    print("\nA true drop of 5 points at a margin of 5 points: *not worse* would be false")
    for flips in (0.0, *FLIPS):
        for how in ("lost", "spread"):
            make = partial(flipping, flips=flips, drop=0.05, is_spread=how == "spread")
            made = [compared(make, seed, margin=0.05) for seed in range(comparisons)]
            print(row(f"flips {flips:.0%}, {how}", made))


def power(comparisons: int) -> None:
    """Print how often a true drop is found."""
    print(f"\nPower: a true drop, {CASES} cases, one run of each version first, at most {BUDGET}x that cost")
    print("lost: some right cases turn wrong; spread: every right case is right a little less often")
    for drop in DROPS:
        for flips in FLIPS:
            for how in ("lost", "spread"):
                make = partial(flipping, flips=flips, drop=drop, is_spread=how == "spread")
                name = f"drop {drop:.0%}, flips {flips:.0%}, {how}"
                print(row(name, [compared(make, seed) for seed in range(comparisons)]))


def other_means(comparisons: int) -> None:
    """Print what runs in store and a level of .90 do, and cases of which most stand still."""
    print("\nThree runs of the baseline in store; twice as many false alarms allowed (level .90)")
    for drop in (0.0, *DROPS):
        for flips in FLIPS:
            make = partial(flipping, flips=flips, drop=drop)
            name = f"drop {drop:.0%}, flips {flips:.0%}"
            print(row(f"{name}, 3 in store", [compared(make, seed, stored=3) for seed in range(comparisons)]))
            print(row(f"{name}, level .90", [compared(make, seed, level=0.9) for seed in range(comparisons)]))
    print("\n30% of the cases flip at 1/3, the rest stands still")
    for drop in (0.0, *DROPS):
        make = partial(flipping, flips=1 / 3, share=0.3, drop=drop)
        print(row(f"drop {drop:.0%}", [compared(make, seed) for seed in range(comparisons)]))
        print(
            row(
                f"drop {drop:.0%}, 3 in store",
                [compared(make, seed, stored=3) for seed in range(comparisons)],
            )
        )


def flipping(
    rng: np.random.Generator,
    *,
    flips: float,
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
        size = drop * cases / (1 - 2 * flips * share)
        after = np.where(np.arange(cases) < round(size), 1 - before, before)
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


Make = Callable[[np.random.Generator], Task]


def compared(
    make: Make, seed: int, *, margin: float = MARGIN, level: float = LEVEL, stored: int = 0
) -> Compared:
    """Return a comparison carried through: repeats where the first look is unclear.

    With `stored` runs of the baseline from before, only the candidate is run at first.
    """
    rng = np.random.default_rng(seed)
    task = make(rng)
    before = np.array([task.run(task.baseline, rng) for _ in range(stored or 1)])
    after = task.run(task.candidate, rng)
    pairs = [
        Paired(str(case), str(cluster), tuple(before[:, case].tolist()), (float(after[case]),))
        for case, cluster in enumerate(task.clusters)
    ]
    early, late = looks(level)
    first = judge(METRIC, pairs, margin=margin, level=early)
    cost = len(pairs) * (1 if stored else 2)
    if first.result != "unclear":
        return Compared(first=first, last=first, cost=cost / (2 * len(pairs)))
    plan = undecided({"right": pairs}, budget=BUDGET * 2 * len(pairs) - cost, seed=seed)
    cost += sum(one.times + one.baseline_times for one in plan)
    last = judge(METRIC, run_again(task, pairs, plan, rng), margin=margin, level=late)
    return Compared(first=first, last=last, cost=cost / (2 * len(pairs)))


def run_again(
    task: Task, pairs: Sequence[Paired], plan: Sequence[Repeat], rng: np.random.Generator
) -> list[Paired]:
    """Return the pairs with the repeats that the plan asks for."""
    if not plan:
        return list(pairs)
    before = [task.run(task.baseline, rng) for _ in range(plan[0].baseline_times)]
    after = [task.run(task.candidate, rng) for _ in range(plan[0].times)]
    again = {one.case: one for one in plan}
    return [
        repeated(
            one,
            again[one.case],
            baseline=[float(run[case]) for run in before],
            candidate=[float(run[case]) for run in after],
        )
        if one.case in again
        else one
        for case, one in enumerate(pairs)
    ]


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
    found: Floats = np.interp(values, grid, below / below[-1])
    return found


if __name__ == "__main__":
    main()
