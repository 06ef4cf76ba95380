"""Write scores: one with its fault, one without a value."""

from __future__ import annotations

import math

from holdfast.domain.scores import Metric, Score


def score(metric: Metric, value: float, why: str = "") -> Score:
    """Return a score; a value that is no number becomes None, with that as the reason."""
    if not math.isfinite(value):
        return missing(metric, f"it came out as {value}")
    return Score(metric=metric.name, value=float(value), why=why)


def holds(metric: Metric, *, is_so: bool, why: str) -> Score:
    """Return 1 where it is so, else 0 with the reason."""
    return Score(metric=metric.name, value=float(is_so), why="" if is_so else why)


def share(metric: Metric, faults: dict[str, str], of: int) -> Score:
    """Return the share without a fault, with the faults by their names; `of` is above 0."""
    why = "; ".join(f"{name}: {what}" if what else name for name, what in faults.items())
    return score(metric, 1 - len(faults) / of, why)


def missing(metric: Metric, why: str) -> Score:
    """Return a score without a value."""
    return Score(metric=metric.name, value=None, why=why)


def shortened(text: str, most: int = 80) -> str:
    """Return the text in one line, cut where it is longer."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 3]}..."
