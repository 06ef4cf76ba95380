"""What tokens cost, where a price is known."""

from __future__ import annotations

from holdfast.domain.usage import Usage
from holdfast.stages.generation.provider_model import Endpoint

try:
    import genai_prices
except ImportError as error:
    raise ImportError("prices need an extra: pip install 'holdfast[providers]'") from error


def cost_of(usage: Usage, endpoint: Endpoint, *, model: str = "") -> float | None:
    """Return USD for these tokens, 0 for a model on this machine, None when no price is known.

    `model` is the id that the reply named, which may be more precise than the declared one. An address
    that is not the provider's own is looked up by the address alone: others sell under the same ids.
    """
    if endpoint.is_here:
        return 0.0
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cached_tokens,
    )
    for name in dict.fromkeys((model or endpoint.model, endpoint.model)):
        try:
            if endpoint.is_own:
                price = genai_prices.calc_price(counted, name, provider_id=endpoint.provider)
            else:
                price = genai_prices.calc_price(counted, name, provider_api_url=endpoint.base_url)
        except LookupError:
            continue
        return float(price.total_price)
    return None
