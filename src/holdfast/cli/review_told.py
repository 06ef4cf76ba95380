"""Print cases of the review queue for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from holdfast.cli.screen import show
from holdfast.domain.cases import Case
from holdfast.domain.locators import Locator
from holdfast.domain.reviews import Finished, ReviewItem
from holdfast.reviewing.checks import failed_checks
from holdfast.reviewing.review import ReviewCase

WIDTH = 96
LONGEST = 60
LONGEST_QUOTE = 300


def show_line(item: ReviewItem, now: datetime) -> None:
    """Print a case as one line: risk, how long it may still wait, whose it is, the question."""
    question = " ".join(item.question.split()) or "(fields only)"
    whose = item.claimed_by and f"held by {item.claimed_by}"
    whose = whose or (item.owner and f"for {item.owner}") or (item.route and f"for {item.route}") or ""
    if item.state == "done":
        whose = f"{item.verdict} by {item.done_by}"
    show(f"{item.run[:8]}  {item.risk:<6}  {_due(item, now):<16}  {whose:<24}  {question[:LONGEST]}")


def show_counts(counts: Iterable[Finished]) -> None:
    """Print who finished how much."""
    for one in counts:
        show(
            f"{one.who}: {one.total} finished ({one.accepted} accepted, {one.edited} edited, "
            f"{one.rejected} rejected), half of them within {one.median_minutes:,.0f} minutes",
            style="dim",
        )


def show_case_whole(case: ReviewCase, golden: Sequence[Case]) -> None:
    """Print one case: what was asked, the draft, its evidence, what speaks against it, what was decided."""
    item = case.item
    cause, due = item.cause.value.replace("_", " "), f"{item.due_at.astimezone():%Y-%m-%d %H:%M}"
    show(f"case {item.run}", style="bold")
    show(f"  {item.risk} risk, {cause}, due {due}")
    owner = ", ".join(filter(None, (item.owner, item.substitute and f"substitute {item.substitute}")))
    route = f"; for {item.route}" if item.route else ""
    show(f"  asked by {item.asker}{route}{f'; owner {owner}' if owner else ''}")
    if item.claimed_by and item.claimed_until:
        show(f"  held by {item.claimed_by} until {item.claimed_until.astimezone():%H:%M}")
    show("Question", style="bold")
    show(_wrapped(item.question or "(fields only)"))
    for name, value in case.run.item["fields"].items():
        show(_wrapped(f"{name}: {value}"))
    show("Draft", style="bold")
    show(_wrapped(case.draft or "(none: the workflow handed the question over before it wrote)"))
    outcome = case.run.outcome
    if outcome.get("reason"):
        show(_wrapped(f"Why it is here: {outcome['reason']}"))
    for problem in failed_checks(case.run):
        show(_wrapped(f"! {problem}"))
    _show_evidence(case)
    for one in case.decisions:
        words = ": ".join(filter(None, (one.category or one.to, one.words)))
        said = f" ({words})" if words else ""
        show(f"{one.action.value} by {one.who}, {one.at.astimezone():%Y-%m-%d %H:%M}{said}")
        if one.text:
            show(_wrapped(one.text))
    for one_case in golden:
        state = "held" if one_case.held else f"confirmed by {one_case.confirmed_by}"
        show(f"golden case {one_case.id} in {one_case.file}, {state}")


def _show_evidence(case: ReviewCase) -> None:
    cited = case.run.outcome.get("citations") or case.run.outcome.get("nearest") or ()
    if cited:
        show("Evidence" if case.run.outcome.get("citations") else "What came nearest", style="bold")
    for one in cited:
        place = Locator(**one["locator"] | {"heading": tuple(one["locator"]["heading"])})
        show(f"  [{one['n']}] {one['document']}{f', {place}' if f'{place}' else ''}")
        show(_wrapped(f'"{" ".join(str(one["quote"]).split())[:LONGEST_QUOTE]}"', indent=6))


def _due(item: ReviewItem, now: datetime) -> str:
    left = item.due_at - now
    if item.state == "done" and item.done_at:
        return f"{item.done_at.astimezone():%Y-%m-%d %H:%M}"
    return f"{_span(-left)} overdue" if left < timedelta() else f"due in {_span(left)}"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:  # noqa: PLR2004 -- minutes of an hour
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"


def _wrapped(text: str, indent: int = 2) -> str:
    margin = " " * indent
    return "\n".join(
        textwrap.fill(line, WIDTH, initial_indent=margin, subsequent_indent=margin, break_long_words=False)
        for line in text.splitlines()
    )
