"""One attempt to get a reply from a provider, as the ledger keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from holdfast.domain.usage import Usage

OPEN = "open"
"""The attempt has begun and its end is not on record."""
OK = "ok"
CACHED = "cached"
"""Answered by an earlier reply; nothing was sent."""
LOST = "lost"
"""The process ended before the call did; it counts with what was held back for it."""
CANCELLED = "cancelled"
"""Given up from our side: a hedge won, or whoever asked has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A ledger row: one try of one model, failed, hedged and cached ones too."""

    id: str
    at: datetime
    """When it began, UTC."""
    workflow: str
    run: str
    stage: str
    purpose: str
    case: str
    cost_centre: str
    version: str
    """Digest of the workflow's Version."""
    model: str
    """`provider:model` as declared."""
    number: int
    """Which try of the same request, from 1."""
    is_hedge: bool
    is_batch: bool = False
    """Whether it is part of a batch, at the batch's price."""
    status: str = OPEN
    """`open`, `ok`, `cached`, `cancelled`, `lost`, or the `kind` of the ProviderError that ended it."""
    error: str = ""
    returned_model: str = ""
    usage: Usage = Usage()
    is_estimated: bool = False
    """Whether the tokens are our estimate: the provider named none, as when an attempt failed midway."""
    reserved_usd: float = 0.0
    """Worst case, held back from the budgets until the cost is known."""
    cost_usd: float | None = None
    """None: not known, because it is open or the model has no price."""
    saved_usd: float = 0.0
    """What a cache spared: ours, or the provider's on the beginning of the prompt."""
    priced_on: date | None = None
    """Date of the price."""
    took_ms: float = 0.0
    first_token_ms: float | None = None


def cost_of(attempts: Iterable[Attempt]) -> float:
    """Return what attempts cost together in USD, those whose cost is not known with 0."""
    return sum(attempt.cost_usd or 0.0 for attempt in attempts)


def known_cost_of(attempts: Iterable[Attempt]) -> float | None:
    """Return what attempts cost together in USD, None when one that took anything has no known price."""
    made = list(attempts)
    if any(one.cost_usd is None and (one.status == OK or one.usage != Usage()) for one in made):
        return None
    return cost_of(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What attempts took together."""

    calls: int = 0
    usage: Usage = Usage()
    cost_usd: float | None = 0.0
    """None: one of them has no known price."""


def spending_of(attempts: Sequence[Attempt]) -> Spending:
    """Return what attempts took together."""
    is_priced = all(attempt.cost_usd is not None for attempt in attempts)
    cost_usd = cost_of(attempts) if is_priced else None
    return Spending(calls=len(attempts), usage=usage_of(attempts), cost_usd=cost_usd)


def usage_of(attempts: Iterable[Attempt]) -> Usage:
    """Return the tokens of attempts together."""
    used = [attempt.usage for attempt in attempts]
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in used),
        output_tokens=sum(usage.output_tokens for usage in used),
        cached_tokens=sum(usage.cached_tokens for usage in used),
        written_tokens=sum(usage.written_tokens for usage in used),
        searches=sum(usage.searches for usage in used),
    )
