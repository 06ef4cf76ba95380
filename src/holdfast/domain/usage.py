"""What a call to a provider used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call used."""

    input_tokens: int = 0
    """All of the prompt, cached ones included."""
    output_tokens: int = 0
    cached_tokens: int = 0
    """Those of the prompt that the provider read from its own cache."""
    written_tokens: int = 0
    """Those of the prompt that the provider put into its own cache, at a price of their own."""
    searches: int = 0
    """Of a reranker that counts them; 0 where it counts tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What tokens cost."""

    usd: float
    saved_usd: float = 0.0
    """What the provider's own cache spared."""
    on: date | None = None
    """Date of the price, where it is known."""
