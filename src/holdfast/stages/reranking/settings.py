"""Settings of reranking: whether an endpoint orders the hits anew, and how many are kept."""

from __future__ import annotations

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from holdfast.calling.settings import BreakerSettings, LimitSettings
from holdfast.settings import PartSettings


class RerankingSettings(PartSettings):
    """The `reranking` section of a declaration."""

    url: str = Field(
        default="",
        description="Address of a rerank endpoint as Cohere and Jina have it (`.../v1/rerank`); empty: the "
        "fused order stays.",
    )
    model: str = Field(default="", description="Model id that the endpoint is asked for.")
    key_env: str = Field(
        default="",
        description="Environment variable (or, with `_FILE`, file) that holds the key; empty: no key.",
    )
    candidates: int = Field(default=50, ge=1, le=1000, description="Best hits that are sent to the endpoint.")
    keep: int = Field(default=50, ge=1, le=1000, description="Hits kept at most.")
    deadline_s: float = Field(
        default=5.0,
        gt=0,
        le=60,
        description="Seconds that all tries together have; then the fused order stays.",
    )
    tries: int = Field(default=2, ge=1, le=5, description="Tries at most while the endpoint is unavailable.")
    breaker: BreakerSettings = Field(
        default=BreakerSettings(), description="When an endpoint that keeps failing is left alone."
    )
    limits: LimitSettings = Field(
        default=LimitSettings(), description="What may be asked of the endpoint at a time."
    )

    @field_validator("url")
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
        if self.url and not self.model:
            raise ValueError("`url` needs `model`")
        return self
