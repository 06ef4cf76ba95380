"""The `evaluation` section of a declaration: what runs are scored by."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from holdfast.settings import PartSettings, Settings


class MetricSettings(Settings):
    """What the gate makes of one metric."""

    margin: float | None = Field(
        default=None,
        ge=0,
        description="How much worse does not matter, in the metric's unit; left out: its own.",
    )
    when_unclear: Literal["pass", "warn", "fail"] | None = Field(
        default=None,
        description="What `unclear` does to the gate; left out: `warn`, `fail` for harm not checked.",
    )


class EvaluatorSettings(PartSettings):
    """An evaluator of your own."""


class JudgeSettings(Settings):
    """A yes/no question that a model answers about each run."""

    name: str = Field(min_length=1, max_length=60, description="Name of its metric.")
    asks: str = Field(min_length=1, max_length=2000, description="The question; yes is good.")
    model: str = Field(min_length=1, description="`provider:model`, as under generation.")
    budget_usd: float | None = Field(
        default=1.0, ge=0, description="What one evaluation may spend on it; beyond it runs are *not run*."
    )
    timeout_s: float = Field(default=60.0, gt=0, description="Seconds after which a reply no longer counts.")
    labels: str = Field(
        default="", description="JSON-lines file of people's labels: {question, answer, label[, passages]}."
    )
    agreement: float = Field(
        default=0.6, ge=-1, le=1,
        description="Cohen's kappa with the labels that its interval's lower end has to reach before the "
        "judge decides a gate; until then its metric is shown only.",
    )  # fmt: skip


class OnlineSettings(Settings):
    """Scores of production runs."""

    share: float = Field(
        default=0.0, ge=0, le=1, description="Share of runs that are scored after they ended; 0 scores none."
    )
    judges: bool = Field(default=False, description="Whether judges score them too, which costs.")


class EvaluationSettings(Settings):
    """The `evaluation` section of a declaration."""

    hits: int = Field(default=10, ge=1, le=1000, description="Hits that recall, MRR and nDCG look at.")
    supported_at: float = Field(
        default=0.35,
        ge=0,
        le=1,
        description="Support from which a claim counts as supported by its passages.",
    )
    patience_s: float = Field(
        default=60.0, ge=0, le=86_400,
        description="Seconds that golden cases wait for a provider that is down, left alone by its breaker, "
        "or over its rate limit, before they are *not run*; 0 waits for none.",
    )  # fmt: skip
    leave_out: tuple[str, ...] = Field(default=(), description="Metrics that are neither computed nor shown.")
    metrics: dict[str, MetricSettings] = Field(
        default_factory=dict, description="What the gate makes of a metric, by its name."
    )
    evaluators: tuple[EvaluatorSettings, ...] = Field(
        default=(), description="Evaluators of your own: `use: module:name` or an installed plug-in."
    )
    judges: tuple[JudgeSettings, ...] = Field(default=(), description="Questions that a model answers.")
    online: OnlineSettings = Field(default=OnlineSettings(), description="Scores of production runs.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        names = [judge.name for judge in self.judges]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError(f"two judges are named {twice!r}")
        if any(not one.use for one in self.evaluators):
            raise ValueError("an evaluator under `evaluators` names no `use`")
        return self
