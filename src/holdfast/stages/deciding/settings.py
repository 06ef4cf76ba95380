"""Settings of deciding: business rules, routes to people, thresholds."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from holdfast.settings import PartSettings, Settings, WrongAt
from holdfast.stages.deciding.expressions import parse


class RuleSettings(Settings):
    """One line of the table of business rules."""

    name: str = Field(min_length=1, max_length=80, description="Name, shown with the outcome.")
    when: str = Field(
        description="Condition, for example `any_word('injury', 'recall')`, `fields.amount > 10000` or "
        "`orders.status == 'blocked' and 'sales' not in groups`."
    )
    then: Literal["answer", "ask", "refuse", "escalate"] = Field(
        description="How the item ends when the condition holds: with `say` as a fixed answer, a question "
        "back or a refusal, or handed over to the people of route `to`."
    )
    to: str = Field(default="", description="For `escalate`: name of a route; empty takes `default_route`.")
    because: str = Field(min_length=1, max_length=400, description="The reason, in words for the reader.")
    say: str = Field(
        default="", max_length=2000, description="What the reader is told; empty takes the reason."
    )
    options: tuple[str, ...] = Field(default=(), description="For `ask`: answers to choose from.")

    @field_validator("when")
    @classmethod
    def _is_condition(cls, value: str) -> str:
        parse(value)
        return value


class RouteSettings(Settings):
    """People who take over."""

    contact: str = Field(default="", description="Address or name of who takes over.")
    purpose: str = Field(
        default="", max_length=200, description="What they are for, in a line, for who hands a question over."
    )


class DecidingSettings(PartSettings):
    """The `deciding` section of a declaration."""

    rules: tuple[RuleSettings, ...] = Field(
        default=(), description="Business rules, tried in this order before any model; the first that holds."
    )
    routes: dict[str, RouteSettings] = Field(default_factory=dict, description="Routes to people, by name.")
    default_route: str = Field(
        default="", description="Route of a hand-over that names none; empty takes the first route."
    )
    answer_at: float = Field(
        default=0.55,
        ge=0,
        le=1,
        description="Answerability from which the extractive answer is given; a model that "
        "writes judges for itself above `refuse_below`.",
    )
    refuse_below: float = Field(
        default=0.25, ge=0, le=1, description="Answerability below which the item is refused in any case."
    )
    support_at: float = Field(
        default=0.35, ge=0, le=1, description="Support that the weakest claim of an answer must have."
    )
    uncertain: Literal["refuse", "escalate"] = Field(
        default="refuse",
        description="What happens between `refuse_below` and `answer_at`, and to an answer that the "
        "passages do not support: refuse with the nearest sources, or hand over with the draft.",
    )
    unfilled: Literal["refuse", "escalate"] = Field(
        default="escalate",
        description="What happens to an item whose structured output (`output`) no model could fill: it is "
        "never answered as text.",
    )
    ask_about: tuple[str, ...] = Field(
        default=("product",),
        description="Declared keys to ask back about when the question names no value and the best "
        "passages hold for different ones.",
    )
    nearest: int = Field(default=3, ge=0, le=10, description="Nearest sources that a refusal shows.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.refuse_below > self.answer_at:
            raise WrongAt("refuse_below must not be above answer_at", ("refuse_below",))
        wanted: list[tuple[str, str, tuple[str | int, ...]]] = [
            (f"rule {rule.name!r}", rule.to, ("rules", number, "to"))
            for number, rule in enumerate(self.rules)
            if rule.to
        ]
        wanted += [("default_route", self.default_route, ("default_route",))] if self.default_route else []
        for who, route, place in wanted:
            if route not in self.routes:
                known = f"write one of {', '.join(self.routes)}, or declare" if self.routes else "declare"
                raise WrongAt(
                    f"{who} names the route {route!r}, which is not under routes", place,
                    move=f"{known} it under deciding.routes",
                )  # fmt: skip
        move = "write one under deciding.routes"
        for number, rule in enumerate(self.rules):
            if rule.then == "escalate" and not self.routes:
                what = f"rule {rule.name!r} escalates, but no route is declared"
                raise WrongAt(what, ("rules", number), move=move)
        if self.uncertain == "escalate" and not self.routes:
            raise WrongAt("`uncertain: escalate` needs a route", ("uncertain",), move=move)
        return self

    @property
    def last_route(self) -> str:
        """Return the route of a hand-over that names none."""
        return self.default_route or next(iter(self.routes), "")
