"""The ladder of models: which rung is tried, and whose ruling counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Ruling
from holdfast.domain.prompts import Limits, Prompt
from holdfast.domain.rows import Facts
from holdfast.protocols import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What a rung's condition may read."""

    item: WorkItem
    facts: Facts
    prompt: Prompt
    cost_usd: float
    """What the item has cost so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder: a model, what it can take, and when it is asked."""

    model: Model
    limits: Limits
    suits: Callable[[Route], bool] | None = None
    """Whether it is tried for an item; None: always."""
    accept: float | None = None
    """Least confidence at which its answer ends the climb; None: any that the checks let through."""
    is_last_resort: bool = False
    """Whether it is tried only while no model's answer stands."""


def stands(ruling: Ruling, rung: Rung) -> bool:
    """Return whether the climb ends with this ruling."""
    if not ruling.final:
        return False
    outcome = ruling.outcome
    return rung.accept is None or not isinstance(outcome, Answer) or outcome.confidence >= rung.accept
