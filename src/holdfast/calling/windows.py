"""Sum what happened in the last seconds, with memory and time that don't grow with the traffic."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Slice:
    """What was added within one part of the span; still correctable by who holds it."""

    number: int
    amount: int
    is_gone: bool = False


class RollingSum:
    """The sum of a span, kept in slices: an amount leaves with its slice, up to one late and never early.

    Moments are seconds on any clock that doesn't run backwards. Not thread-safe: its owner holds a lock.
    """

    def __init__(self, span_s: float, *, slices: int) -> None:
        self._span_s = span_s
        self._slice_s = span_s / slices
        self._slices: deque[Slice] = deque()
        self._total = 0

    def add(self, amount: int, now: float) -> Slice:
        """Add to the sum and return the slice that holds it, for a later correction."""
        number = int(now // self._slice_s)
        if (number + 1) * self._slice_s <= now:  # 60.1 // 0.1 is 600.0
            number += 1
        if not self._slices or self._slices[-1].number < number:
            self._slices.append(Slice(number=number, amount=0))
        newest = self._slices[-1]
        newest.amount += amount
        self._total += amount
        return newest

    def correct(self, slice_: Slice, by: int) -> None:
        """Change what was added to a slice; nothing happens when it has left the span."""
        slice_.amount += by
        if not slice_.is_gone:
            self._total += by

    def total(self, now: float) -> int:
        """Return the sum of the span that ends now."""
        while self._slices and self._leaves_at(self._slices[0]) <= now:
            gone = self._slices.popleft()
            gone.is_gone = True
            self._total -= gone.amount
        return self._total

    def falls_to(self, most: int, now: float) -> float:
        """Return the first moment, from now on, at which the sum is `most` or less if nothing is added."""
        total = self.total(now)
        moment = now
        for one in self._slices:
            if total <= most:
                break
            total -= one.amount
            moment = self._leaves_at(one)
        return moment

    def clear(self) -> None:
        """Forget everything."""
        for one in self._slices:
            one.is_gone = True
        self._slices.clear()
        self._total = 0

    def _leaves_at(self, one: Slice) -> float:
        return (one.number + 1) * self._slice_s + self._span_s
