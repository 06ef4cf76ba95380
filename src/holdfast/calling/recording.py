"""Put an attempt on record around a call that has no model's stream: embedding, reranking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from holdfast.calling.accounts import Account
from holdfast.calling.tariffs import Tariff
from holdfast.domain.attempts import CANCELLED, OK
from holdfast.domain.calls import Call
from holdfast.domain.usage import Price, Usage
from holdfast.errors import DeadlineOver, ProviderError

_CHARACTERS_PER_TOKEN = 3
"""Sooner too many tokens than too few, for any tokenizer."""
_FAILED = ProviderError.kind


def estimated_tokens(texts: Iterable[str]) -> int:
    """Return about how many tokens the texts have, one at least for each."""
    return sum(1 + len(text) // _CHARACTERS_PER_TOKEN for text in texts)


@dataclass(slots=True)
class Recorded:
    """A call under way."""

    usage: Usage | None = None
    """What the endpoint says it used; None: it names nothing, and the estimate counts."""


@asynccontextmanager
async def on_record(
    account: Account | None, tariff: Tariff, call: Call, *, worst: Usage
) -> AsyncIterator[Recorded]:
    """Begin and end an attempt around one call; without an account nothing is put on record.

    `worst` is what the call may use, and is held back. It stays the estimate of an answer that names
    nothing, and of a call that was given up; one that the endpoint refused costs nothing. Raises
    PriceUnknown and BudgetExhausted before the call.
    """
    recorded = Recorded()
    if account is None:
        yield recorded
        return
    price = tariff.price(worst) if tariff.is_at_hand else await asyncio.to_thread(tariff.price, worst)
    held_back = account.held_back(price, call, tariff.name)
    attempt = replace(
        account.opened(call, tariff.name), usage=worst, is_estimated=True, reserved_usd=held_back
    )
    await account.ledger.begin(attempt)
    call.journal.append(attempt)
    began = time.monotonic()
    status, told = OK, ""
    try:
        yield recorded
    except BaseException as error:
        status, told = _status_of(error), str(error)
        raise
    finally:
        used, paid = _settled(status, recorded.usage, tariff, worst)
        ended = replace(
            attempt,
            status=status,
            error=told,
            took_ms=(time.monotonic() - began) * 1000,
            usage=used,
            is_estimated=used is worst,
            cost_usd=paid.usd if paid else None,
            priced_on=paid.on if paid else None,
        )
        call.journal[call.journal.index(attempt)] = ended
        await asyncio.shield(account.ledger.end(ended))


def _settled(status: str, named: Usage | None, tariff: Tariff, worst: Usage) -> tuple[Usage, Price | None]:
    """Return what a call used, with its price; the estimate where what was named has none of its own."""
    if named is not None and (price := tariff.price(named)) is not None:
        return named, price
    may_be_charged = named is not None or status in (OK, CANCELLED, DeadlineOver.kind)
    if not may_be_charged:
        return Usage(), Price(usd=0.0)
    price = tariff.price(worst)
    return (named, None) if named is not None and price is None else (worst, price)


def _status_of(error: BaseException) -> str:
    if isinstance(error, ProviderError):
        return error.kind
    return CANCELLED if isinstance(error, asyncio.CancelledError | GeneratorExit) else _FAILED
