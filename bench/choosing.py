"""Simulate how often `holdfast tune` would recommend a change, where nothing matters and where something does.

    python bench/choosing.py [--runs 300]

Scores of 57 candidates on synthetic cases: differences to what there is are mostly 0 and sometimes large
(standard deviation .17), alike within a group of documents (correlation .3). Where there is a gain, seven
candidates have it. The false-alarm rate stated is 2.5%; the power planned for is .8 with 39 cases and .10.
"""

from __future__ import annotations

import sys

import numpy as np

from holdfast.evaluation.choosing import Choice, choose

CANDIDATES = 57
CHANGES = [0, *[1] * 11, *[2] * (CANDIDATES - 12)]
BETTER = [5, *range(20, 26)]
SPREAD = 0.17
ALIKE = 0.3
MOVED = 0.4
"""Share of cases that a change moves at all."""


def main() -> None:
    """Print one line for each situation."""
    runs = int(sys.argv[sys.argv.index("--runs") + 1]) if "--runs" in sys.argv else 300
    for gain, cases, groups in (
        (0.0, 80, 46), (0.0, 30, 15), (0.06, 80, 46), (0.1, 80, 46), (0.1, 39, 28), (0.1, 25, 20),
    ):  # fmt: skip
        made = [_chosen(seed, gain, cases, groups) for seed in range(runs)]
        shown = np.mean([one.is_shown for one in made])
        means = np.array([one.gain.mean for one in made])
        print(
            f"gain {gain:.2f}, {cases} cases in {groups} groups, {runs} runs: recommended {shown:.3f}, "
            f"out-of-fold gain {means.mean():+.4f}",
            flush=True,
        )


def _chosen(seed: int, gain: float, cases: int, groups: int) -> Choice:
    rng = np.random.default_rng(seed)
    clusters = np.concatenate([np.arange(groups), rng.integers(0, groups, cases - groups)])
    own = rng.standard_normal((CANDIDATES, cases))
    shared = rng.standard_normal((CANDIDATES, groups))[:, clusters]
    moved = rng.random((CANDIDATES, cases)) < MOVED
    differences = (np.sqrt(1 - ALIKE) * own + np.sqrt(ALIKE) * shared) * moved * SPREAD / np.sqrt(MOVED)
    differences[0] = 0
    differences[BETTER] += gain
    return choose(differences, CHANGES, clusters, seed=seed, repeats=5, flips=399)


if __name__ == "__main__":
    main()
