"""Put an attempt on record around a call that has no model's stream: embedding, reranking."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from holdfast.domain.attempts import CANCELLED, OK, Attempt
from holdfast.domain.calls import Purpose
from holdfast.domain.usage import Usage
from holdfast.errors import ProviderError
from holdfast.protocols import Ledger

_CHARACTERS_PER_TOKEN = 3
"""Sooner too many tokens than too few, for any tokenizer."""
_FAILED = ProviderError.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where a workflow's attempts are put on record, and for whom."""

    ledger: Ledger
    workflow: str = ""
    version: str = ""
    cost_centre: str = ""


def estimated_tokens(texts: Iterable[str]) -> int:
    """Return about how many tokens the texts have, one at least for each."""
    return sum(1 + len(text) // _CHARACTERS_PER_TOKEN for text in texts)


@asynccontextmanager
async def on_record(
    account: Account | None, *, stage: str, purpose: Purpose, model: str, number: int, tokens: int
) -> AsyncIterator[None]:
    """Begin and end an attempt around one call; without an account nothing is put on record.

    Its tokens are estimated, and its cost is not known. Raises BudgetExhausted, before the call, where the
    ledger does.
    """
    if account is None:
        yield
        return
    attempt = Attempt(
        id=uuid.uuid4().hex, at=datetime.now(UTC), workflow=account.workflow, run="", stage=stage,
        purpose=purpose, case="", cost_centre=account.cost_centre, version=account.version, model=model,
        number=number, is_hedge=False, usage=Usage(input_tokens=tokens), is_estimated=True,
    )  # fmt: skip
    await account.ledger.begin(attempt)
    began = time.monotonic()
    status, told = OK, ""
    try:
        yield
    except BaseException as error:
        status, told = _status_of(error), str(error)
        raise
    finally:
        took_ms = (time.monotonic() - began) * 1000
        await account.ledger.end(replace(attempt, status=status, error=told, took_ms=took_ms))


def _status_of(error: BaseException) -> str:
    if isinstance(error, ProviderError):
        return error.kind
    return CANCELLED if isinstance(error, asyncio.CancelledError | GeneratorExit) else _FAILED
