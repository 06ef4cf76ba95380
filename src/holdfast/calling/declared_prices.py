"""What is paid by a price that holdfast.yaml declares."""

from __future__ import annotations

from datetime import date

from holdfast.calling.settings import PriceSettings
from holdfast.domain.usage import Price, Usage

_PER_TOKENS = 1_000_000
"""Declared prices are for a million tokens."""
_PER_SEARCHES = 1_000


def declared_price(usage: Usage, price: PriceSettings) -> Price | None:
    """Return the cost by a declared price; None where it says nothing of something that was used."""
    if price.searches is not None and usage.searches:
        return Price(usd=usage.searches * price.searches / _PER_SEARCHES, on=_since(price))
    counts_tokens = usage.input_tokens or not usage.searches
    if price.input is None or not counts_tokens or (usage.output_tokens and price.output is None):
        return None
    cached = price.input if price.cached is None else price.cached
    written = price.input if price.cache_write is None else price.cache_write
    plain = usage.input_tokens - usage.cached_tokens - usage.written_tokens
    usd = plain * price.input + usage.cached_tokens * cached + usage.written_tokens * written
    saved = usage.cached_tokens * (price.input - cached) - usage.written_tokens * (written - price.input)
    return Price(
        usd=(usd + usage.output_tokens * (price.output or 0.0)) / _PER_TOKENS,
        saved_usd=saved / _PER_TOKENS,
        on=_since(price),
    )


def _since(price: PriceSettings) -> date | None:
    return date.fromisoformat(price.since) if price.since else None
