"""Write an evaluation as Markdown, for a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from holdfast.evaluation.experiments import wording
from holdfast.evaluation.experiments.report import Line, Report

MOST_CASES = 30
"""Cases of each list; the whole of them is in the HTML page and in --json."""
SIGNS = {"pass": "passes", "fail": "FAILS", "unclear": "is unclear"}


def markdown(report: Report) -> str:
    """Return the comment: result, table, changed cases, failures, cost and seconds."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"### {plain(report.workflow)}: evaluation {SIGNS[report.result]}"
    yield ""
    for reason in report.because:
        yield f"- {plain(reason)}"
    if report.because:
        yield ""
    yield from _table(report)
    yield from _changed(report)
    yield from _failures(report)
    for note in (*report.unstable_lines, *report.notes):
        yield f"- {plain(note)}"
    if report.unstable_lines or report.notes:
        yield ""
    not_run = f", {len(report.not_run)} not run" if report.not_run else ""
    against = f" against {report.against}" if report.against else ""
    yield (
        f"{report.cases} of {report.planned} cases{not_run}, {wording.dollars(report.cost_usd)}, "
        f"{wording.seconds(report.took_s)}. Experiment `{report.experiment}`, Version `{report.version}`"
        f"{plain(against)}."
    )


def _table(report: Report) -> Iterator[str]:
    if report.against:
        yield "| metric | baseline | now | difference | 95% interval | result |"
        yield "|---|---:|---:|---:|---:|---|"
    else:
        yield "| metric | value | 95% interval | cases |"
        yield "|---|---:|---:|---:|"
    for line in report.lines:
        yield _row(line, compared=bool(report.against))
    yield ""


def _row(line: Line, *, compared: bool) -> str:
    unit, found = line.metric.unit, line.measured
    name = line.metric.name
    if found.value is None:
        told = f"not computed: {plain(found.why)}"
        return f"| {name} |  |  |  |  | {told} |" if compared else f"| {name} | {told} |  | 0 |"
    if not compared:
        ends = wording.interval(found.interval, unit)
        return f"| {name} | {wording.value(found.value, unit)} | {ends} | {found.cases} |"
    result = f"**{line.result}**" if line.fails else line.result
    says = f": {plain(line.says)}" if line.says and line.result != "not worse" else ""
    cells = (
        name, wording.value(line.baseline, unit), wording.value(line.value, unit),
        wording.difference(line.difference, unit), wording.interval(line.difference_interval, unit),
        f"{result}{says}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _changed(report: Report) -> Iterator[str]:
    if not report.changed:
        return
    yield f"<details><summary>{len(report.changed)} cases changed</summary>"
    yield ""
    yield "| case | before | now | worse | better |"
    yield "|---|---|---|---|---|"
    for one in report.changed[:MOST_CASES]:
        cells = (plain(one.case), one.before, one.now, ", ".join(one.worse), ", ".join(one.better))
        yield f"| {' | '.join(cells)} |"
    yield from _more(len(report.changed))
    yield ""
    yield "</details>"
    yield ""


def _failures(report: Report) -> Iterator[str]:
    if not report.failures:
        return
    cases = len({failure.case for failure in report.failures})
    yield f"<details><summary>{cases} cases with faults</summary>"
    yield ""
    for failure in report.failures[:MOST_CASES]:
        yield f"- {plain(failure.case)}, {failure.metric}: {plain(failure.why)}"
    yield from _more(len(report.failures))
    yield ""
    yield "</details>"
    yield ""


def _more(count: int) -> Iterator[str]:
    if count > MOST_CASES:
        yield ""
        yield f"... and {count - MOST_CASES} more; `holdfast eval --json` and `--html` have all of them."


def plain(text: str) -> str:
    """Return text that Markdown shows as it is: document and model text is never markup."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>|#!~&@])", r"\\\1", one_line)
