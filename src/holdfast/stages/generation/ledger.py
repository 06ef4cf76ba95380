"""Put every attempt on record: who, what for, how it ended, how long it took, what it cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

from holdfast.calling.accounts import Account
from holdfast.domain.attempts import CANCELLED, OK, Attempt
from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt, Reply
from holdfast.domain.stages import Stage
from holdfast.domain.streams import closing
from holdfast.domain.usage import Price, Usage
from holdfast.errors import BudgetExhausted, DeadlineOver, ProviderError, ReplyMalformed

_CHARS_PER_TOKEN = 4
"""Rule of thumb for what a provider has written when it never says how much."""
_ERROR_CHARS = 300


class PricedModel(Protocol):
    """A Model that knows what its calls cost."""

    name: str

    def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield the text in pieces and, last, the complete Reply; raise ProviderError."""
        ...

    async def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known; raise ProviderError."""
        ...


class LedgerModel:
    """Leaves a row in the ledger for each attempt, and makes none that a budget does not cover."""

    def __init__(self, inner: PricedModel, account: Account) -> None:
        self.name = inner.name
        self._inner = inner
        self._ledger = account.ledger
        self._account = account

    async def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what the model says these tokens cost."""
        return await self._inner.priced(usage, model=model)

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield what the model yields.

        Raises BudgetExhausted, PriceUnknown and DeadlineOver before anything is sent.
        """
        if call.deadline.is_over:
            raise DeadlineOver(
                f"{self.name} was not asked: the deadline is over",
                stage=Stage.GENERATION,
                move="Try again, or raise generation.deadline_s",
            )
        entry = _Entry(await self._opened(prompt, call), call)
        text, reply = "", None
        try:
            await self._ledger.begin(entry.attempt)
            async with closing(self._inner.generate(prompt, call)) as pieces:
                async for piece in pieces:
                    entry.saw_a_token()
                    if isinstance(piece, Reply):
                        reply = piece
                        break
                    text += piece if isinstance(piece, str) else ""
                    yield piece
        except BudgetExhausted:
            entry.forget()
            raise
        except ProviderError as error:
            usage = error.paid if isinstance(error.paid, Usage) else None
            await self._end(
                entry, error.kind, prompt, text, usage=usage, is_charged=error.may_be_paid, error=error.what
            )
            raise
        except BaseException as stopped:  # whoever asked has left, or something broke: it is on record too
            is_ours = isinstance(stopped, (asyncio.CancelledError, GeneratorExit))
            told = "" if is_ours else f"{type(stopped).__name__}: {stopped}"
            await asyncio.shield(
                self._end(entry, CANCELLED if is_ours else ProviderError.kind, prompt, text, error=told)
            )
            raise
        if reply is None:
            await self._end(entry, ReplyMalformed.kind, prompt, text, error="ended without a reply")
            return
        await self._end(entry, OK, prompt, reply.text, usage=reply.usage, returned_model=reply.returned_model)
        yield replace(reply, cost_usd=entry.attempt.cost_usd or 0.0)

    async def _opened(self, prompt: Prompt, call: Call) -> Attempt:
        """Return the attempt with its worst case held back; raise what stops it."""
        worst = Usage(input_tokens=prompt.tokens, output_tokens=prompt.output_tokens)
        most = self._account.held_back(await self._inner.priced(worst), call, self.name)
        return replace(self._account.opened(call, self.name), reserved_usd=most)

    async def _end(
        self,
        entry: _Entry,
        status: str,
        prompt: Prompt,
        text: str,
        *,
        usage: Usage | None = None,
        is_charged: bool = False,
        returned_model: str = "",
        cost_usd: float = 0.0,
        error: str = "",
    ) -> None:
        """Put the end on record; tokens that the provider did not name are estimated."""
        estimated = usage is None
        if usage is None:
            # A provider that wrote, or was cut off while it may have been writing, has read the prompt.
            is_charged = is_charged or bool(text) or status in (CANCELLED, DeadlineOver.kind)
            usage = Usage(
                input_tokens=prompt.tokens if is_charged else 0,
                output_tokens=-(-len(text) // _CHARS_PER_TOKEN),
            )
        price = await self._inner.priced(usage, model=returned_model)
        entry.end(
            status=status,
            error=error[:_ERROR_CHARS],
            usage=usage,
            is_estimated=estimated and bool(usage.input_tokens or usage.output_tokens),
            returned_model=returned_model,
            cost_usd=cost_usd or (price.usd if price else None),
            saved_usd=price.saved_usd if price else 0.0,
            priced_on=price.on if price else None,
        )
        await self._ledger.end(entry.attempt)


class _Entry:
    """An attempt under way, kept current in the run's journal."""

    def __init__(self, attempt: Attempt, call: Call) -> None:
        self.attempt = attempt
        self._journal = call.journal
        self._journal.append(attempt)
        self._began = time.perf_counter()
        self._first_token_ms: float | None = None

    def saw_a_token(self) -> None:
        """Note the time of the first piece."""
        if self._first_token_ms is None:
            self._first_token_ms = (time.perf_counter() - self._began) * 1000

    def end(self, **ending: object) -> None:
        """Put down how it ended."""
        took_ms = (time.perf_counter() - self._began) * 1000
        ended = replace(
            self.attempt,
            took_ms=took_ms,
            first_token_ms=self._first_token_ms,
            **ending,  # type: ignore[arg-type]
        )
        self._journal[self._journal.index(self.attempt)] = ended
        self.attempt = ended

    def forget(self) -> None:
        """Take out of the journal what was never made."""
        self._journal.remove(self.attempt)
