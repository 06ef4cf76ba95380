"""Give up a call that stays silent while there is still time for another route."""

from __future__ import annotations

from collections.abc import AsyncIterator

from holdfast.calling.waits import Waits
from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt
from holdfast.domain.streams import closing
from holdfast.domain.usage import Price, Usage
from holdfast.errors import ProviderSlow, ProviderUnavailable
from holdfast.stages.generation.ledger import PricedModel


class PatientModel:
    """Waits for each piece no longer than declared, or than its share of the time where a rung follows.

    A total deadline alone would leave nothing to the next rung when a provider stalls; keep-alive pings
    are no pieces, so they do not prolong the wait.
    """

    def __init__(self, inner: PricedModel, *, patience_s: float | None, rungs_behind: int) -> None:
        """Take the rung's `patience_s`, and how many rungs with a model follow it."""
        self.name = inner.name
        self._inner = inner
        self._patience_s = patience_s
        self._behind = rungs_behind

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield what the model yields.

        Raises ProviderSlow, which sends the item to the next rung, or ProviderUnavailable, which is worth
        another try, when no rung follows.
        """
        if self._patience_s is None and not self._behind:
            async with closing(self._inner.generate(prompt, call)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        limit_s, waits = self._limit_s(call), Waits()
        try:
            async with closing(self._inner.generate(prompt, call)) as pieces:
                waited = aiter(pieces)
                while True:
                    try:
                        found = await waits.next(anext(waited, None), limit_s)
                    except TimeoutError:
                        if not waits.has_rung:
                            raise
                        raise self._slow(limit_s, call) from None
                    if found is None:
                        return
                    yield found
        finally:
            waits.close()

    async def priced(self, usage: Usage, *, model: str = "") -> Price | None:
        """Return what these tokens cost, or None when no price is known."""
        return await self._inner.priced(usage, model=model)

    def _limit_s(self, call: Call) -> float:
        if self._patience_s is not None:
            return self._patience_s
        return call.deadline.left_s / (1 + self._behind)

    def _slow(self, limit_s: float, call: Call) -> ProviderUnavailable:
        kind = ProviderSlow if self._behind else ProviderUnavailable
        error = kind(
            f"{self.name} was silent for {limit_s:.1f} s",
            stage=call.stage,
            move="See the provider's status, or raise the rung's patience_s or generation.deadline_s",
        )
        error.may_be_paid = True
        return error
