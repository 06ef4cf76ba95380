"""One rung's stack, a model before a model: cache, hedge, retry, breaker, limiter, ledger, patience."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from holdfast.calling.accounts import Account
from holdfast.calling.flights import Flights
from holdfast.calling.settings import LimitSettings
from holdfast.calling.shared import Shared, SharedCalls
from holdfast.domain.prompts import Reply
from holdfast.protocols import Model
from holdfast.stages.generation.batched import BatchedModel
from holdfast.stages.generation.breaking import BreakerModel
from holdfast.stages.generation.cache import CacheModel, settings_key
from holdfast.stages.generation.clearance import ClearedModel
from holdfast.stages.generation.hedge import HedgeModel
from holdfast.stages.generation.ledger import LedgerModel, PricedModel
from holdfast.stages.generation.limiting import LimitModel
from holdfast.stages.generation.patience import PatientModel
from holdfast.stages.generation.providers import address_of
from holdfast.stages.generation.retry import RetryModel
from holdfast.stages.generation.settings import GenerationSettings, RungSettings
from holdfast.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What the rungs of one workflow have in common."""

    settings: GenerationSettings
    providers: Mapping[str, LimitSettings]
    """Limits of the workspace, by provider (`openai`) or model (`openai:gpt-5-mini`)."""
    shared: SharedCalls
    flights: Flights[Reply]
    database: Database
    lookups: Mapping[str, Collection[str]]
    """Who may use each declared lookup."""
    own_digest: str
    """Digest of the hooks, which a model of the user's own may lie in."""
    _own_calls: SharedCalls = field(default_factory=SharedCalls)
    """What calls of parts of the user's own share: two workflows may mean two things by one name."""

    def around(
        self,
        model: PricedModel,
        rung: RungSettings,
        account: Account,
        *,
        rungs_behind: int,
        batched: PricedModel | None = None,
    ) -> Model:
        """Return the rung's model inside its policies; `rungs_behind` with a model follow it.

        `batched` is the same model by way of batches: it is asked first, without the policies that are
        for a call on the line. Equal calls do not wait for each other then: all are gathered.

        The parts are thin: what calls of one model share (breaker, turns, retry budget, latencies) is
        that of all workflows of the process. A prompt that the rung may not be sent is stopped in front
        of everything, also of a kept reply.
        """
        shared, settings = self._shared(rung), self.settings
        patient = PatientModel(model, patience_s=rung.patience_s, rungs_behind=rungs_behind)
        stack: Model = LedgerModel(patient, account)
        stack = LimitModel(stack, shared.limiter, cost_centre=settings.cost_centre)
        stack = BreakerModel(stack, shared.breaker)
        stack = RetryModel(stack, settings.retry, shared.budget)
        if settings.hedge.on:
            stack = HedgeModel(stack, settings.hedge, shared.budget, shared.first_pieces)
        if batched is not None:
            carried = LedgerModel(batched, replace(account, is_batch=True))
            stack = BatchedModel(carried, stack, settings)
        stack = CacheModel(
            stack,
            database=self.database,
            account=account,
            settings_key=settings_key(rung, self.own_digest) if rung.use else settings_key(rung),
            keep_s=settings.cache_s,
            flights=self.flights if batched is None else Flights(),
        )
        if rung.may_see is None:
            return stack
        return ClearedModel(stack, database=self.database, may_see=rung.may_see, lookups=self.lookups)

    def _shared(self, rung: RungSettings) -> Shared:
        """Return what the rung shares with every call of its model at that address."""
        settings = self.settings
        if rung.use:
            named = f"{rung.use} {dict(rung.options)}" if rung.options else rung.use
            return self._own_calls.of(
                named, retry=settings.retry, breaker=settings.breaker, limits=rung.limits
            )
        address = address_of(rung)
        model = f"{rung.provider}:{rung.model}"
        limited_as = ""
        limits = rung.limits or self.providers.get(model)
        if limits is None and (of_provider := self.providers.get(rung.provider)):
            limits, limited_as = of_provider, f"{rung.provider} at {address}"
        return self.shared.of(
            f"{model} at {address}",
            retry=settings.retry,
            breaker=settings.breaker,
            limits=limits,
            limited_as=limited_as,
        )
