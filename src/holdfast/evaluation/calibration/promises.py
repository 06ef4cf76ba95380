"""Choose how much may be answered without a person for a declared share of errors at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.evaluation.calibration.bounds import Counted

MOST_STARTS = 4
"""Places of the sequence at which testing begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The level that answers most of those that were shown to keep the budget."""

    level: int
    """Its place in the sequence."""
    bound: float
    """A share of errors that the true one exceeds with probability `tail` at most."""
    tail: float
    """The part of the chance of error with which it was tested."""


def promised(
    levels: Sequence[Counted], *, budget: float, error: float, declared: int | None = None
) -> Promise | None:
    """Return the level that answers most and keeps the budget; None: that is shown for none.

    `levels` go from the strictest to the laxest, each answering all that the one before answers. With
    probability 1 - `error` at least every level that passes keeps the budget, whichever is taken then:
    the levels are tested in their order, each at what is left to it of `error`, on the upper bound of its
    share of errors. Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then Test" (2021, arXiv 2110.01052),
    section 2.3, with several starts; where a test fails its part of `error` is lost, where it passes it is
    carried on: the fallback procedure of Wiens and Dmitrienko (Journal of Biopharmaceutical Statistics,
    2005). Where testing starts depends on how many are answered, never on which are right; the level that
    is `declared` is one of the starts where there are enough for two.
    """
    starts = _starts(levels, budget=budget, error=error, declared=declared)
    found, tail, bound, tested = None, 0.0, 1.0, (0, 0.0)
    for place, level in enumerate(levels):
        tail += error / len(starts) if place in starts else 0.0
        if not tail:
            continue
        if tested != (level.of, tail):  # levels that answer as many answer the same
            bound, tested = level.bound(tail), (level.of, tail)
        if bound <= budget:
            found = Promise(level=place, bound=bound, tail=tail)
        else:
            tail = 0.0
    return found


def _starts(
    levels: Sequence[Counted], *, budget: float, error: float, declared: int | None
) -> tuple[int, ...]:
    """Return where testing begins: where an error-free level could pass, and at twice as many, and so on."""
    for count in range(MOST_STARTS, 0, -1):
        tail = error / count
        first = _first_able(levels, budget=budget, tail=tail)
        if first == len(levels):
            continue
        has_declared = declared is not None and declared > first and count > 1
        starts = [first]
        for place in range(first + 1, len(levels)):
            if len(starts) < count - has_declared and levels[place].of >= 2 * levels[starts[-1]].of:
                starts.append(place)
        chosen = {*starts, declared} if has_declared else set(starts)
        if len(chosen) == count:
            return tuple(sorted(place for place in chosen if place is not None))
    return ()


def _first_able(levels: Sequence[Counted], *, budget: float, tail: float) -> int:
    """Return the first level that passes if nothing of it is wrong; their number where none does."""
    low, high = 0, len(levels)
    while low < high:
        middle = (low + high) // 2
        if levels[middle].at_best().bound(tail) <= budget:
            high = middle
        else:
            low = middle + 1
    return low
