"""What is paid by the price list."""

from __future__ import annotations

from dataclasses import replace

from holdfast.domain.usage import Price, Usage

try:
    import genai_prices
    from genai_prices.types import PriceCalculation
except ImportError as error:
    raise ImportError("prices need an extra: pip install 'holdfast[providers]'") from error


def listed_price(usage: Usage, names: tuple[str, ...], *, provider: str = "", url: str = "") -> Price | None:
    """Return the cost by the first of the model's names that the list knows, None when it knows none.

    A model is looked up at its provider, or by the address alone: others sell under the same ids.
    """
    for name in dict.fromkeys(names):
        try:
            found = _looked_up(usage, name, provider, url)
            saved = 0.0
            if usage.cached_tokens or usage.written_tokens:
                uncached = _looked_up(replace(usage, cached_tokens=0, written_tokens=0), name, provider, url)
                saved = float(uncached.total_price - found.total_price)
        except LookupError:
            continue
        updated = found.auto_update_timestamp
        return Price(usd=float(found.total_price), saved_usd=saved, on=updated.date() if updated else None)
    return None


def _looked_up(usage: Usage, name: str, provider: str, url: str) -> PriceCalculation:
    """Return the price list's answer; raise LookupError where it knows none."""
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
        cache_write_tokens=usage.written_tokens,
    )
    if provider:
        return genai_prices.calc_price(counted, name, provider_id=provider)
    return genai_prices.calc_price(counted, name, provider_api_url=url)
