"""The part of a declaration that is about people: who answers for the work, what it is, what it costs."""

from __future__ import annotations

from pydantic import Field

from holdfast.settings import Settings


class Owner(Settings):
    """The `owner` of a workflow: who answers for it."""

    name: str = Field(default="", description="Person or team that answers for this workflow.")
    contact: str = Field(default="", description="Where they are reached: a mail address, a channel.")


class Charter(Settings):
    """The `charter` of a workflow: the work it takes on, and what that work costs today."""

    task: str = Field(default="", description="The narrow, repeated piece of work, in a sentence.")
    people: str = Field(default="", description="Who does it, and for whom.")
    inputs: tuple[str, ...] = Field(default=(), description="What an item brings.")
    systems: tuple[str, ...] = Field(default=(), description="Where the knowledge lies.")
    decisions: tuple[str, ...] = Field(default=(), description="What may be decided, and what never.")
    volume_per_month: float | None = Field(default=None, ge=0, description="Items in a month.")
    minutes_per_case: float | None = Field(
        default=None, ge=0, description="Minutes that a person needs for one item today."
    )
    cost_per_hour: float | None = Field(
        default=None, ge=0, description="What an hour of that person costs, in your currency."
    )
    expensive_mistakes: tuple[str, ...] = Field(default=(), description="What must not go wrong.")
    measure: str = Field(default="", description="How you would tell that it works.")
