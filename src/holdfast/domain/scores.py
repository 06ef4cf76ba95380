"""What an evaluation says of a run: metrics with their unit and direction, a score each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["share", "count", "s", "USD", "characters", "points"]
"""What a value is counted in; a share lies between 0 and 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What a figure is, apart from any run."""

    name: str
    """As the declaration, the tables and the JSON name it: `facts_stated`."""
    unit: Unit
    higher_is_better: bool
    is_deterministic: bool = True
    """Whether the same run always gets the same score: a judge's does not."""
    margin: float = 0.0
    """How much worse does not matter, in the metric's unit; the declaration may say otherwise."""
    is_protective: bool = False
    """Whether each new failure of a single case is looked into: unsafe answers, permission cases."""
    says: str = ""
    """One line for a person: what it measures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric of one run."""

    metric: str
    value: float | None
    """In the metric's unit; None: not computed, for the reason in `why`. Never NaN."""
    why: str = ""
    """What was wrong with the run, for a person who fixes it; or why there is no value."""
