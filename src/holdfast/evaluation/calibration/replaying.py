"""Read out of a run which answer was drafted, and whether it is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from holdfast.domain.cases import Case
from holdfast.domain.checks import Checks
from holdfast.domain.items import WorkItem
from holdfast.domain.observed import Observed
from holdfast.domain.outcomes import Answer, Ruling, kind_of
from holdfast.domain.prompts import Prompt, Reply
from holdfast.domain.runs import Run
from holdfast.domain.stages import Stage
from holdfast.evaluation.calibration.drafts import Draft
from holdfast.evaluation.scoring.facts import FACTS_STATED, FORBIDDEN_STATED, FactsEvaluator
from holdfast.evaluation.scoring.fields import FIELDS_RIGHT, FieldsEvaluator
from holdfast.evaluation.scoring.made import checks_of, prompt_of, reply_of

Decide = Callable[[WorkItem, Prompt, Reply, Checks], Ruling]
"""Decides with every threshold at 0."""
_WHOLE = 1 - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDraft:
    """Why a run has no draft that thresholds could hold back or let through."""

    why: str
    is_judged: bool = True
    """False: there is one, but nothing tells whether it is right."""


async def draft_of(case: Case, run: Run, decide: Decide, *, cluster: str) -> Draft | NoDraft:
    """Return the answer that a case's run drafted, held against what is expected of the case.

    It is right where an answer is expected, every fact of the case is stated, nothing is that must not be,
    and the expected fields are as expected.
    """
    reply, checks, prompt = reply_of(run), checks_of(run), prompt_of(run)
    if reply is None or checks is None or prompt is None or reply.finish != "stop":
        return NoDraft(why=f"no answer was drafted ({run.outcome.reason})")
    if isinstance(decide(run.item, prompt, reply, checks).outcome, Answer) is False:
        return NoDraft(why=f"no threshold decides it ({run.outcome.reason})")
    is_given = isinstance(run.outcome, Answer)
    if not is_given and _was_decided_an_answer(run):
        return NoDraft(why="a guardrail held the answer back")
    judged = await _wrong_with(case, run, reply, checks)
    if judged is None:
        return NoDraft(why="the case names no fact and no field that an answer has to state", is_judged=False)
    is_form = reply.output is not None
    support = min((claim.support for claim in checks.claims), default=1.0)
    return Draft(
        case=case.id,
        cluster=cluster,
        answerability=_share(checks.answerability),
        support=_share(support),
        confidence=_share(support if is_form else min(checks.answerability, support)),
        is_right=not judged,
        why=judged,
        has_own_estimate=reply.answerability is not None,
        is_form=is_form,
        was_answered=is_given,
    )


def drafting_rungs(run: Run) -> int:
    """Return how many rungs of the ladder brought a reply that was checked."""
    return sum(record.stage is Stage.CHECKING for record in run.stages)


async def _wrong_with(case: Case, run: Run, reply: Reply, checks: Checks) -> str | None:
    """Return what is wrong with the draft as an answer; empty: nothing; None: nothing tells."""
    expect = case.expect
    if expect.outcome != "answer":
        return f"answered where a {expect.outcome} is due"
    if not expect.facts and not expect.fields:
        return None
    answer = Answer(
        text=reply.text, citations=checks.citations, confidence=0.0, output=reply.output, cites=reply.cites
    )
    given = run.outcome if kind_of(run.outcome) == "answer" else answer
    seen = Observed(run=replace(run, outcome=given), case=case)
    scores = {one.metric: one for one in await FactsEvaluator().score(seen)}
    scores |= {one.metric: one for one in await FieldsEvaluator().score(seen)}
    faults = [
        scores[name].why or name
        for name in (FACTS_STATED.name, FIELDS_RIGHT.name)
        if (value := scores[name].value) is not None and value < _WHOLE
    ]
    if scores[FORBIDDEN_STATED.name].value:
        faults.append(scores[FORBIDDEN_STATED.name].why)
    return "; ".join(faults)


def _was_decided_an_answer(run: Run) -> bool:
    """Return whether deciding let an answer through that came to another end afterwards."""
    decided = [record for record in run.stages if record.stage is Stage.DECIDING and not record.error]
    if not decided:
        return False
    made = decided[-1].made
    outcome = made.get("outcome") if isinstance(made, dict) else getattr(made, "outcome", None)
    # An answer is the one outcome that has `cites`.
    return isinstance(outcome, Answer) or (isinstance(outcome, dict) and "cites" in outcome)


def _share(value: float) -> float:
    """Return a probability within its bounds; a checker of one's own may overstep them."""
    return min(1.0, max(0.0, float(value))) if value == value else 0.0  # noqa: PLR0124 -- NaN is not itself
