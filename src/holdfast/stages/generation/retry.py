"""Call a model again when it failed and another try may help."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

from holdfast.calling.retrying import RetryBudget, Sleep, Tries
from holdfast.calling.settings import RetrySettings
from holdfast.domain.calls import Call
from holdfast.domain.prompts import Piece, Prompt, Reply, Restart
from holdfast.errors import ProviderUnavailable
from holdfast.protocols import Model
from holdfast.stages.generation.whole import whole


class RetryModel:
    """Numbers the tries of a request; a listener that had seen pieces of a failed one gets a Restart."""

    def __init__(
        self,
        inner: Model,
        settings: RetrySettings,
        budget: RetryBudget,
        *,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = inner.name
        self._inner = inner
        self._settings = settings
        self._budget = budget
        self._sleep = sleep
        self._jitter = jitter

    async def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield the pieces of one try after the other, the Reply last; raise the last try's error."""
        if not call.is_hedge:  # a hedge was taken from the budget by who made it
            self._budget.called()
        tries = Tries(self._settings, self._budget, call.deadline, jitter=self._jitter)
        while True:
            has_begun = False
            try:
                async with aclosing(whole(self._inner, prompt, call)) as pieces:
                    async for piece in pieces:
                        yield piece
                        if isinstance(piece, Reply):
                            return
                        has_begun = has_begun or not isinstance(piece, Restart)
            except ProviderUnavailable as error:
                if (wait := tries.wait_after(error)) is None:
                    raise
                wait_s, reason = wait, error.what
            if has_begun:
                yield Restart(reason=reason)
            await self._sleep(wait_s)
            call = replace(call, number=call.number + 1)
