"""An item's path, from question to outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from holdfast.domain.attempts import cost_of
from holdfast.domain.calls import Call, Deadline
from holdfast.domain.hits import Retrieved
from holdfast.domain.items import WorkItem
from holdfast.domain.outcomes import Answer, Outcome, Refusal, Ruling
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
    for name in facts.failed:
        trail.degrade(f"the lookup {name} failed")
    ruling = await trail.step(Stage.DECIDING, parts.decider.rule, item, facts)
    if ruling is None:
        retrieved = await trail.step(Stage.RERANKING, parts.reranker.rerank, item, retrieved)
        if retrieved.degraded:
            trail.degrade(retrieved.degraded)
        ruling = await climb(item, retrieved, facts, parts, trail, deadline)
        if isinstance(ruling.outcome, Refusal) and facts.unknown:
            why = "; ".join((ruling.outcome.reason, *facts.unknown))
            ruling = replace(ruling, outcome=replace(ruling.outcome, reason=why))

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

    The last resort is for models that failed or whose reply the checks held back: where one has read the
    passages and found no answer in them, whoever only compares words does not know better.

    A rung that failed marks the run as a fallback. It is degraded as well when the last resort takes the
    place of a model (one that failed, or whose reply the checks held back), or when the answer of an
    earlier rung counts although it stays below its `accept`. A cascade and a condition that does not hold
    are on the record without a mark.
    """
    ruling: Ruling | None = None
    found_nothing = False
    failure: ProviderError | None = None
    failed: list[str] = []
    held_back: list[str] = []
    call = Call(
        deadline=deadline, run=trail.run_id, case=item.case, principal=item.principal, journal=trail.journal
    )
    for rung in parts.ladder:
        if rung.is_last_resort and ruling is not None and (ruling.final or found_nothing):
            break
        try:
            written = await _written(rung, item, retrieved, facts, parts, trail, call)
        except ProviderError as error:
            if (stopped := _stopped(error, parts)) is not None:
                return Ruling(outcome=stopped)
            failed.append(f"{rung.model.name}: {error.what}")
            trail.fell_back(failed[-1])
            failure = error
            continue
        if written is None or (written[1].finish == "unable" and ruling is not None):
            continue  # what an earlier rung came to says more than that this one is not able
        prompt, reply = written
        checks = await trail.step(Stage.CHECKING, parts.checker.check, item, prompt, reply)
        ruling = await trail.step(Stage.DECIDING, parts.decider.decide, item, prompt, reply, checks)
        found_nothing = reply.finish == "nothing"
        _mark(rung, ruling, trail, failed=failed, held_back=held_back)
        if stands(ruling, rung):
            return ruling
        if ruling.final:
            trail.passed_over(rung.model.name, f"its answer is below the {rung.accept} that it has to reach")
        elif reply.finish == "stop":
            held_back.append(f"{rung.model.name}: the checks held its reply back")
    if ruling is not None:
        _degrade(trail, failed)
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


def _stopped(error: ProviderError, parts: AnswerParts) -> Outcome | None:
    """Return how the item ends where a budget stops it."""
    return parts.over_budget(error.what) if isinstance(error, BudgetExhausted) else None


def _mark(
    rung: Rung, ruling: Ruling, trail: Trail, *, failed: Sequence[str], held_back: Sequence[str]
) -> None:
    """Mark the run when the last resort rules in the place of models, and say why they did not."""
    if rung.is_last_resort:
        _degrade(trail, failed)
    if rung.is_last_resort and isinstance(ruling.outcome, Answer):
        _degrade(trail, held_back)


def _degrade(trail: Trail, reasons: Sequence[str]) -> None:
    for why in reasons:
        trail.degrade(why)
