"""`holdfast report`: some days summed up for the people who answer for a workflow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import counted, show, show_json
from holdfast.cli.target import target_of
from holdfast.cli.written import put
from holdfast.evaluating.measures import measures_of
from holdfast.evaluating.summary import Summary, summed_up
from holdfast.evaluation.cases import load_cases
from holdfast.evaluation.experiments import wording
from holdfast.evaluation.experiments.markdown import plain

MOST_CASES = 15


def report(*, words: list[str], folder: Path | None, days: int, markdown: Path | None, as_json: bool) -> int:
    """Print what is on record of the last days."""
    target = target_of(words, folder, wanted=0)

    async def work() -> Summary:
        async with opened(target.path) as flow:
            metrics = measures_of(flow.wiring).metrics
            return summed_up(flow, load_cases(flow.wiring.folder), metrics, days=days)

    found = finish(work())
    if markdown is not None:
        put(markdown, "\n".join(_markdown(found, days)).encode("utf-8", "replace"))
    if as_json:
        show_json(_json(found, days))
        return 0
    for title, lines in _sections(found, days):
        show(title, style="bold")
        for line in lines:
            show(f"  {line}")
        show()
    return 0


def _markdown(found: Summary, days: int) -> Iterator[str]:
    for title, lines in _sections(found, days):
        yield f"### {plain(title)}"
        yield ""
        yield from (f"- {plain(line)}" for line in lines)
        yield ""


def _sections(found: Summary, days: int) -> Iterator[tuple[str, list[str]]]:
    yield f"{found.workflow}: the last {counted(days, 'day')}", _asked(found)
    yield "Golden cases", _golden(found)
    measured = _measured(found)
    if found.kinds:
        yield (
            "Faults by kind",
            [
                *measured,
                *(
                    f"{one.kind or 'no kind'}: {one.faulty} of {counted(one.cases, 'case')}"
                    for one in found.kinds
                ),
            ],
        )
    if found.trends:
        yield "Metrics", [*measured, *_trends(found)]
    yield "Cost", _costs(found)


def _asked(found: Summary) -> list[str]:
    period = found.period
    total = sum(period.asked.values())
    if not total:
        return ["nothing was asked"]
    most_first = sorted(period.asked.items(), key=lambda one: -one[1])
    told = ", ".join(f"{count} {kind}" for kind, count in most_first)
    lines = [f"{counted(total, 'item')}: {told}"]
    if period.degraded:
        lines.append(f"{period.degraded} of them by a lesser route (a provider failed)")
    if period.fallback:
        lines.append(f"{period.fallback} of them with another model asked after one that failed")
    return lines


def _golden(found: Summary) -> list[str]:
    lines = [f"{counted(found.cases, 'case')}, {found.held} waiting for a second person"]
    if found.new_cases is None:
        lines.append("which are new is not known: no experiment is older than these days")
    elif found.new_cases:
        named = ", ".join(found.new_cases[:MOST_CASES])
        more = f" and {len(found.new_cases) - MOST_CASES} more" if len(found.new_cases) > MOST_CASES else ""
        lines.append(f"{len(found.new_cases)} new: {named}{more}")
    else:
        lines.append("none is new")
    lines.append(f"{counted(found.corrections, 'case')} from reviewers' corrections")
    for one in found.experiments[:MOST_CASES]:
        plan = one.experiment.plan
        called = " ".join(filter(None, (plan.label, plan.model))) or "as declared"
        state = "" if one.experiment.ended_at else ", stopped before its end"
        when = f"{one.experiment.started_at.astimezone():%Y-%m-%d %H:%M}"
        lines.append(
            f"experiment {one.experiment.id} {when}, {called}: {counted(one.done, 'run')}, "
            f"{one.cost_usd:.4f} USD{state}"
        )
    return lines


def _measured(found: Summary) -> list[str]:
    """Return whose figures these are: a change that was tried and dropped is not what answers."""
    if found.newest is None:
        return []
    said = f"of experiment {found.newest.experiment.id}"
    return [said if found.is_as_now else f"{said}; what is declared now was not measured (holdfast eval)"]


def _trends(found: Summary) -> list[str]:
    lines = []
    for one in found.trends:
        if one.now is None:
            continue
        before = "" if one.before is None else f" (before: {wording.value(one.before, one.metric.unit)})"
        lines.append(f"{one.metric.name}: {wording.value(one.now, one.metric.unit)}{before}")
    return lines


def _costs(found: Summary) -> list[str]:
    if not found.period.spent:
        return ["no model was called"]
    lines = []
    for one in found.period.spent:
        free = f", {one.unpriced} of them without a known price" if one.unpriced else ""
        tries = counted(one.attempts, "attempt")
        lines.append(f"{one.purpose}, {one.model}: {one.cost_usd:.4f} USD, {tries}{free}")
    golden = counted(found.period.golden, "run")
    lines.append(f"of this golden cases: {found.period.golden_usd:.4f} USD in {golden}")
    return lines


def _json(found: Summary, days: int) -> dict[str, Any]:
    period = found.period
    return {
        "v": 1,
        "workflow": found.workflow,
        "days": days,
        "since": found.start.isoformat(timespec="seconds"),
        "asked": period.asked,
        "degraded": period.degraded,
        "fallback": period.fallback,
        "experiments": [
            {
                "id": one.experiment.id,
                "version": one.experiment.plan.version,
                "label": one.experiment.plan.label,
                "model": one.experiment.plan.model,
                "started_at": one.experiment.started_at.isoformat(timespec="seconds"),
                "is_over": one.experiment.ended_at is not None,
                "runs": one.done,
                "cost_usd": one.cost_usd,
            }
            for one in found.experiments
        ],
        "faults_by_kind": {one.kind: {"cases": one.cases, "faulty": one.faulty} for one in found.kinds},
        "measured": (
            {"experiment": found.newest.experiment.id, "is_as_now": found.is_as_now} if found.newest else None
        ),
        "metrics": {one.metric.name: {"now": one.now, "before": one.before} for one in found.trends},
        "cases": found.cases,
        "new_cases": found.new_cases,
        "corrections": found.corrections,
        "held": found.held,
        "spent": [
            {"purpose": one.purpose, "model": one.model, "attempts": one.attempts, "cost_usd": one.cost_usd,
             "unpriced": one.unpriced}
            for one in period.spent
        ],
        "golden_usd": period.golden_usd,
    }  # fmt: skip
