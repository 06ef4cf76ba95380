"""Put several models side by side on the same cases, or one Version beside itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from holdfast.evaluating.evaluate import Wanted, baseline_of
from holdfast.evaluating.laboratory import Laboratory, Ran, Side
from holdfast.evaluation.experiments.comparing import compare
from holdfast.evaluation.experiments.measuring import (
    case_clusters,
    interval_of,
    run_rows,
)
from holdfast.evaluation.experiments.report import Line, Spread
from holdfast.evaluation.experiments.reporting import Found, report_of
from holdfast.evaluation.gate.false_alarms import FalseAlarms, a_a
from holdfast.session import Flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One model's figures."""

    model: str
    experiment: str
    cases: int
    planned: int
    not_run: int
    lines: tuple[Line, ...]
    """Its metrics; compared with the first model's, where this is not the first."""
    cost_per_case: Spread | None
    """USD, with the interval of the mean; None where a price is not known."""
    seconds_p50: Spread | None
    seconds_p95: Spread | None
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Itself:
    """What came of comparing a Version with itself."""

    experiment: str
    cases: int
    repeats: int
    alarms: dict[str, FalseAlarms]
    """By metric."""
    not_computed: dict[str, str]
    """Why, by metric."""


async def side_by_side(
    flow: Flow, laboratory: Laboratory, wanted: Wanted, models: Sequence[str]
) -> tuple[Beside, ...]:
    """Return the figures of each model in front of the declared ladder, in the order named."""
    found: list[Beside] = []
    first: Ran | None = None
    spent = 0.0
    for model in models:
        side = Side(wiring=flow.wiring, score=wanted.score_with(flow.wiring), model=model)
        budget = wanted.order.budget_usd
        order = replace(wanted.order, budget_usd=None if budget is None else max(budget - spent, 0.0))
        ran = await laboratory.run(side, wanted.cases, order)
        spent += ran.spent_usd
        found.append(_beside(ran, side, wanted, first))
        first = first or ran
    return tuple(found)


def _beside(ran: Ran, side: Side, wanted: Wanted, first: Ran | None) -> Beside:
    baseline = baseline_of(first.experiment, first.rows) if first is not None else None
    comparison = compare(baseline, ran.rows, wanted.rules) if baseline is not None else None
    told = Found(
        experiment=ran.experiment, rows=ran.rows, name=side.name, took_s=ran.took_s, stopped=ran.stopped
    )
    report = report_of(told, wanted.rules, baseline=baseline, comparison=comparison)
    return Beside(
        model=side.model,
        experiment=report.experiment,
        cases=report.cases,
        planned=report.planned,
        not_run=len(report.not_run),
        lines=report.lines,
        cost_per_case=_cost(ran, seed=wanted.order.seed),
        seconds_p50=report.seconds_p50,
        seconds_p95=report.seconds_p95,
        stopped=ran.stopped,
    )


def _cost(ran: Ran, *, seed: int) -> Spread | None:
    rows = run_rows(ran.rows)
    costs: dict[str, list[float]] = {}
    for row in rows:
        if row.cost_usd is None:
            return None
        costs.setdefault(row.case, []).append(row.cost_usd)
    if not costs:
        return None
    means = {case: fmean(values) for case, values in costs.items()}
    interval = interval_of(means, case_clusters(rows), is_share=False, seed=seed)
    return Spread(value=fmean(means.values()), interval=interval)


async def against_itself(flow: Flow, laboratory: Laboratory, wanted: Wanted) -> Itself:
    """Return how often the gate calls the Version worse than itself, on its own repeats."""
    side = Side(wiring=flow.wiring, score=wanted.score_with(flow.wiring), model=wanted.model)
    ran = await laboratory.run(side, wanted.cases, wanted.order)
    clusters = case_clusters(ran.rows, wanted.rules.clusters)
    alarms: dict[str, FalseAlarms] = {}
    missing: dict[str, str] = {}
    for metric in wanted.rules.judged(ran.rows):
        values: dict[str, list[float]] = {}
        for row in run_rows(ran.rows):
            score = row.score(metric.name)
            if score is not None and score.value is not None:
                values.setdefault(row.case, []).append(score.value)
        limit = wanted.rules.limits.get(metric.name)
        margin = metric.margin if limit is None or limit.margin is None else limit.margin
        try:
            alarms[metric.name] = a_a(
                metric, values, cluster_of=clusters, margin=margin, level=wanted.rules.level,
                seed=wanted.order.seed,
            )  # fmt: skip
        except ValueError as error:
            missing[metric.name] = str(error).removeprefix("gate: ")
    return Itself(
        experiment=ran.experiment.id, cases=len({row.case for row in run_rows(ran.rows)}),
        repeats=wanted.order.repeats, alarms=alarms, not_computed=missing,
    )  # fmt: skip
