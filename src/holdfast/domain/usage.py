"""Tokens of a model call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one model call."""

    input_tokens: int = 0
    """All of the prompt, cached ones included."""
    output_tokens: int = 0
    cached_tokens: int = 0
    """Those of the prompt that the provider read from its own cache."""
    written_tokens: int = 0
    """Those of the prompt that the provider put into its own cache, at a price of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What tokens cost."""

    usd: float
    saved_usd: float = 0.0
    """What the provider's own cache spared."""
    on: date | None = None
    """Date of the price, where it is known."""
