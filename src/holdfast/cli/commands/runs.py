"""`holdfast runs`: list runs, or show one stage by stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from holdfast.cli.assumed import audit_assumed
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import show, show_json, told_cost
from holdfast.cli.target import is_folder, principal_of, target_of
from holdfast.contract import run_json, runs_json
from holdfast.domain.access import Principal
from holdfast.domain.items import GOLDEN, REPLAY
from holdfast.domain.usage import Usage
from holdfast.errors import UsageError
from holdfast.storage.runs import RunSummary, StoredRun

LONGEST = 600
MARKS = {GOLDEN: "[golden case] ", REPLAY: "[replay] "}


def runs(
    *,
    words: list[str],
    folder: Path | None,
    limit: int,
    user: str | None,
    groups: list[str] | None,
    origin: str | None,
    as_json: bool,
) -> int:
    """List the newest runs, or show the one named."""
    target = target_of(words, folder, wanted=1 if words and not is_folder(words[0]) else 0)
    if len(target.words) > 1:
        raise UsageError("more than one run is named", move="Name one: holdfast runs RUN.")
    principal = principal_of(user, groups)
    # Without accounts the local user runs this workflow; who is asked for by name sees their own runs only.
    asked_by = principal.user if user or groups else ""
    run_id = target.words[0] if target.words else ""
    finish(_runs(target.path, run_id, principal, limit, origin, asked_by=asked_by, as_json=as_json))
    return 0


async def _runs(
    path: Path | None,
    run_id: str,
    principal: Principal,
    limit: int,
    origin: str | None,
    *,
    asked_by: str,
    as_json: bool,
) -> None:
    async with opened(path) as flow:
        audit_assumed(flow, principal, command="runs")
        if run_id:
            run = flow.run(run_id, principal=principal, asked_by=asked_by)
            show_json(run_json(run)) if as_json else _show_one(run)
            return
        summaries, hidden = flow.runs(principal=principal, limit=limit, asked_by=asked_by, origin=origin)
        show_json(runs_json(summaries, hidden)) if as_json else _show_all(summaries, hidden, limit, origin)


def _show_all(summaries: tuple[RunSummary, ...], hidden: int, limit: int, origin: str | None) -> None:
    for summary in summaries:
        when = summary.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        question = " ".join(summary.question.split())[:70]
        told = f"{summary.kind:<10}  {summary.took_ms:7.0f} ms  {_mark(summary)}{question}"
        show(f"{summary.id[:8]}  {when}  {told}")
    if len(summaries) + hidden == limit:
        show("older ones: --limit", style="dim")
    if not summaries:
        none = "no runs yet" if origin is None else f"no runs of this origin ({origin})"
        show(none if not hidden else "no runs that you may see")
    if hidden:
        show(f"{hidden} more hold text of documents that you may not see", style="dim")


def _mark(summary: RunSummary) -> str:
    """Return what stands before a question that nobody came with."""
    return MARKS.get(summary.origin, "")


def _show_one(run: StoredRun) -> None:
    summary = run.summary
    show(f"run {summary.id}", style="bold")
    show(f"  {_mark(summary)}asked by {summary.user} at {summary.started_at.astimezone():%Y-%m-%d %H:%M:%S}")
    show(f"  version {summary.version}, index version {summary.index_version}")
    model = summary.model or "no model"
    show(f"  {summary.kind} by {model} in {summary.took_ms:.0f} ms, {told_cost(summary.cost_usd)}")
    if summary.degraded:
        show(f"  degraded: {summary.degraded}")
    if summary.fallback and summary.fallback != summary.degraded:
        show(f"  fallback: {summary.fallback}")
    show(f"  question: {' '.join(summary.question.split())}")
    for stage in run.stages:
        show(f"{stage.stage:<12} {stage.took_ms:8.1f} ms  {stage.part}", style="bold")
        if stage.error:
            show(f"    failed: {stage.error}")
        show(f"    made: {_short(stage.made)}")
    show(
        f"{'between':<12} {run.outside_ms:8.1f} ms  the stages, and until the outcome was told", style="bold"
    )
    for attempt in run.attempts:
        cost = told_cost(attempt.cost_usd)
        tokens = _used(attempt.usage)
        guessed = " (estimated)" if attempt.is_estimated else ""
        show(f"attempt      {attempt.took_ms:8.1f} ms  {attempt.model}: {attempt.status}", style="bold")
        carried = ", in a batch" if attempt.is_batch else ""
        saved = f", {attempt.saved_usd:.4f} USD saved by a cache" if attempt.saved_usd else ""
        show(f"    {tokens}{guessed}, {cost}{saved}{carried}")
        if attempt.error:
            show(f"    failed: {attempt.error}")
    show("`--json` shows everything each stage was given and made", style="dim")


def _used(usage: Usage) -> str:
    """Return what a call used: `1,000 (600 from, 200 into the provider's cache) + 40 tokens`."""
    cached = (f"{usage.cached_tokens:,} from",) if usage.cached_tokens else ()
    written = (f"{usage.written_tokens:,} into",) if usage.written_tokens else ()
    parts = f" ({', '.join(cached + written)} the provider's cache)" if cached or written else ""
    searches = f", {usage.searches:,} searches" if usage.searches else ""
    return f"{usage.input_tokens:,}{parts} + {usage.output_tokens:,} tokens{searches}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."
