"""Choose the golden cases to work, and write down as whom they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from holdfast.domain.access import Principal
from holdfast.domain.cases import Case
from holdfast.errors import UsageError
from holdfast.evaluating.evaluate import Wanted
from holdfast.evaluating.laboratory import Order
from holdfast.evaluating.measures import Measures
from holdfast.evaluation.cases import load_cases, to_run
from holdfast.evaluation.experiments.sampling import sampled
from holdfast.session import Flow

ASSUMED = "principal.assume"
AT_ONCE_LOCAL = 4
AT_ONCE_PROVIDERS = 16
"""Cases under way where models are asked over a network; fewer as soon as one says it is too many."""


def wanted_of(
    flow: Flow,
    measures: Measures,
    order: Order,
    *,
    reader: Principal,
    who: str,
    model: str = "",
    only: Sequence[str] = (),
    extra_runs: int | None = None,
    may_reuse: bool = False,
) -> Wanted:
    """Return what is to be worked; raise UsageError without a case, DeclarationError for a malformed one.

    `who` runs it: every principal that they ask as is audited, once each.
    """
    every = load_cases(flow.wiring.folder)
    runnable = to_run(every)
    cases = _chosen(flow, runnable, only)
    notes = [*measures.notes]
    if held := len(every) - len(runnable):
        notes.append(f"cases that wait for a second person and are not run: {held}")
    if 0 < order.sample < len(cases):
        notes.append(
            f"a sample of {order.sample} of {len(cases)} cases, drawn by kind with seed {order.seed}"
        )
    picked = sampled(cases, order.sample, seed=order.seed)
    _audit(flow, picked, who)
    rules = measures.rules(picked)
    return Wanted(
        cases=picked, order=order, rules=rules, score_with=lambda wiring: measures.score_with(wiring, picked),
        model=model, extra_runs=extra_runs, may_reuse=may_reuse, reader=reader, notes=tuple(notes),
    )  # fmt: skip


def default_width(flow: Flow) -> int:
    """Return how many cases are under way where nothing is said."""
    return AT_ONCE_PROVIDERS if flow.wiring.has_models else AT_ONCE_LOCAL


def _chosen(flow: Flow, cases: tuple[Case, ...], only: Sequence[str]) -> tuple[Case, ...]:
    if not cases:
        raise UsageError(
            f"{flow.wiring.folder} has no golden case to run",
            stage="evaluation",
            move="Write golden/cases.yaml (docs/golden.md), or `holdfast cases from-run RUN`.",
        )
    known = {case.id for case in cases}
    if unknown := [name for name in only if name not in known]:
        raise UsageError(f"there is no golden case {unknown[0]!r}", move="`holdfast cases` lists them.")
    return tuple(case for case in cases if case.id in only) if only else cases


def _audit(flow: Flow, cases: Iterable[Case], who: str) -> None:
    for principal in dict.fromkeys(case.principal for case in cases):
        if principal != Principal(user=who):
            groups = ", ".join(sorted(principal.groups)) or "no group"
            flow.audit(ASSUMED, who=who, thing=principal.user, detail=f"eval, in {groups}")
