"""What tokens cost, where a price is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from holdfast.calling.settings import PriceSettings
from holdfast.domain.usage import Price, Usage
from holdfast.stages.generation.provider_model import Endpoint

try:
    import genai_prices
    from genai_prices.types import PriceCalculation
except ImportError as error:
    raise ImportError("prices need an extra: pip install 'holdfast[providers]'") from error

_PER_TOKENS = 1_000_000
"""Declared prices are for a million tokens."""


def price_of(usage: Usage, endpoint: Endpoint, *, model: str = "") -> Price | None:
    """Return what these tokens cost, nothing for a model on this machine, None when no price is known.

    `model` is the id that the reply named, which may be more precise than the declared one. An address
    that is not the provider's own is looked up by the address alone: others sell under the same ids. In a
    batch it is a share of that.
    """
    price, share = _whole_price(usage, endpoint, model), endpoint.price_share
    if price is None or share == 1.0:
        return price
    return replace(price, usd=price.usd * share, saved_usd=price.saved_usd * share)


def _whole_price(usage: Usage, endpoint: Endpoint, model: str) -> Price | None:
    if endpoint.price is not None:
        return _declared(usage, endpoint.price)
    if endpoint.is_here:
        return Price(usd=0.0)
    for name in dict.fromkeys((model or endpoint.model, endpoint.model)):
        try:
            found = _looked_up(usage, endpoint, name)
            saved = 0.0
            if usage.cached_tokens or usage.written_tokens:
                uncached = _looked_up(replace(usage, cached_tokens=0, written_tokens=0), endpoint, name)
                saved = float(uncached.total_price - found.total_price)
        except LookupError:
            continue
        updated = found.auto_update_timestamp
        return Price(usd=float(found.total_price), saved_usd=saved, on=updated.date() if updated else None)
    return None


def _declared(usage: Usage, price: PriceSettings) -> Price:
    """Return the cost by a declared price; tokens that are put into a cache count as others do."""
    cached = price.input if price.cached is None else price.cached
    uncached = (usage.input_tokens - usage.cached_tokens) * price.input + usage.output_tokens * price.output
    usd = (uncached + usage.cached_tokens * cached) / _PER_TOKENS
    return Price(
        usd=usd,
        saved_usd=usage.cached_tokens * (price.input - cached) / _PER_TOKENS,
        on=date.fromisoformat(price.since) if price.since else None,
    )


def _looked_up(usage: Usage, endpoint: Endpoint, name: str) -> PriceCalculation:
    """Return the price list's answer; raise LookupError where it knows none."""
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.written_tokens,
    )
    if endpoint.is_own:
        return genai_prices.calc_price(counted, name, provider_id=endpoint.provider)
    return genai_prices.calc_price(counted, name, provider_api_url=endpoint.base_url)
