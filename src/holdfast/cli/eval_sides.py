"""Print models side by side, and a Version beside itself."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from holdfast.cli.screen import show
from holdfast.evaluating.sides import Beside, Itself
from holdfast.evaluation.experiments import wording
from holdfast.evaluation.experiments.contract import line_json
from holdfast.evaluation.experiments.page import document, table
from holdfast.evaluation.experiments.plots import Mark, interval_plot
from holdfast.evaluation.experiments.report import Spread
from holdfast.evaluation.gate.false_alarms import Rate


def show_models(rows: Sequence[Beside]) -> None:
    """Print a block for each metric, a line for each model, then cost and seconds."""
    width = max(len(row.model) for row in rows) + 2
    names = [line.metric.name for line in rows[0].lines]
    for name in names:
        lines = [(row, next(line for line in row.lines if line.metric.name == name)) for row in rows]
        if all(line.measured.value is None for _, line in lines):
            continue
        show(name, style="bold")
        for row, line in lines:
            unit = line.metric.unit
            result = ": ".join(part for part in (line.result, line.says) if part)
            show(
                f"  {row.model:<{width}} {wording.value(line.measured.value, unit):>10}  "
                f"{wording.interval(line.measured.interval, unit):<20} {result}".rstrip()
            )
    for title, cells in _figures(rows):
        show(title, style="bold")
        for model, told in cells:
            show(f"  {model:<{width}} {told}")
    for row in rows:
        if row.not_run or row.stopped:
            why = f"; stopped: {row.stopped}" if row.stopped else ""
            show(
                f"{row.model}: {row.cases} of {row.planned} cases, {row.not_run} not run{why}", style="yellow"
            )
    if len(rows) > 1:
        show(f"results are against {rows[0].model}", style="dim")


def _figures(rows: Sequence[Beside]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (
            "cost of a case",
            [(row.model, _spread(row.cost_per_case, "USD", "price not known")) for row in rows],
        ),
        ("seconds of a case, median", [(row.model, _spread(row.seconds_p50, "s")) for row in rows]),
        ("seconds of a case, p95", [(row.model, _spread(row.seconds_p95, "s")) for row in rows]),
    ]


def _spread(spread: Spread | None, unit: Any, nothing: str = wording.NOTHING) -> str:
    if spread is None:
        return nothing
    return f"{wording.value(spread.value, unit)}  {wording.interval(spread.interval, unit)}"


def models_json(rows: Sequence[Beside]) -> dict[str, Any]:
    """Return what `eval --models --json` prints."""
    return {
        "v": 1,
        "against": rows[0].model,
        "models": [
            {
                "model": row.model,
                "experiment": row.experiment,
                "cases": row.cases,
                "planned": row.planned,
                "not_run": row.not_run,
                "metrics": {line.metric.name: line_json(line) for line in row.lines},
                "cost_per_case_usd": _spread_json(row.cost_per_case),
                "seconds_p50": _spread_json(row.seconds_p50),
                "seconds_p95": _spread_json(row.seconds_p95),
                "stopped": row.stopped or None,
            }
            for row in rows
        ],
    }


def _spread_json(spread: Spread | None) -> dict[str, Any] | None:
    return None if spread is None else {"value": spread.value, "interval": spread.interval}


def models_page(workflow: str, rows: Sequence[Beside]) -> str:
    """Return one HTML page: a plot for each share, a table of everything."""
    parts = [f"<h1>{escape(workflow)}: models side by side</h1>"]
    for number, first in enumerate(rows[0].lines):
        marks = [
            Mark(label=row.model, value=found.value, low=found.interval[0], high=found.interval[1],
                 told=f"{wording.value(found.value, 'share')} {wording.interval(found.interval, 'share')}")
            for row in rows
            if (found := row.lines[number].measured).value is not None and found.interval is not None
        ]  # fmt: skip
        if marks and first.metric.unit == "share":
            parts += [
                f"<h2>{escape(first.metric.name)}</h2>",
                interval_plot(marks, title=first.metric.name, zero=False),
            ]
    heads = [("", ""), *((row.model, "") for row in rows)]
    body = [
        [(first.metric.name, ""), *((_cell(row, number), "") for row in rows)]
        for number, first in enumerate(rows[0].lines)
    ]
    body += [[(title, ""), *((told, "") for _, told in cells)] for title, cells in _figures(rows)]
    return document(f"{workflow}: models", [*parts, "<h2>All figures</h2>", table(heads, body)])


def _cell(row: Beside, number: int) -> str:
    line = row.lines[number]
    unit, found = line.metric.unit, line.measured
    result = f" ({line.result})" if line.result else ""
    return f"{wording.value(found.value, unit)} {wording.interval(found.interval, unit)}{result}"


def show_a_a(found: Itself) -> None:
    """Print how often the gate and a plain threshold cry wolf."""
    show(
        f"{found.cases} cases, {found.repeats} times each under one Version: how often is it called worse "
        "than itself?"
    )
    show(f"{'metric':<26} {'the gate':<30} {'a plain threshold':<30} whole runs", style="bold")
    for name, alarms in found.alarms.items():
        show(f"{name:<26} {_rate(alarms.gate):<30} {_rate(alarms.threshold):<30} {_rate(alarms.whole_runs)}")
    for name, why in found.not_computed.items():
        show(f"{name:<26} not computed: {why}")
    show("whole runs: every run of all cases against every other; much above the gate means that runs differ "
         "as a whole", style="dim")  # fmt: skip


def _rate(rate: Rate) -> str:
    return f"{rate.share:.1%} [{rate.low * 100:.1f}, {rate.high * 100:.1f}] of {rate.of}"


def a_a_json(found: Itself) -> dict[str, Any]:
    """Return what `eval --a-a N --json` prints."""
    return {
        "v": 1,
        "experiment": found.experiment,
        "cases": found.cases,
        "repeats": found.repeats,
        "metrics": {
            name: {
                "gate": _rate_json(alarms.gate),
                "threshold": _rate_json(alarms.threshold),
                "not_worse": _rate_json(alarms.not_worse),
                "whole_runs": _rate_json(alarms.whole_runs),
            }
            for name, alarms in found.alarms.items()
        },
        "not_computed": found.not_computed,
    }


def _rate_json(rate: Rate) -> dict[str, Any]:
    return {"count": rate.count, "of": rate.of, "share": rate.share, "interval": [rate.low, rate.high]}
