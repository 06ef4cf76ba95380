"""Put an attempt on record around a call that has no model's stream: embedding, reranking."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from holdfast.domain.attempts import CANCELLED, OK, Attempt
from holdfast.domain.calls import Deadline, Purpose
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """The item that calls of this task, and of those begun by it, are made for."""

    run: str
    case: str
    journal: list[Attempt]
    deadline: Deadline


_WORK: ContextVar[_Work | None] = ContextVar("work", default=None)


@contextmanager
def working_on(*, run: str, case: str, journal: list[Attempt], deadline: Deadline) -> Iterator[None]:
    """Put the attempts of calls within this block on a run's account, and end them with its deadline.

    Stages whose sockets pass no `Call` on (embedding, reranking) learn it from here.
    """
    token = _WORK.set(_Work(run=run, case=case, journal=journal, deadline=deadline))
    try:
        yield
    finally:
        _WORK.reset(token)


def sooner(deadline: Deadline) -> Deadline:
    """Return the deadline, or that of the item at hand where it comes first."""
    work = _WORK.get()
    return deadline if work is None or work.deadline.at > deadline.at else work.deadline


def attempt_at_hand() -> str:
    """Return the id of the attempt that this task makes, empty where none is on a run's account."""
    work = _WORK.get()
    return work.journal[-1].id if work and work.journal else ""


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
    work = _WORK.get()
    attempt = Attempt(
        id=uuid.uuid4().hex, at=datetime.now(UTC), workflow=account.workflow, run=work.run if work else "",
        stage=stage, purpose=purpose, case=work.case if work else "", cost_centre=account.cost_centre,
        version=account.version, model=model, number=number, is_hedge=False,
        usage=Usage(input_tokens=tokens), is_estimated=True,
    )  # fmt: skip
    await account.ledger.begin(attempt)
    journal = work.journal if work else []
    journal.append(attempt)
    began = time.monotonic()
    status, told = OK, ""
    try:
        yield
    except BaseException as error:
        status, told = _status_of(error), str(error)
        raise
    finally:
        took_ms = (time.monotonic() - began) * 1000
        ended = replace(attempt, status=status, error=told, took_ms=took_ms)
        journal[journal.index(attempt)] = ended
        await account.ledger.end(ended)


def _status_of(error: BaseException) -> str:
    if isinstance(error, ProviderError):
        return error.kind
    return CANCELLED if isinstance(error, asyncio.CancelledError | GeneratorExit) else _FAILED
