"""`holdfast plan`: what a changed declaration or prompt does, in words and on the golden cases."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from holdfast.cli.commands.evaluate import going_on
from holdfast.cli.eval_progress import telling
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import ready
from holdfast.cli.screen import counted, say, show, show_json
from holdfast.cli.target import local_user, principal_of, target_of
from holdfast.cli.written import put
from holdfast.evaluating.evaluate import Told, Wanted
from holdfast.evaluating.laboratory import Laboratory, Order
from holdfast.evaluating.measures import measures_with_judges
from holdfast.evaluating.plan import Planned, plan
from holdfast.evaluating.wanted import default_width, wanted_of
from holdfast.evaluation.experiments import wording
from holdfast.evaluation.experiments.contract import eval_json
from holdfast.evaluation.experiments.markdown import markdown as eval_markdown
from holdfast.evaluation.experiments.markdown import plain
from holdfast.evaluation.experiments.page import document, listed, page_parts
from holdfast.evaluation.experiments.report import Report

MOST_CASES = 20
MOST_LINES = 40
STYLES = {"+": "green", "-": "red"}


def plan_change(
    *,
    words: list[str],
    folder: Path | None,
    against: str,
    run_cases: bool,
    sample: int,
    budget: float | None,
    markdown: Path | None,
    html: Path | None,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
) -> int:
    """Print the change in words and, unless told not to, which cases end otherwise."""
    target = target_of(words, folder, wanted=0)
    reader = principal_of(user, groups)

    async def work() -> Planned:
        async with ready(target) as flow:
            order = Order(at_once=default_width(flow), sample=sample, budget_usd=budget)

            async def wanted() -> Wanted:
                measures = await measures_with_judges(flow.wiring)
                return wanted_of(
                    flow, measures, order, reader=reader, who=local_user(), extra_runs=0, may_reuse=True
                )

            with telling() as progress, going_on():
                laboratory = Laboratory(flow.wiring.database, user=local_user(), progress=progress)
                told = Told(building=lambda one: say(f"note: {one}"), note=lambda note: say(f"note: {note}"))
                return await plan(flow, laboratory, wanted if run_cases else None, ref=against, told=told)

    found = finish(work())
    if markdown is not None:
        put(markdown, ("\n".join(_markdown(found)) + "\n").encode("utf-8", "replace"))
    if html is not None:
        put(html, _page(found).encode("utf-8", "replace"))
    if as_json:
        show_json(_json(found))
    else:
        _show(found)
    return 0


def _show(found: Planned) -> None:
    show(f"against {found.ref}; this makes Version {found.version}", style="bold")
    if not found.changes:
        show("Nothing changes: declaration, prompts and hooks are the same.")
        return
    for change in found.changes:
        show(f"  {change}")
        for line in change.lines[:MOST_LINES]:
            show(
                f"      {line}",
                style="green" if line.startswith("+") else "red" if line.startswith("-") else "",
            )
    if found.indexed_anew:
        show(f"`holdfast sync` indexes anew: {', '.join(found.indexed_anew)} changed")
    if found.evaluated is not None:
        _show_cases(found.evaluated.report)


def _show_cases(report: Report) -> None:
    show()
    moved = [one for one in report.changed if one.before != one.now]
    show(f"{counted(len(moved), 'case')} of {report.cases} end otherwise", style="bold")
    for one in moved[:MOST_CASES]:
        worse = f"; worse: {', '.join(one.worse)}" if one.worse else ""
        better = f"; better: {', '.join(one.better)}" if one.better else ""
        show(f"  {one.case}: {one.before} -> {one.now}{worse}{better}")
    if len(moved) > MOST_CASES:
        show(f"  ... and {len(moved) - MOST_CASES} more; --json, --markdown or --html have them", style="dim")
    for line in report.lines:
        if line.result:
            unit = line.metric.unit
            show(
                f"  {line.metric.name}: {wording.value(line.baseline, unit)} -> "
                f"{wording.value(line.value, unit)}, {line.result}"
            )
    cost, took = wording.dollars(report.cost_usd), wording.seconds(report.took_s)
    show(f"The gate would {_would(report)}: {cost}, {took}")


def _would(report: Report) -> str:
    return {"pass": "pass", "fail": "fail", "unclear": "be unclear"}[report.result]


def _markdown(found: Planned) -> Iterator[str]:
    yield f"### Plan against {plain(found.ref)}: Version `{found.version}`"
    yield ""
    if not found.changes:
        yield "Nothing changes: declaration, prompts and hooks are the same."
        return
    for change in found.changes:
        yield f"- {plain(str(change))}"
        if change.lines:
            yield ""
            yield "  ````diff"
            yield from (f"  {line.replace('````', '` ` ` `')}" for line in change.lines[:MOST_LINES])
            yield "  ````"
            yield ""
    if found.indexed_anew:
        yield f"- `holdfast sync` indexes anew: {', '.join(found.indexed_anew)} changed"
    yield ""
    if found.evaluated is not None:
        yield eval_markdown(found.evaluated.report).rstrip("\n")


def _page(found: Planned) -> str:
    title = f"Plan against {found.ref}"
    parts = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">Version {escape(found.version)}</p>',
        "<h2>What changes</h2>",
        listed([str(change) for change in found.changes]) or "<p>Nothing.</p>",
    ]
    parts += [
        f"<h2>{escape(change.place)}</h2><pre>{_marked(change.lines)}</pre>"
        for change in found.changes
        if change.lines
    ]
    if found.indexed_anew:
        parts.append(f"<p>holdfast sync indexes anew: {escape(', '.join(found.indexed_anew))} changed</p>")
    if found.evaluated is not None:
        parts += page_parts(found.evaluated.report)
    return document(title, parts)


def _marked(lines: tuple[str, ...]) -> str:
    marks = {"+": "ins", "-": "del"}
    told = []
    for line in lines:
        mark = marks.get(line[:1])
        told.append(f"<{mark}>{escape(line)}</{mark}>" if mark else escape(line))
    return "\n".join(told)


def _json(found: Planned) -> dict[str, Any]:
    return {
        "v": 1,
        "against": found.ref,
        "version": found.version,
        "changes": [
            {"place": one.place, "before": one.before, "now": one.now, "says": one.says, "lines": one.lines}
            for one in found.changes
        ],
        "indexed_anew": found.indexed_anew,
        "evaluation": eval_json(found.evaluated.report) if found.evaluated else None,
    }
