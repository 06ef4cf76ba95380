"""What calls of an embedding or reranking endpoint cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from holdfast.calling.addresses import is_here
from holdfast.calling.declared_prices import declared_price
from holdfast.calling.settings import PriceSettings
from holdfast.domain.usage import Price, Usage
from holdfast.loading import load

_LIST = "holdfast.calling.listed_prices:listed_price"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The price of one model at one address."""

    url: str
    model: str
    declared: PriceSettings | None = None
    """As holdfast.yaml has it, before that of the price list."""

    @property
    def name(self) -> str:
        """Return `host:model`, by which the ledger and the declared prices know it."""
        return _name(self.url, self.model)

    @property
    def is_at_hand(self) -> bool:
        """Return whether the price is known without the price list, whose import takes .2 s."""
        return self.declared is not None or is_here(self.url)

    def price(self, usage: Usage) -> Price | None:
        """Return what this use costs, nothing on this machine, None when no price is known."""
        if usage == Usage():
            return Price(usd=0.0)
        if self.declared is not None:
            return declared_price(usage, self.declared)
        if is_here(self.url):
            return Price(usd=0.0)
        if usage.searches:
            return None  # the list knows tokens only
        try:
            listed: Callable[..., Price | None] = load(_LIST)
        except ImportError:
            return None  # without the extra, the declared prices are all there are
        return listed(usage, (self.model,), url=self.url)


def tariff_of(url: str, model: str, prices: Mapping[str, PriceSettings]) -> Tariff:
    """Return the tariff of a model at an address; `prices` are the declared ones by name."""
    return Tariff(url=url, model=model, declared=prices.get(_name(url, model)))


def _name(url: str, model: str) -> str:
    return f"{urlsplit(url).hostname or url}:{model}"


def used_by(reply: Any) -> Usage | None:
    """Return what an endpoint's reply says it used, None where it says nothing.

    OpenAI and Jina name tokens (`usage.total_tokens`), Cohere the units that it bills (`meta.billed_units`).
    """
    if not isinstance(reply, dict):
        return None
    tokens = _count(_inner(reply, "usage"), "total_tokens", "prompt_tokens")
    billed = _inner(_inner(reply, "meta"), "billed_units")
    tokens = tokens or _count(billed, "input_tokens")
    searches = _count(billed, "search_units")
    return Usage(input_tokens=tokens, searches=searches) if tokens or searches else None


def _inner(found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = found.get(key)
    return inner if isinstance(inner, dict) else {}


def _count(found: Mapping[str, Any], *keys: str) -> int:
    """Return the first of the counts that is one."""
    counts = (found.get(key) for key in keys)
    return next((int(one) for one in counts if isinstance(one, int | float) and one > 0), 0)
