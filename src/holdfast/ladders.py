"""Build the ladder of a workflow: its rungs, each a model inside its policies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from holdfast.calling.accounts import Account
from holdfast.calling.flights import Flights
from holdfast.calling.shared import process_wide
from holdfast.domain.calls import Call
from holdfast.domain.outcomes import Outcome
from holdfast.domain.prompts import Limits, Piece, Prompt
from holdfast.domain.usage import Price, Usage
from holdfast.filling import Filling
from holdfast.flows.ladder import Route, Rung
from holdfast.loading import load
from holdfast.protocols import Ledger, Model
from holdfast.storage.bookkeeping import Bookkeeper
from holdfast.storage.database import Database
from holdfast.storage.ledger import centre_scope, workflow_scope
from holdfast.telemetry.logs import log
from holdfast.workflow import Workflow
from holdfast.workspace import Workspace

if TYPE_CHECKING:
    from holdfast.stages.generation.batching import BatchRoom
    from holdfast.stages.generation.ledger import PricedModel
    from holdfast.stages.generation.policies import Policies

EXTRACTIVE = "extractive"
EXTRACTIVE_LIMITS = Limits(context_tokens=32_000, output_tokens=1_000)
"""What the extractive answerer is shown: it reads passages, not tokens, so a wide window."""


def open_ledger(database: Database, workflow: str, settings: Workflow, workspace: Workspace) -> Bookkeeper:
    """Return the ledger of a workflow, which holds the day's budgets."""
    caps = {centre_scope(name): centre.per_day_usd for name, centre in workspace.cost_centres.items()}
    per_day = settings.generation.budget.per_day_usd
    if per_day is not None:
        caps[workflow_scope(workflow)] = per_day

    def renamed(model: str, before: str, now: str) -> None:
        log("model.renamed", model=model, before=before, now=now)

    return Bookkeeper(database.accounts, caps=caps, told=renamed)


def account_of(ledger: Ledger, workflow: str, settings: Workflow, workspace: Workspace) -> Account:
    """Return on whose account a workflow's calls go."""
    centre, budget = settings.generation.cost_centre, settings.generation.budget
    return Account(
        ledger=ledger,
        workflow=workflow,
        cost_centre=centre,
        per_run_usd=budget.per_run_usd,
        has_day_budget=budget.per_day_usd is not None or centre in workspace.cost_centres,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderParts:
    """What the rungs are made of."""

    settings: Workflow
    workspace: Workspace
    account: Account
    own_model: Callable[[Any], Model | None]
    """The model that a rung's `use` names, or None for a provider's."""
    embed: Callable[[Sequence[str]], Any] | None
    """MiniLM's vectors for the extractive answerer; None when another embedder is in use."""
    filling: Filling
    """The output that the workflow declares."""
    database: Database
    own_digest: str
    """Digest of the hooks, which a model of the user's own may lie in."""


class Ladders:
    """The rungs of a workflow; models, with their open connections, are made once each."""

    def __init__(self, parts: LadderParts) -> None:
        self._parts = parts
        self._models: dict[str, PricedModel] = {}
        self._extractive: Model | None = None
        self._made_policies: Policies | None = None
        self._last: dict[str, tuple[str, tuple[Rung, ...]]] = {}

    def ladder(self, model: str, *, version: str, batch: BatchRoom | None = None) -> tuple[Rung, ...]:
        """Return the declared rungs, `model` (`provider:name`) in front; for `extractive` that one alone.

        With a room for batches, models whose provider takes batches are asked by way of them. Without one
        the ladder is made once for each Version: rungs keep nothing of an item.
        """
        if batch is not None:
            return self._made(model, version, batch)
        made_for, rungs = self._last.get(model, ("", ()))
        if made_for != version:
            rungs = self._made(model, version, None)
            self._last[model] = (version, rungs)
        return rungs

    def _made(self, model: str, version: str, batch: BatchRoom | None) -> tuple[Rung, ...]:
        settings = self._parts.settings.generation
        declared = [] if model == EXTRACTIVE else list(settings.rungs)
        if model and model != EXTRACTIVE:
            declared = self._in_front(model, declared)
        behind = range(len(declared) - 1, -1, -1)
        rungs = [self._rung(rung, version, left, batch) for rung, left in zip(declared, behind, strict=True)]
        if settings.extractive or model == EXTRACTIVE:
            quoting = self._parts.filling.not_by(self._quoting())
            rungs.append(Rung(model=quoting, limits=EXTRACTIVE_LIMITS, is_last_resort=True))
        return tuple(rungs)

    @staticmethod
    def _in_front(model: str, declared: list[Any]) -> list[Any]:
        """Return the rungs with the named model first: asked as its own rung says where there is one."""
        own = next((rung for rung in declared if rung.name == model), None)
        if own is None:
            return [load("holdfast.stages.generation.providers:rung_named")(model), *declared]
        always = own.model_copy(update={"when": "", "accept": None})
        return [always, *(rung for rung in declared if rung is not own)]

    def batch_room(self, **told: Any) -> BatchRoom:
        """Return where the model calls of many items are gathered and sent as batches."""
        parts = self._parts
        made: BatchRoom = load("holdfast.stages.generation.batching:BatchRoom")(
            parts.settings.generation.batch,
            workflow=parts.account.workflow,
            database=parts.database.accounts,
            **told,
        )
        return made

    def over_budget(self, why: str) -> Outcome | None:
        """Return how an item ends that a budget stops; None: the next rung is tried."""
        settings = self._parts.settings
        stopped: Callable[..., Outcome | None] = load("holdfast.stages.deciding.routing:stopped_by_budget")
        return stopped(settings.deciding, settings.generation.budget.at_limit, why)

    def _rung(self, settings: Any, version: str, behind: int, batch: BatchRoom | None) -> Rung:
        limits: Limits = load("holdfast.stages.generation.providers:limits_for")(settings)
        return Rung(
            model=self._within_policies(settings, version, behind, batch),
            limits=limits,
            suits=self._condition(settings.when) if settings.when else None,
            accept=settings.accept,
        )

    def _within_policies(self, settings: Any, version: str, behind: int, batch: BatchRoom | None) -> Model:
        """Return the model of a rung inside its policies, filling the declared output."""
        declared = settings.model_dump_json()
        if declared not in self._models:
            self._models[declared] = self._bare(settings)
        parts = self._parts
        account = replace(parts.account, version=version)
        batched = None if batch is None else batch.model_for(settings, price=self._price(settings))
        stack = self._policies.around(
            self._models[declared], settings, account, rungs_behind=behind, batched=batched
        )
        return parts.filling.by(stack, settings)

    @property
    def _policies(self) -> Policies:
        """Return what the rungs have in common, made when the first one is: most ladders have none."""
        if self._made_policies is None:
            parts = self._parts
            self._made_policies = load("holdfast.stages.generation.policies:Policies")(
                settings=parts.settings.generation,
                providers=parts.workspace.providers,
                shared=process_wide(),
                flights=Flights(),
                database=parts.database,
                lookups={one.name: one.access for one in parts.settings.lookups_settings.queries},
                own_digest=parts.own_digest,
            )
        return self._made_policies

    def _bare(self, settings: Any) -> PricedModel:
        own = self._parts.own_model(settings)
        if own is not None:
            return _OwnModel(own)
        make = load("holdfast.stages.generation.providers:model_for")
        made: PricedModel = make(settings, price=self._price(settings))
        return made

    def _price(self, settings: Any) -> Any:
        """Return the price that the workspace declares, or None."""
        return self._parts.workspace.prices.get(f"{settings.provider}:{settings.model}")

    def _condition(self, text: str) -> Callable[[Route], bool]:
        language_of = load("holdfast.stages.enriching.language:language_of")
        languages = self._parts.settings.enriching.languages
        suits = load("holdfast.stages.deciding.routing:condition_of")(
            text, language_of=lambda question: language_of(question, languages)
        )
        return lambda route: suits(route.item, route.facts, route.prompt.tokens, route.cost_usd)

    def _quoting(self) -> Model:
        if self._extractive is None:
            make = load("holdfast.stages.generation.extractive:ExtractiveModel")
            embed = self._parts.embed
            self._extractive = make(embed=embed, dense=embed is not None)
        return self._extractive


class _OwnModel:
    """A model of the user's own; what it costs is what its replies say."""

    def __init__(self, model: Model) -> None:
        self.name = model.name
        self._model = model

    def generate(self, prompt: Prompt, call: Call) -> AsyncIterator[Piece]:
        """Yield what the model yields."""
        return self._model.generate(prompt, call)

    async def priced(self, usage: Usage, *, model: str = "") -> Price | None:  # noqa: ARG002 the socket's shape
        """Return no cost: the reply says it."""
        return Price(usd=0.0)
