"""Tell whether a rung of the ladder is tried for an item, and how an item ends that a budget stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Escalation, Outcome, Refusal
from holdfast.domain.rows import Facts, Row
from holdfast.stages.deciding.decider import HANDED_OVER
from holdfast.stages.deciding.evaluating import holds, situation_of
from holdfast.stages.deciding.expressions import ROUTE, parse
from holdfast.stages.deciding.settings import DecidingSettings

NOT_NOW = "This cannot be answered now: what answering may cost is used up."

Condition = Callable[[WorkItem, Facts, int, float], bool]
"""Whether a rung suits: by item, rows, tokens of its prompt, and what the item has cost so far in USD."""


def condition_of(text: str, *, language_of: Callable[[str], str]) -> Condition:
    """Return the condition of a rung; raise ValueError in words.

    `language_of` is only asked by a condition that reads the language.
    """
    condition = parse(text)
    reads_language = f"{ROUTE}.language" in text

    def suits(item: WorkItem, facts: Facts, tokens: int, cost_usd: float) -> bool:
        values = {"tokens": f"{tokens}", "cost_usd": f"{cost_usd:f}"}
        if reads_language:
            values["language"] = language_of(item.question)
        route = Row(lookup=ROUTE, values=values)
        return holds(condition, situation_of(item, Facts(rows=(*facts.rows, route))))

    return suits


def stopped_by_budget(
    settings: DecidingSettings, at_limit: Literal["degrade", "escalate", "refuse"], why: str
) -> Outcome | None:
    """Return how an item ends that a budget stops; None: the next rung is tried."""
    if at_limit == "refuse":
        return Refusal(text=NOT_NOW, reason=why)
    if at_limit == "degrade":
        return None
    route = settings.last_route
    declared = settings.routes.get(route)
    return Escalation(text=HANDED_OVER, reason=why, route=route, contact=declared.contact if declared else "")
