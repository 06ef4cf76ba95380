"""Make a plain call to an endpoint through everything that calls go through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from holdfast.calling.accounts import Account, on_record, sooner
from holdfast.calling.retrying import retried
from holdfast.calling.settings import RetrySettings
from holdfast.calling.shared import Shared
from holdfast.domain.calls import Deadline, Purpose

T = TypeVar("T")


class Guarded:
    """The calls of one stage to one endpoint: retry( break( limit( ledger( call ))))."""

    def __init__(
        self, shared: Shared, retry: RetrySettings, *, stage: str, model: str, account: Account | None = None
    ) -> None:
        """Take what all calls of the endpoint share; `model` is how the ledger names it."""
        self._shared = shared
        self._retry = retry
        self._stage = stage
        self._model = model
        self._account = account

    async def call(
        self,
        make: Callable[[], Awaitable[T]],
        *,
        deadline: Deadline,
        tokens: int,
        purpose: Purpose,
        queue: str = "",
        is_patient: bool = False,
    ) -> T:
        """Return what `make` returns, in one of its tries; raise ProviderError.

        The deadline of the item at hand counts where it comes first.

        Calls of one cost centre and `queue` stand in line, those of others take turns with them. With
        `is_patient` an open breaker is waited for, up to the deadline.
        """
        centre = self._account.cost_centre if self._account else ""
        deadline = sooner(deadline)

        async def once(number: int) -> T:
            with self._shared.breaker.watch(deadline=deadline, stage=self._stage):
                async with (
                    self._shared.limiter.turn(
                        tokens=tokens, centre=f"{centre}/{queue}", deadline=deadline, stage=self._stage
                    ),
                    on_record(
                        self._account,
                        stage=self._stage,
                        purpose=purpose,
                        model=self._model,
                        number=number,
                        tokens=tokens,
                    ),
                ):
                    return await make()

        return await retried(
            once,
            settings=self._retry,
            budget=self._shared.budget,
            deadline=deadline,
            is_patient=is_patient,
        )
