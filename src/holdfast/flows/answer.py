"""An item's path, from question to outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from holdfast.domain.attempts import cost_of
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Outcome, Ruling
from holdfast.domain.prompts import Prompt, Reply
from holdfast.domain.rows import Facts
from holdfast.domain.stages import Stage
from holdfast.errors import BudgetExhausted, ProviderError
from holdfast.flows.ladder import Route, Rung, stands
from holdfast.flows.releasing import Release
from holdfast.protocols import (
    Assembler,
    Checker,
    Decider,
    Guards,
    Lookups,
    Reranker,
    Retriever,
    Trail,
)


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
    over_budget: Callable[[str], Outcome | None] = lambda _why: None
    """How an item ends that a budget stops, by the reason; None: the next rung is tried."""


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
    """Try rung after rung until one's ruling stands; the last ruling counts when none does.

    Fallback (a rung that failed, or the last resort in the place of a reply that the checks held back)
    marks the run as degraded; a cascade (an answer below the rung's
    `accept`) and a condition that does not hold are on the record without a mark.
    """
    ruling: Ruling | None = None
    failure: ProviderError | None = None
    held_back: list[str] = []
    call = Call(
        deadline=deadline, run=trail.run_id, case=item.case, principal=item.principal, journal=trail.journal
    )
    for rung in parts.ladder:
        if rung.is_last_resort and ruling is not None and ruling.final:
            break
        try:
            written = await _written(rung, item, retrieved, facts, parts, trail, call)
        except ProviderError as error:
            stopped = parts.over_budget(error.what) if isinstance(error, BudgetExhausted) else None
            if stopped is not None:
                return Ruling(outcome=stopped)
            trail.degrade(f"{rung.model.name}: {error.what}")
            failure = error
            continue
        if written is None or (written[1].finish == "unable" and ruling is not None):
            continue  # what an earlier rung came to says more than that this one is not able
        prompt, reply = written
        checks = await trail.step(Stage.CHECKING, parts.checker.check, item, prompt, reply)
        ruling = await trail.step(Stage.DECIDING, parts.decider.decide, item, prompt, reply, checks)
        if stands(ruling, rung):
            _mark(rung, ruling, held_back, trail)
            return ruling
        if ruling.final:
            trail.passed_over(rung.model.name, f"its answer is below the {rung.accept} that it has to reach")
        elif reply.finish == "stop":
            held_back.append(rung.model.name)
    if ruling is not None:
        return ruling
    raise failure or ProviderError(
        "the ladder has no rung", stage="generation", move="Declare one under generation.rungs."
    )


async def _written(
    rung: Rung,
    item: WorkItem,
    retrieved: Retrieved,
    facts: Facts,
    parts: AnswerParts,
    trail: Trail,
    call: Call,
) -> tuple[Prompt, Reply] | None:
    """Return a rung's prompt and reply; None: its condition does not hold."""
    prompt = await trail.step(Stage.ASSEMBLY, parts.assembler.assemble, item, retrieved, facts, rung.limits)
    route = Route(item=item, facts=facts, prompt=prompt, cost_usd=cost_of(call.journal))
    if rung.suits is not None and not rung.suits(route):
        trail.passed_over(rung.model.name, "its condition does not hold")
        return None
    release = Release(
        item, prompt, checker=parts.checker, decider=parts.decider, guards=parts.guards,
        model=rung.model.name,
    )  # fmt: skip
    return prompt, await trail.stream(Stage.GENERATION, rung.model.generate, prompt, call, release=release)


def _mark(rung: Rung, ruling: Ruling, held_back: Sequence[str], trail: Trail) -> None:
    """Mark the run when the last resort answers in the place of models whose replies did not pass."""
    if rung.is_last_resort and isinstance(ruling.outcome, Answer):
        for name in held_back:
            trail.degrade(f"{name}: the checks held its reply back")
