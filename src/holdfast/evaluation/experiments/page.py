"""Write an evaluation as one HTML page that needs nothing else: no script, no network, light or dark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from holdfast.evaluation.experiments import wording
from holdfast.evaluation.experiments.plots import Mark, interval_plot
from holdfast.evaluation.experiments.report import Line, Report

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --soft: #60646c; --line: #d9dce1; --ground: #fff;
  --good: #1a7f4b; --bad: #c62a2f; --open: #9a6700; --dot: #2f5fd0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #a0a6af; --line: #363a41;
  --ground: #16181c; --good: #5cc98f; --bad: #ff8a8d; --open: #e3b341; --dot: #8db0ff; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.soft { color: var(--soft); } .pass, .better { color: var(--good); } .fail, .worse { color: var(--bad); }
.unclear { color: var(--open); } ins { background: #1a7f4b33; text-decoration: none; }
del { background: #c62a2f33; } pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.plot { max-width: 100%; height: auto; } .plot text { fill: var(--ink); font-size: 12px; }
.plot .tick { fill: var(--soft); font-size: 11px; } .plot .grid { stroke: var(--line); }
.plot .zero { stroke: var(--ink); } .plot .reach { stroke: var(--dot); stroke-width: 3; }
.plot .dot { fill: var(--dot); }
.plot .reach.worse { stroke: var(--bad); } .plot .dot.worse { fill: var(--bad); }
.plot .reach.unclear { stroke: var(--open); } .plot .dot.unclear { fill: var(--open); }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
SHOWN = {"pass": "passes", "fail": "fails", "unclear": "is unclear"}


def page(report: Report) -> str:
    """Return the page of one evaluation."""
    return document(f"{report.workflow}: evaluation {SHOWN[report.result]}", page_parts(report))


def page_parts(report: Report) -> list[str]:
    """Return what stands in the page, for a page that holds more."""
    parts = [
        _heading(report),
        _facts(report),
        listed(report.because),
        *_plot(report),
        "<h2>Metrics</h2>",
        _metrics(report),
        *_by_kind(report),
        *_changed(report),
        *_failures(report),
        *_not_run(report),
    ]
    notes = (*report.unstable_lines, *report.notes)
    return [*parts, "<h2>Notes</h2>", listed(notes)] if notes else parts


def document(title: str, parts: Iterable[str]) -> str:
    """Return a whole page around its parts, which are HTML."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
            *parts,
            "</body></html>",
            "",
        ]
    )


def table(heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[tuple[str, str]]]) -> str:
    """Return a table; every cell is (text, CSS class) and is escaped."""
    shown = "".join(f'<th class="{kind}">{escape(head)}</th>' for head, kind in heads)
    body = "".join(
        "<tr>" + "".join(f'<td class="{kind}">{escape(cell)}</td>' for cell, kind in row) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{shown}</tr></thead><tbody>{body}</tbody></table></div>'


def listed(texts: Sequence[str]) -> str:
    """Return a list of texts, or nothing."""
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>" if texts else ""


def _heading(report: Report) -> str:
    shown = f'<span class="{report.result}">{SHOWN[report.result]}</span>'
    return f"<h1>{escape(report.workflow)}: the evaluation {shown}</h1>"


def _facts(report: Report) -> str:
    against = f" against {report.against}" if report.against else ""
    not_run = f", {len(report.not_run)} not run" if report.not_run else ""
    told = (
        f"{report.name}{against}: {report.cases} of {report.planned} cases{not_run}, "
        f"{wording.dollars(report.cost_usd)}, {wording.seconds(report.took_s)}. "
        f"Experiment {report.experiment}, Version {report.version}."
    )
    return f'<p class="soft">{escape(told)}</p>'


def _plot(report: Report) -> Iterator[str]:
    if report.against:
        marks = [mark for line in report.lines if (mark := _difference_mark(line)) is not None]
        title = "Difference to the baseline in percentage points, with its 95% interval"
    else:
        marks = [mark for line in report.lines if (mark := _value_mark(line)) is not None]
        title = "Shares in percent, with their 95% intervals"
    if marks:
        yield f"<h2>{title}</h2>"
        yield interval_plot(marks, title=title, zero=bool(report.against))


def _value_mark(line: Line) -> Mark | None:
    found = line.measured
    if found.value is None or found.interval is None or found.metric.unit != "share":
        return None
    low, high = found.interval
    told = f"{wording.value(found.value, 'share')} {wording.interval(found.interval, 'share')}"
    return Mark(label=found.metric.name, value=found.value, low=low, high=high, told=told)


def _difference_mark(line: Line) -> Mark | None:
    if line.difference is None or line.difference_interval is None or line.metric.unit != "share":
        return None
    low, high = line.difference_interval
    told = f"{wording.difference(line.difference, 'share')} {wording.interval((low, high), 'share')}"
    kind = line.result if line.result in ("worse", "unclear") else ""
    return Mark(label=line.metric.name, value=line.difference, low=low, high=high, told=told, kind=kind)


def _metrics(report: Report) -> str:
    if not report.against:
        heads = [("metric", ""), ("value", "n"), ("95% interval", "n"), ("cases", "n"), ("", "")]
        return table(heads, (_value_row(line) for line in report.lines))
    heads = [
        ("metric", ""),
        ("baseline", "n"),
        ("now", "n"),
        ("difference", "n"),
        ("95% interval", "n"),
        ("result", ""),
    ]
    return table(heads, (_compared_row(line) for line in report.lines))


def _value_row(line: Line) -> list[tuple[str, str]]:
    found, unit = line.measured, line.metric.unit
    told = f"not computed: {found.why}" if found.value is None else line.metric.says
    return [
        (line.metric.name, ""),
        (wording.value(found.value, unit), "n"),
        (wording.interval(found.interval, unit), "n"),
        (str(found.cases), "n"),
        (told, "soft"),
    ]


def _compared_row(line: Line) -> list[tuple[str, str]]:
    found, unit = line.measured, line.metric.unit
    result = f"{line.result}: {line.says}" if line.says else line.result
    if found.value is None:
        result = f"not computed: {found.why}"
    return [
        (line.metric.name, ""),
        (wording.value(line.baseline, unit), "n"),
        (wording.value(line.value, unit), "n"),
        (wording.difference(line.difference, unit), "n"),
        (wording.interval(line.difference_interval, unit), "n"),
        (result, {"not worse": "pass"}.get(line.result, line.result)),
    ]


def _by_kind(report: Report) -> Iterator[str]:
    shares = [line.measured for line in report.lines if line.metric.unit == "share" and line.measured.by_kind]
    kinds = sorted({kind for found in shares for kind in found.by_kind})
    if len(kinds) < 2:  # noqa: PLR2004 -- one kind is the whole
        return
    yield "<h2>By kind</h2>"
    heads = [("metric", ""), *((kind or "no kind", "n") for kind in kinds)]
    rows = []
    for found in shares:
        cells = [(found.metric.name, "")]
        for kind in kinds:
            share = found.by_kind.get(kind)
            cells.append((f"{share.value:.1%} of {share.cases}" if share else wording.NOTHING, "n"))
        rows.append(cells)
    yield table(heads, rows)


def _changed(report: Report) -> Iterator[str]:
    if not report.changed:
        return
    yield f"<h2>{len(report.changed)} cases changed</h2>"
    heads = [("case", ""), ("before", ""), ("now", ""), ("worse", ""), ("better", "")]
    yield table(
        heads,
        (
            [(one.case, ""), (one.before, ""), (one.now, ""), (", ".join(one.worse), "worse"),
             (", ".join(one.better), "better")]
            for one in report.changed
        ),
    )  # fmt: skip


def _failures(report: Report) -> Iterator[str]:
    if not report.failures:
        return
    by_case: dict[str, list[str]] = defaultdict(list)
    for failure in report.failures:
        often = f" ({failure.repeats} of {failure.of} repeats)" if failure.of > 1 else ""
        by_case[failure.case].append(f"{failure.metric}{often}: {failure.why}")
    yield f"<h2>{len(by_case)} cases with faults</h2>"
    rows = ([(case, ""), (why, "")] for case, whys in sorted(by_case.items()) for why in whys)
    yield table([("case", ""), ("what is wrong", "")], rows)


def _not_run(report: Report) -> Iterator[str]:
    if report.not_run:
        yield f"<h2>{len(report.not_run)} cases not run</h2>"
        rows = ([(case, ""), (why, "")] for case, why in sorted(report.not_run.items()))
        yield table([("case", ""), ("why", "")], rows)
