"""Print cases of the review queue for people."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from holdfast.cli.screen import show
from holdfast.domain.cases import Case
from holdfast.domain.locators import Locator
from holdfast.domain.outputs import Record, shown_value
from holdfast.domain.reviews import FORGOTTEN, Finished, ReviewItem
from holdfast.reviewing.checks import failed_checks
from holdfast.reviewing.review import ReviewCase
from holdfast.reviewing.sources import shown_of
from holdfast.reviewing.verdicts import changes_to, record_of
from holdfast.storage.runs import StoredRun
from holdfast.text.sentences import is_row

UNKEPT = (
    "Only its text is on record, not its fields: it was made before they were kept, or before an output was "
    "declared. Fill in a record: holdfast review edit RUN --record FILE, or --set FIELD=VALUE."
)
WIDTH = 96
LONGEST = 60
FEW = 10
"""Fewer minutes are told with a decimal."""
ATTACHED = 3_000
"""Characters of an attachment, and of a turn, that are printed."""


def show_line(item: ReviewItem, now: datetime) -> None:
    """Print a case as one line: risk, how long it may still wait, whose it is, the question."""
    is_forgotten = item.verdict == FORGOTTEN
    nothing = "(what it rests on was forgotten)" if item.kind == "forgotten" else "(fields only)"
    question = " ".join(item.question.split()) or nothing
    whose = item.claimed_by and f"held by {item.claimed_by}"
    whose = whose or (item.owner and f"for {item.owner}") or (item.route and f"for {item.route}") or ""
    if item.state == "done":
        whose = "closed" if is_forgotten else f"{item.verdict} by {item.done_by}"
    show(f"{item.run[:8]}  {item.risk:<6}  {_due(item, now):<16}  {whose:<24}  {question[:LONGEST]}")


def show_counts(counts: Iterable[Finished]) -> None:
    """Print who finished how much."""
    for one in counts:
        minutes = f"{one.median_minutes:,.{1 if one.median_minutes < FEW else 0}f}"
        show(
            f"{one.who}: {one.total} finished ({one.accepted} accepted, {one.edited} edited, "
            f"{one.rejected} rejected), half of them within {minutes} minutes",
            style="dim",
        )


def show_case_whole(
    case: ReviewCase, golden: Sequence[Case], *, is_own: bool = False, has_output: bool = False
) -> None:
    """Print one case: what was asked, the draft, its evidence, what speaks against it, what was decided."""
    item = case.item
    cause, due = item.cause.value.replace("_", " "), f"{item.due_at.astimezone():%Y-%m-%d %H:%M}"
    show(f"case {item.run}", style="bold")
    show(f"  {item.risk} risk, {cause}, due {due}")
    owner = ", ".join(filter(None, (item.owner, item.substitute and f"substitute {item.substitute}")))
    route = f"; for {item.route}" if item.route else ""
    show(f"  asked by {item.asker}{route}{f'; owner {owner}' if owner else ''}")
    if is_own and item.state != "done":
        show("  you asked it yourself: another reviewer decides it (review.own_cases)")
    if item.claimed_by and item.claimed_until:
        show(f"  held by {item.claimed_by} until {item.claimed_until.astimezone():%H:%M}")
    asked = case.run.item
    _show_turns((turn["speaker"], turn["text"]) for turn in asked.get("history") or ())
    show("Question", style="bold")
    nothing = "(what it rests on was forgotten: the case is closed)"
    show(_wrapped(item.question or (nothing if item.verdict == FORGOTTEN else "(fields only)")))
    for name, value in asked["fields"].items():
        show(_wrapped(f"{name}: {value}"))
    _show_attached((file["name"], file["text"]) for file in asked.get("attachments") or ())
    _show_draft(case, has_output=has_output)
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
        for line in changes_told(case.run, one.record):
            show(_wrapped(f"changed: {line}"))
    for one_case in golden:
        state = "held" if one_case.held else f"confirmed by {one_case.confirmed_by}"
        show(f"golden case {one_case.id} in {one_case.file}, {state}")


def _show_turns(turns: Iterable[tuple[str, str]]) -> None:
    """Print what was said before the question, the oldest first."""
    for number, (speaker, text) in enumerate(turns):
        if not number:
            show("Earlier turns", style="bold")
        show(_wrapped(f"{speaker}: {_begun(text)}"))


def _show_attached(files: Iterable[tuple[str, str]]) -> None:
    """Print what came with the question: each file's name, then its text as it was read."""
    for name, text in files:
        show(f"Attached: {name}", style="bold")
        show(_wrapped(_begun(text)))


def _begun(text: str) -> str:
    left = len(text) - ATTACHED
    return f"{text[:ATTACHED]}\n... {left:,} more characters: --json" if left > 0 else text


def _show_draft(case: ReviewCase, *, has_output: bool) -> None:
    show("Draft", style="bold")
    show(_wrapped(case.draft or "(none: the workflow handed the question over before it wrote)"))
    if has_output and case.draft and record_of(case.run) is None:
        show(_wrapped(UNKEPT))


def changes_told(run: StoredRun, record: Record | None) -> list[str]:
    """Return what a person's record has otherwise than the draft, a line for each field."""
    return [f"{one.path}: {_value(one.before)} -> {_value(one.after)}" for one in changes_to(run, record)]


def _value(value: Any) -> str:
    return "(nothing)" if value is None else shown_value(value)


def _show_evidence(case: ReviewCase) -> None:
    """Print every passage that the text of an edit can name, under its number."""
    shown = shown_of(case.run)
    cited = [one for one in shown if one.is_cited]
    others = [one for one in shown if not one.is_cited]
    for title, passages in (("Evidence", cited), ("Also found" if cited else "What was found", others)):
        if passages:
            show(title, style="bold")
        for one in passages:
            place = str(_locator(one.locator))
            show(f"  [{one.n}] {one.document}{f', {place}' if place else ''}")
            told = one.quote if one.is_cited else one.text
            if one.header:
                show(_wrapped(f"columns: {one.header}", indent=6), style="dim")
            lines = told.splitlines() if any(map(is_row, told.splitlines())) else [" ".join(told.split())]
            show("\n".join(_wrapped(f'"{line.strip()}"', indent=6) for line in lines if line.strip()))
    if not shown:
        show("No passage was found, so an edit can name none", style="dim")


def show_golden(case: Case) -> None:
    """Print what a second person confirms: the question, the right answer, the quotes it rests on."""
    expect = case.expect
    written = f", written by {case.written_by}" if case.written_by else ""
    show(f"golden case {case.id} ({case.file}){written}", style="bold")
    groups = f" in {', '.join(sorted(case.principal.groups))}" if case.principal.groups else ""
    show("Question", style="bold")
    show(_wrapped(case.question or "(fields only)"))
    show(f"  asked by {case.principal.user}{groups}")
    for name, value in case.fields.items():
        show(_wrapped(f"{name}: {value}"))
    _show_turns((turn.speaker.value, turn.text) for turn in case.history)
    _show_attached((file.name, file.text) for file in case.attachments)
    show(f"Expected: {expect.outcome}", style="bold")
    show(_wrapped(expect.answer or "(no text)"))
    for fact in expect.facts:
        show(_wrapped(f"has to state: {fact}"))
    for forbidden in expect.must_not_state:
        show(_wrapped(f"must not state: {forbidden}"))
    for name, field in expect.fields.items():
        show(_wrapped(f"field {name}: {field}"))
    show("Evidence" if expect.evidence else "It rests on no evidence", style="bold")
    for one in expect.evidence:
        place = str(one.locator)
        show(f"  {one.document}{f', {place}' if place else ''}")
        show(_wrapped(f'"{" ".join(one.quote.split())}"', indent=6))


def _locator(kept: Mapping[str, Any]) -> Locator:
    return Locator(**{**kept, "heading": tuple(kept["heading"])})


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
