"""Make a plain call to an endpoint through everything that calls go through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from holdfast.calling.accounts import Account
from holdfast.calling.recording import Recorded, on_record
from holdfast.calling.retrying import retried
from holdfast.calling.settings import RetrySettings
from holdfast.calling.shared import Shared
from holdfast.calling.tariffs import Tariff
from holdfast.calling.working import call_at_hand, sooner
from holdfast.domain.calls import Deadline, Purpose
from holdfast.domain.usage import Usage

T = TypeVar("T")


class Guarded:
    """The calls of one stage to one endpoint: retry( break( limit( ledger( call ))))."""

    def __init__(
        self,
        shared: Shared,
        retry: RetrySettings,
        *,
        stage: str,
        tariff: Tariff,
        account: Account | None = None,
    ) -> None:
        """Take what all calls of the endpoint share, what they cost, and on whose account they go."""
        self._shared = shared
        self._retry = retry
        self._stage = stage
        self._tariff = tariff
        self._account = account

    async def call(
        self,
        make: Callable[[Recorded], Awaitable[T]],
        *,
        deadline: Deadline,
        worst: Usage,
        purpose: Purpose,
        queue: str = "",
        is_patient: bool = False,
    ) -> T:
        """Return what `make` returns, in one of its tries; raise ProviderError.

        `make` tells the record what the endpoint says it used; `worst` is what it may use. The deadline of
        the run at hand counts where it comes first.

        Calls of one cost centre and `queue` stand in line, those of others take turns with them. With
        `is_patient` an open breaker is waited for, up to the deadline.
        """
        centre = self._account.cost_centre if self._account else ""
        deadline = sooner(deadline)

        async def once(number: int) -> T:
            call = call_at_hand(deadline=deadline, purpose=purpose, stage=self._stage, number=number)
            with self._shared.breaker.watch(deadline=deadline, stage=self._stage):
                async with (
                    self._shared.limiter.turn(
                        tokens=worst.input_tokens,
                        centre=f"{centre}/{queue}",
                        deadline=deadline,
                        stage=self._stage,
                    ),
                    on_record(self._account, self._tariff, call, worst=worst) as recorded,
                ):
                    return await make(recorded)

        return await retried(
            once,
            settings=self._retry,
            budget=self._shared.budget,
            deadline=deadline,
            is_patient=is_patient,
        )
