"""An item's path, from question to outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.domain.calls import Call, Deadline
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Outcome, Ruling
from holdfast.domain.prompts import Limits
from holdfast.domain.rows import Facts
from holdfast.domain.stages import Stage
from holdfast.errors import ProviderError
from holdfast.protocols import (
    Assembler,
    Checker,
    Decider,
    Guards,
    Lookups,
    Model,
    Reranker,
    Retriever,
    Trail,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of the ladder: a model and what it can take."""

    model: Model
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerParts:
    """The parts of an item's path."""

    guards: Guards
    retriever: Retriever
    lookups: Lookups
    reranker: Reranker
    assembler: Assembler
    ladder: Sequence[Rung]
    checker: Checker
    decider: Decider
    deadline_s: float


async def answer(item: WorkItem, parts: AnswerParts, trail: Trail) -> Outcome:
    """Return how the item ends; raise ProviderError when no rung of the ladder could answer."""
    deadline = Deadline.after(parts.deadline_s)
    screened = await trail.step(Stage.GUARDRAILS, parts.guards.screen_item, item)
    trail.found(screened.findings)
    if screened.refusal is not None:
        return screened.refusal
    item = screened.item

    retrieved = await trail.step(Stage.RETRIEVAL, parts.retriever.retrieve, item)
    facts = await trail.step(Stage.LOOKUPS, parts.lookups.fetch, item)
    ruling = await trail.step(Stage.DECIDING, parts.decider.rule, item, facts)
    if ruling is None:
        retrieved = await trail.step(Stage.RERANKING, parts.reranker.rerank, item, retrieved)
        if retrieved.degraded:
            trail.degrade(retrieved.degraded)
        ruling = await climb(item, retrieved, facts, parts, trail, deadline)

    safe = await trail.step(Stage.GUARDRAILS, parts.guards.screen_outcome, ruling.outcome)
    trail.found(safe.findings)
    return safe.outcome


async def climb(
    item: WorkItem,
    retrieved: Retrieved,
    facts: Facts,
    parts: AnswerParts,
    trail: Trail,
    deadline: Deadline,
) -> Ruling:
    """Try rung after rung until one's ruling is final; the last ruling counts when none is."""
    ruling: Ruling | None = None
    failure: ProviderError | None = None
    for rung in parts.ladder:
        try:
            prompt = await trail.step(
                Stage.ASSEMBLY, parts.assembler.assemble, item, retrieved, facts, rung.limits
            )
            call = Call(deadline=deadline, run=trail.run_id)
            reply = await trail.stream(Stage.GENERATION, rung.model.generate, prompt, call)
        except ProviderError as error:
            trail.degrade(f"{rung.model.name}: {error.what}")
            failure = error
            continue
        if reply.finish == "unable" and ruling is not None:
            continue  # what an earlier rung came to says more than that this one is not able
        checks = await trail.step(Stage.CHECKING, parts.checker.check, item, prompt, reply)
        ruling = await trail.step(Stage.DECIDING, parts.decider.decide, item, prompt, reply, checks)
        if ruling.final:
            return ruling
    if ruling is not None:
        return ruling
    raise failure or ProviderError(
        "the ladder has no rung", stage="generation", move="Declare one under generation.rungs."
    )
