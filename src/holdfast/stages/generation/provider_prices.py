"""What tokens of a provider's model cost, where a price is known."""

from __future__ import annotations

from dataclasses import replace

from holdfast.calling.declared_prices import declared_price
from holdfast.calling.listed_prices import listed_price
from holdfast.domain.usage import Price, Usage
from holdfast.stages.generation.provider_model import Endpoint

_LISTED_AS = {"bedrock": "aws", "google-cloud": "google", "xai": "x-ai"}
"""Names that the price list has for providers that pydantic-ai calls otherwise."""


def price_of(usage: Usage, endpoint: Endpoint, *, model: str = "") -> Price | None:
    """Return what these tokens cost, nothing for a model on this machine, None when no price is known.

    `model` is the id that the reply named, which may be more precise than the declared one. An address
    that is not the provider's own is looked up by the address alone. In a batch it is a share of that.
    """
    price, share = _whole_price(usage, endpoint, model), endpoint.price_share
    if price is None or share == 1.0:
        return price
    return replace(price, usd=price.usd * share, saved_usd=price.saved_usd * share)


def _whole_price(usage: Usage, endpoint: Endpoint, model: str) -> Price | None:
    if endpoint.price is not None:
        return declared_price(usage, endpoint.price)
    if endpoint.is_here:
        return Price(usd=0.0)
    if endpoint.provider == "pydantic-ai":
        whose, _, own = endpoint.model.partition(":")
        return listed_price(usage, (model or own, own), provider=_LISTED_AS.get(whose, whose))
    names = (model or endpoint.model, endpoint.model)
    if endpoint.is_own:
        return listed_price(usage, names, provider=endpoint.provider)
    return listed_price(usage, names, url=endpoint.base_url)
