"""Make the report of an experiment, alone or beside a baseline."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from holdfast.domain.experiments import CaseRun, Experiment
from holdfast.evaluation.experiments.baseline_files import Baseline
from holdfast.evaluation.experiments.comparing import Comparison, Rules, unstable_cases
from holdfast.evaluation.experiments.measuring import (
    Measured,
    case_values,
    failures_of,
    measured,
    percentile_with_interval,
    run_rows,
)
from holdfast.evaluation.experiments.report import Line, Overall, Report, Spread
from holdfast.evaluation.gate.family import Limit
from holdfast.evaluation.gate.newly_failed import NewFailure, State
from holdfast.evaluation.gate.verdict import Verdict
from holdfast.evaluation.scoring.scoring import NOT_RUN

MOST_NAMED = 6
STATES: Mapping[State, str] = {
    "confirmed": "newly fail it, confirmed",
    "unchecked": "seem to fail it newly, not confirmed",
    "undecided": "fail it more often than before, not beyond chance",
    "unstable": "fail it now and then before as now",
    "not seen again": "failed it once, not seen again in repeats",
}
SAME = "every case scored as before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An experiment that is to be told of."""

    experiment: Experiment
    rows: Sequence[CaseRun]
    name: str
    took_s: float
    stopped: str = ""
    closed: Collection[str] = ()
    """Cases of which the reader is told only that something is wrong."""
    notes: tuple[str, ...] = ()


def report_of(
    found: Found, rules: Rules, *, baseline: Baseline | None = None, comparison: Comparison | None = None
) -> Report:
    """Return all that is told; the gate's words where there is a comparison."""
    rows, plan = found.rows, found.experiment.plan
    figures = measured(rows, rules.metrics, seed=plan.seed, clusters=rules.clusters)
    verdicts = {one.metric.name: one for one in comparison.outcome.verdicts} if comparison else {}
    lines = tuple(
        _line(one, verdicts.get(one.metric.name), comparison, rules, found=rows, baseline=baseline)
        for one in figures
    )
    not_run = {row.case: row.not_run for row in rows if row.not_run}
    gaps = (*_gaps(not_run, found.stopped), *_unscored(rows, rules))
    result, because = _result(lines, comparison, rows, gaps)
    took = [row.took_s for row in run_rows(rows)]
    costs = [row.cost_usd for row in rows]
    return Report(
        experiment=found.experiment.id,
        workflow=plan.workflow,
        name=found.name,
        version=plan.version,
        against=baseline.name if baseline else "",
        result=result,
        because=because,
        cases=len({row.case for row in run_rows(rows)}),
        planned=len(plan.cases),
        repeats=plan.repeats,
        lines=lines,
        failures=failures_of(rows, rules.metrics, found.closed),
        not_run=not_run,
        unstable=unstable_cases(rows, rules.metrics),
        unstable_before=unstable_cases(baseline.rows, rules.metrics) if baseline else (),
        changed=comparison.changed if comparison else (),
        notes=(*found.notes, *(comparison.notes if comparison else ())),
        cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
        took_s=found.took_s,
        seconds_p50=_spread(took, 0.5),
        seconds_p95=_spread(took, 0.95),
        stopped=found.stopped,
    )


def _spread(values: Sequence[float], share: float) -> Spread | None:
    if not values:
        return None
    value, interval = percentile_with_interval(values, share)
    return Spread(value=value, interval=interval)


def _line(
    figures: Measured,
    verdict: Verdict | None,
    comparison: Comparison | None,
    rules: Rules,
    *,
    found: Sequence[CaseRun],
    baseline: Baseline | None,
) -> Line:
    if verdict is None or comparison is None or verdict.difference is None:
        return _shown_only(figures, found, baseline) if comparison and baseline else Line(measured=figures)
    sign = 1 if verdict.metric.higher_is_better else -1
    ends = sorted((sign * verdict.low, sign * verdict.high))
    limit = rules.limits.get(verdict.metric.name, Limit())
    return Line(
        measured=figures,
        now=verdict.candidate,
        baseline=verdict.baseline,
        difference=sign * verdict.difference,
        difference_interval=None if ends[1] == float("inf") else (ends[0], ends[1]),
        result=verdict.result,
        says=_says(verdict, comparison, limit),
        fails=_is_told(verdict.metric.name, comparison.outcome.failed, comparison),
        warns=_is_told(verdict.metric.name, comparison.outcome.warned, comparison),
    )


def _is_told(metric: str, lines: Sequence[str], comparison: Comparison) -> bool:
    """Return whether any of the gate's lines is of a metric, by its name or by a case that newly fails it."""
    if comparison.is_unchanged:
        return False
    of_cases = {one.says for one in comparison.new_failures if one.metric == metric}
    return any(one.startswith(f"{metric}: ") or one in of_cases for one in lines)


def _says(verdict: Verdict, comparison: Comparison, limit: Limit) -> str:
    """Return the gate's words; what would decide is no advice where every case is as it was."""
    if verdict.result != "unclear":
        return verdict.why
    if comparison.is_unchanged:
        return SAME
    return verdict.why if limit.when_unclear != "pass" else ""


def _shown_only(figures: Measured, found: Sequence[CaseRun], baseline: Baseline) -> Line:
    """Return a line of a metric that the gate leaves alone: both means over the cases that have both."""
    now, before = (case_values(rows, figures.metric.name) for rows in (found, baseline.rows))
    both = now.keys() & before.keys()
    if figures.value is None or not both:
        return Line(measured=figures, says="shown only" if figures.value is not None else "")
    means = fmean(now[case] for case in both), fmean(before[case] for case in both)
    return Line(
        measured=figures, now=means[0], baseline=means[1], difference=means[0] - means[1], says="shown only"
    )


def _result(
    lines: Sequence[Line],
    comparison: Comparison | None,
    rows: Sequence[CaseRun],
    gaps: tuple[str, ...],
) -> tuple[Overall, tuple[str, ...]]:
    """Return pass, fail or unclear with the reasons; what was not run never passes in silence."""
    if comparison is not None:
        outcome = comparison.outcome
        if not comparison.common:
            return "unclear", ("the baseline has no case in common with these", *gaps)
        if comparison.is_unchanged and not gaps:
            count = len(comparison.common)
            return "pass", (f"nothing changed: all {count} cases ended and scored as before",)
        result: Overall = "unclear" if outcome.result == "pass" and gaps else outcome.result
        return result, (
            *_in_groups(outcome.failed, comparison),
            *gaps,
            *_unstable(comparison),
            *_in_groups(outcome.warned, comparison),
        )
    harmful = [_harm(line, rows) for line in lines if line.metric.is_protective]
    if failed := tuple(one for one in harmful if one):
        return "fail", (*failed, *gaps)
    if gaps or all(line.measured.value is None for line in lines):
        return "unclear", gaps or ("no metric could be computed",)
    return "pass", ()


def _in_groups(lines: Sequence[str], comparison: Comparison) -> tuple[str, ...]:
    """Return the lines with those of new failures put together by metric and state."""
    of_cases = {failure.says: failure for failure in comparison.new_failures}
    groups: dict[tuple[str, State, bool], list[NewFailure]] = {}
    others = []
    for line in lines:
        failure = of_cases.get(line)
        if failure is None:
            others.append(line)
        else:
            groups.setdefault((failure.metric, failure.state, failure.is_high_risk), []).append(failure)
    told = []
    for (metric, state, is_high_risk), failures in groups.items():
        if len(failures) == 1:
            told.append(failures[0].says)
            continue
        kind = "high-risk cases" if is_high_risk else "cases"
        named = _named([one.case for one in failures])
        told.append(f"{metric}: {len(failures)} {kind} {STATES[state]} ({named})")
    return (*told, *others)


def _unstable(comparison: Comparison) -> tuple[str, ...]:
    """Return a line for each protective metric that finds harm now and then, before as now."""
    return tuple(
        f"{metric}: unstable on both sides: {len(cases)} case{'s' if len(cases) != 1 else ''} "
        f"({_named(cases)}); harm comes and goes there, before as now"
        for metric, cases in comparison.unstable_harm.items()
    )


def _named(cases: Sequence[str]) -> str:
    more = f" and {len(cases) - MOST_NAMED} more" if len(cases) > MOST_NAMED else ""
    return f"{', '.join(cases[:MOST_NAMED])}{more}"


def _gaps(not_run: dict[str, str], stopped: str) -> tuple[str, ...]:
    gaps = []
    if stopped:
        gaps.append(f"stopped before its end: {stopped}")
    if not_run:
        first = next(iter(not_run.values()))
        count = len(not_run)
        gaps.append(
            f"{count} case{'s were' if count != 1 else ' was'} not run, neither pass nor fail ({first})"
        )
    return tuple(gaps)


def _unscored(rows: Sequence[CaseRun], rules: Rules) -> tuple[str, ...]:
    """Return a line for each metric of the gate whose own provider failed, a judge's, with the reason."""
    lines = []
    for metric in (one for one in rules.metrics if one.name not in rules.shown_only):
        reasons = {
            row.case: score.why.removeprefix(NOT_RUN)
            for row in run_rows(rows)
            if (score := row.score(metric.name)) is not None
            and score.value is None
            and score.why.startswith(NOT_RUN)
        }
        if reasons:
            count, why = len(reasons), next(iter(reasons.values()))
            lines.append(
                f"{metric.name}: {count} case{'s were' if count != 1 else ' was'} not scored, "
                f"neither pass nor fail ({why})"
            )
    return tuple(lines)


def _harm(line: Line, rows: Sequence[CaseRun]) -> str:
    """Return in how many cases a protective metric found harm, or nothing."""
    best = 1.0 if line.metric.higher_is_better else 0.0
    harmed = {
        row.case
        for row in run_rows(rows)
        if (score := row.score(line.metric.name)) is not None and score.value not in (None, best)
    }
    if not harmed:
        return ""
    count, named = len(harmed), ", ".join(sorted(harmed)[:5])
    return f"{line.metric.name}: {count} case{'s' if count != 1 else ''} ({named})"
