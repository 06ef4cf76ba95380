"""Settings of what every call to a provider goes through."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from holdfast.settings import Settings


class RetrySettings(Settings):
    """When a failed call is tried again."""

    tries: int = Field(default=3, ge=1, le=10, description="Calls of one model for one reply at most.")
    extra_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Extra calls (retries and hedges) at most, as a share of the calls of the last ten "
        "minutes; ten are free.",
    )
    first_wait_s: float = Field(
        default=0.25,
        ge=0,
        description="Wait before the second try, doubled for each further one; jittered.",
    )
    longest_wait_s: float = Field(
        default=8.0,
        gt=0,
        description="Longest wait of our own; a provider's Retry-After counts up to the deadline.",
    )


class BreakerSettings(Settings):
    """When a provider that keeps failing is left alone."""

    failing_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of failed calls in the window that opens the breaker."
    )
    calls_at_least: int = Field(
        default=10, ge=1, description="Calls in the window below which the breaker stays closed."
    )
    window_s: float = Field(default=30.0, gt=0, description="Seconds that are looked back on.")
    rest_s: float = Field(
        default=5.0, gt=0, description="Seconds until one call probes again, doubled while probes fail."
    )
    longest_rest_s: float = Field(default=60.0, gt=0, description="Longest such rest.")


class HedgeSettings(Settings):
    """A second call beside one that is slow to begin; the first to begin counts, the other is given up."""

    on: bool = Field(default=False, description="Whether slow calls are hedged; costs extra calls.")
    after_s: float | None = Field(
        default=None,
        gt=0,
        description="Wait for the first piece before the second call; empty: the p95 of the last 200.",
    )


class LimitSettings(Settings):
    """What may be asked of one provider or model at a time; no entry, no limit."""

    requests_per_minute: int | None = Field(default=None, ge=1, description="Requests a minute.")
    tokens_per_minute: int | None = Field(
        default=None, ge=1, description="Tokens a minute, of prompts and the most that replies may have."
    )
    at_once: int | None = Field(default=None, ge=1, description="Calls at the same time.")
    queue: int = Field(
        default=1000, ge=0, description="Calls that may wait for their turn; further ones are told `busy`."
    )


class PriceSettings(Settings):
    """The price of a model that the price list does not know or has wrong."""

    input: float | None = Field(
        default=None, ge=0, description="USD per million tokens of the prompt, or of what is embedded."
    )
    output: float | None = Field(
        default=None, ge=0, description="USD per million tokens of the reply; a model that writes needs it."
    )
    cached: float | None = Field(
        default=None,
        ge=0,
        description="USD per million tokens read from the provider's cache; empty: `input`.",
    )
    cache_write: float | None = Field(
        default=None,
        ge=0,
        description="USD per million tokens put into the provider's cache; empty: `input`.",
    )
    searches: float | None = Field(
        default=None,
        ge=0,
        description="USD per thousand searches of a reranker that is paid by them, not by tokens.",
    )
    since: str = Field(default="", description="Date of the price, YYYY-MM-DD.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.since:
            date.fromisoformat(self.since)
        if self.input is None and self.searches is None:
            raise ValueError("needs `input` (USD per million tokens) or `searches` (USD per thousand)")
        return self


class CostCentreSettings(Settings):
    """What one cost centre may spend."""

    per_day_usd: float = Field(ge=0, description="Most that its workflows may cost a day (UTC), together.")


class BatchSettings(Settings):
    """How many items at once are sent as batches, with `ask --file --batch`."""

    size: int = Field(default=2_000, ge=1, le=50_000, description="Requests of one batch at most.")
    items_at_once: int = Field(
        default=5_000,
        ge=1,
        le=100_000,
        description="Items that wait for batches at the same time; each takes about 0.2 MB until it is "
        "answered.",
    )
    deadline_s: float = Field(
        default=90_000.0,
        gt=0,
        le=604_800,
        description="Seconds within which an item must be answered; providers take up to 24 hours.",
    )
    poll_s: float = Field(
        default=30.0, ge=0.01, le=3_600, description="Wait between two questions of how far a batch is."
    )
    price_share: float = Field(
        default=0.5, gt=0, le=1, description="Share of its price that a call costs in a batch."
    )
    otherwise: Literal["single", "fail"] = Field(
        default="single",
        description="What becomes of a request that its batch did not answer: a call of its own at its full "
        "price, or the next rung (`fail`).",
    )
