"""Settings of generation: which models are tried, in which order, for how long and how much."""

from __future__ import annotations

from typing import Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from holdfast.calling.settings import (
    BatchSettings,
    BreakerSettings,
    HedgeSettings,
    LimitSettings,
    RetrySettings,
)
from holdfast.settings import PartSettings, Settings

Protocol = Literal["openai", "anthropic", "ollama", "pydantic-ai"]
PROTOCOLS: tuple[str, ...] = get_args(Protocol)


class RungSettings(PartSettings):
    """One model of the ladder; `use` puts a part of your own here instead of a provider's model."""

    provider: Protocol = Field(
        default="openai",
        description="Protocol to speak: `openai` is any endpoint with OpenAI's chat completions "
        "(vLLM, Azure, gateways: set `base_url`), `ollama` the same on this machine, `pydantic-ai` any other "
        "that pydantic-ai has a model for.",
    )
    model: str = Field(
        default="",
        description="Model id as the provider names it; for `pydantic-ai` with whose it is: "
        "`google:gemini-3-pro`.",
    )
    base_url: str = Field(
        default="", description="Address of the endpoint up to `/v1`; empty takes the provider's own."
    )
    key_env: str = Field(
        default="",
        description="Environment variable that holds the key (or, with `_FILE` behind its name, the path "
        "of a file that does); empty takes the provider's usual one.",
    )
    context_tokens: int | None = Field(
        default=None,
        ge=512,
        description="Window of the model, prompt and reply together; empty takes the known one, "
        "else 8,192 (4,096 for Ollama).",
    )
    output_tokens: int = Field(default=1024, ge=16, description="Tokens that a reply has at most.")
    temperature: float | None = Field(
        default=0.0, ge=0, le=2, description="Randomness; not sent to models that refuse the parameter."
    )
    stream: bool = Field(default=True, description="Take the reply piece by piece as it is written.")
    when: str = Field(
        default="",
        description="When this rung is tried, as in `deciding.rules`; empty: always.",
    )
    accept: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Least confidence at which an answer of this rung stands (a cascade); below it the next "
        "rung is asked as well. Empty: every answer that the checks let through.",
    )
    patience_s: float | None = Field(
        default=None,
        gt=0,
        description="Seconds without a piece of the reply after which the next rung is tried; empty: an "
        "equal share of the time left where a rung with a model follows, else the deadline.",
    )
    may_see: tuple[str, ...] | None = Field(
        default=None,
        description="Groups whose documents this provider may be sent; a prompt with any other goes to the "
        "next rung. Empty: all.",
    )
    limits: LimitSettings | None = Field(
        default=None, description="What may be asked of it at a time; empty: as holdfast.yaml says."
    )

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("must begin with http:// or https:// and name a host")
        if parts.username or parts.password:
            raise ValueError("must not hold a user or password; name the key's variable in key_env")
        return value

    @model_validator(mode="after")
    def _names_a_model(self) -> Self:
        if not self.use and not self.model:
            raise ValueError("a rung needs `model` (or `use`)")
        if self.context_tokens is not None and self.output_tokens >= self.context_tokens:
            raise ValueError("output_tokens must be smaller than context_tokens")
        if self.provider == "pydantic-ai" and not self.use:
            if ":" not in self.model:
                raise ValueError("`model` must say whose it is, such as `google:gemini-3-pro`")
            if self.base_url or self.key_env:
                raise ValueError(
                    "the provider's own client reads key and address from its own variables: leave out "
                    "base_url and key_env"
                )
        return self

    @property
    def name(self) -> str:
        """Return `provider:model`, or what `use` names."""
        return self.use or f"{self.provider}:{self.model}"


class BudgetSettings(Settings):
    """What model calls may cost."""

    per_run_usd: float | None = Field(
        default=None, ge=0, description="Most that one item may cost; empty: no limit."
    )
    per_day_usd: float | None = Field(
        default=None, ge=0, description="Most that the workflow may cost a day (UTC); empty: no limit."
    )
    at_limit: Literal["degrade", "escalate", "refuse"] = Field(
        default="degrade",
        description="What happens to an item that a budget stops: the next rung and at last the extractive "
        "answerer (`degrade`), a person, or a refusal.",
    )


class GenerationSettings(Settings):
    """The `generation` section of a declaration."""

    rungs: tuple[RungSettings, ...] = Field(
        default=(), description="Models, tried in this order; the next one when one is unavailable."
    )
    extractive: bool = Field(
        default=True, description="Quote the best sentences, without a model, when no rung answers."
    )
    deadline_s: float = Field(
        default=30.0, gt=0, le=600, description="Seconds within which an item must be answered."
    )
    retry: RetrySettings = Field(default=RetrySettings(), description="When a failed call is tried again.")
    breaker: BreakerSettings = Field(
        default=BreakerSettings(), description="When a model that keeps failing is left alone."
    )
    hedge: HedgeSettings = Field(
        default=HedgeSettings(), description="Whether a slow call gets a second one beside it."
    )
    batch: BatchSettings = Field(
        default=BatchSettings(), description="How `ask --file --batch` uses a provider's batch interface."
    )
    cache_s: float = Field(
        default=0.0,
        ge=0,
        description="Seconds for which the reply to an identical prompt is taken again; 0: never.",
    )
    cost_centre: str = Field(default="", description="Who pays, for the ledger and for budgets.")
    budget: BudgetSettings = Field(default=BudgetSettings(), description="What model calls may cost.")
