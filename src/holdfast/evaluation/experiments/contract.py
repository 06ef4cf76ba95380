"""The JSON of an evaluation that other tools rely on (docs/command-line.md)."""

from __future__ import annotations

from typing import Any

from holdfast.evaluation.experiments.report import Line, Report

VERSION = 1


def eval_json(report: Report) -> dict[str, Any]:
    """Return an evaluation as `eval --json` prints it."""
    return {
        "v": VERSION,
        "experiment": report.experiment,
        "result": report.result,
        "cases": report.cases,
        "metrics": {line.metric.name: line_json(line) for line in report.lines},
        "failures": [{"case": one.case, "metric": one.metric, "why": one.why} for one in report.failures],
        "cost_usd": report.cost_usd,
        "took_s": round(report.took_s, 3),
        "because": list(report.because),
        "version": report.version,
        "against": report.against or None,
        "planned": report.planned,
        "not_run": [{"case": case, "why": why} for case, why in sorted(report.not_run.items())],
        "unstable": list(report.unstable),
        "unstable_before": list(report.unstable_before),
        "changed": [
            {"case": one.case, "before": one.before, "now": one.now, "worse": one.worse, "better": one.better}
            for one in report.changed
        ],
        "notes": list(report.notes),
    }


def line_json(line: Line) -> dict[str, Any]:
    """Return one metric of an evaluation."""
    found = line.measured
    return {
        "value": _rounded(line.value),
        "interval": _rounded_pair(found.interval),
        "baseline": _rounded(line.baseline),
        "difference": _rounded(line.difference),
        "difference_interval": _rounded_pair(line.difference_interval),
        "result": line.result or None,
        "gate": "fails" if line.fails else "warns" if line.warns else None,
        "unit": line.metric.unit,
        "cases": found.cases,
        "by_kind": {
            kind: {"value": _rounded(one.value), "cases": one.cases} for kind, one in found.by_kind.items()
        },
        "why": found.why or line.says or None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _rounded_pair(ends: tuple[float, float] | None) -> list[float] | None:
    return None if ends is None else [round(end, 6) for end in ends]
