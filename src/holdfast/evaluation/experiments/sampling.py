"""Draw some of the cases so that every kind is among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from holdfast.domain.cases import Case


def sampled(cases: Sequence[Case], count: int, *, seed: int) -> tuple[Case, ...]:
    """Return `count` of the cases in their order, kinds in their proportions; all where 0 or too many.

    Shares are rounded by largest remainder, after each kind has one as long as there are enough.
    """
    if count <= 0 or count >= len(cases):
        return tuple(cases)
    rng = np.random.default_rng(seed)
    by_kind: dict[str, list[int]] = defaultdict(list)
    for number, case in enumerate(cases):
        by_kind[case.kind].append(number)
    shares = _shares([len(numbers) for numbers in by_kind.values()], count)
    picked: set[int] = set()
    for numbers, share in zip(by_kind.values(), shares, strict=True):
        picked.update(rng.permutation(numbers)[:share].tolist())
    return tuple(case for number, case in enumerate(cases) if number in picked)


def _shares(sizes: Sequence[int], count: int) -> list[int]:
    """Return how many of each size are taken, `count` together."""
    least = 1 if count >= len(sizes) else 0
    rest, total = count - least * len(sizes), sum(sizes) - least * len(sizes)
    exact = [(size - least) * rest / total if total else 0.0 for size in sizes]
    taken = [least + int(share) for share in exact]
    order = sorted(range(len(sizes)), key=lambda at: (int(exact[at]) - exact[at], at))
    for at in order[: count - sum(taken)]:
        taken[at] += 1
    return taken
