"""One attempt to get a reply from a provider, as the ledger keeps it."""

from __future__ import annotations

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
