"""Print an evaluation for people: a table of metrics, cases that changed, faults, cost and seconds."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Sequence

from holdfast.cli.screen import counted, show
from holdfast.evaluation.experiments import wording
from holdfast.evaluation.experiments.report import Line, Report

MOST_CASES = 12
MOST_KINDS = 8
WIDTH = 100
TITLES = {"pass": "The gate passes", "fail": "The gate FAILS", "unclear": "The gate is unclear"}
ALONE = {"pass": "No protective metric found harm", "fail": "Harm was found", "unclear": "Unclear"}


def show_report(report: Report) -> None:
    """Print everything that is told of one evaluation."""
    show(_heading(report), style="bold")
    show()
    if report.against:
        _show_compared(report.lines)
    else:
        _show_values(report.lines)
    _show_missing(report.lines)
    _show_kinds(report)
    _show_changed(report)
    _show_failures(report)
    if report.unstable_lines:
        show()
    for unstable in report.unstable_lines:
        show(_wrapped(unstable))
    if report.not_run:
        show()
        first = next(iter(sorted(report.not_run.items())))
        show(_wrapped(f"Not run: {counted(len(report.not_run), 'case')}, e.g. {first[0]}: {first[1]}"))
    show()
    for note in report.notes:
        show(_wrapped(f"note: {note}"), style="dim")
    _show_result(report)


def _heading(report: Report) -> str:
    against = f" against {report.against}" if report.against else ""
    repeats = f", {report.repeats} times each" if report.repeats > 1 else ""
    return f"{report.workflow}, {report.name}{against}: {report.cases} of {report.planned} cases{repeats}"


def _show_values(lines: Sequence[Line]) -> None:
    show(f"{'metric':<26} {'value':>12}  {'95% interval':<22} cases", style="bold")
    for line in lines:
        found, unit = line.measured, line.metric.unit
        if found.value is None:
            continue
        value, ends = wording.value(found.value, unit), wording.interval(found.interval, unit)
        show(f"{line.metric.name:<26} {value:>12}  {ends:<22} {found.cases:>5}")


def _show_compared(lines: Sequence[Line]) -> None:
    show(
        f"{'metric':<26} {'baseline':>12} {'now':>12} {'difference':>12}  {'95% interval':<20} result",
        style="bold",
    )
    for line in lines:
        unit = line.metric.unit
        if line.value is None:
            continue
        told = (
            f"{line.result}: {line.says}"
            if line.result in ("worse", "unclear") and line.says
            else line.result
        )
        row = (
            f"{line.metric.name:<26} {wording.value(line.baseline, unit):>12} "
            f"{wording.value(line.value, unit):>12} {wording.difference(line.difference, unit):>12}  "
            f"{wording.interval(line.difference_interval, unit):<20} {told or line.says}"
        )
        show(row, style="red" if line.fails else "yellow" if line.warns else "")


def _show_missing(lines: Sequence[Line]) -> None:
    """Print the metrics that could not be computed, by the reason."""
    missing: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line.value is None:
            missing[line.measured.why].append(line.metric.name)
    for why, names in missing.items():
        show(_wrapped(f"not computed, {why}: {', '.join(names)}"), style="dim")


def _show_kinds(report: Report) -> None:
    """Print the metric that comes first, by kind."""
    first = next((line.measured for line in report.lines if len(line.measured.by_kind) > 1), None)
    if first is None:
        return
    show()
    kinds = sorted(first.by_kind.items(), key=lambda one: -one[1].cases)[:MOST_KINDS]
    told = ", ".join(
        f"{kind or 'no kind'} {wording.value(share.value, first.metric.unit)} of {share.cases}"
        for kind, share in kinds
    )
    show(_wrapped(f"{first.metric.name} by kind: {told}"))


def _show_changed(report: Report) -> None:
    if not report.changed:
        return
    show()
    show(f"{counted(len(report.changed), 'case')} changed", style="bold")
    for one in report.changed[:MOST_CASES]:
        ends = one.before if one.before == one.now else f"{one.before} -> {one.now}"
        worse = f"; worse: {', '.join(one.worse)}" if one.worse else ""
        better = f"; better: {', '.join(one.better)}" if one.better else ""
        show(_wrapped(f"{one.case}: {ends}{worse}{better}", indent=2))
    _show_more(len(report.changed))


def _show_failures(report: Report) -> None:
    by_case: dict[str, list[str]] = defaultdict(list)
    for failure in report.failures:
        often = f" ({failure.repeats} of {failure.of})" if failure.of > 1 else ""
        by_case[failure.case].append(f"{failure.metric}{often}: {failure.why}")
    if not by_case:
        return
    show()
    show(f"{counted(len(by_case), 'case')} with faults", style="bold")
    for case, whys in list(by_case.items())[:MOST_CASES]:
        show(_wrapped(f"{case}: {'; '.join(whys)}", indent=2))
    _show_more(len(by_case))


def _show_more(count: int) -> None:
    if count > MOST_CASES:
        show(f"  ... and {count - MOST_CASES} more; --json, --markdown or --html have them", style="dim")


def _show_result(report: Report) -> None:
    titles = TITLES if report.against else ALONE
    colour = {"pass": "green", "fail": "red", "unclear": "yellow"}[report.result]
    show(f"{titles[report.result]}.", style=f"bold {colour}")
    for reason in report.because:
        show(_wrapped(reason, indent=2))
    p95 = f", {report.seconds_p95.value:.2f} s a case at p95" if report.seconds_p95 else ""
    show(
        f"experiment {report.experiment}: {wording.dollars(report.cost_usd)}, "
        f"{wording.seconds(report.took_s)}{p95}",
        style="dim",
    )


def _wrapped(text: str, *, indent: int = 0) -> str:
    margin = " " * indent
    return textwrap.fill(
        " ".join(text.split()), WIDTH, initial_indent=margin, subsequent_indent=margin + "  ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
