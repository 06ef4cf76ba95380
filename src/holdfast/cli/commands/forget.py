"""`holdfast forget`: take a document or a person out, and prove it."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import counted, say, show, show_json
from holdfast.cli.target import Target, local_user, target_of
from holdfast.contract import forget_json, planned_json
from holdfast.erasing import Erasable, Erased, reckon_person
from holdfast.errors import StorageError, UsageError

MOST_CASES = 3
"""Golden cases that are named; the others are counted."""


def forget(
    *,
    words: list[str],
    folder: Path | None,
    user: str | None,
    source: str,
    yes: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Forget, report, and return 5 when anything is left; a dry run only says what would go."""
    target = target_of(words, folder, wanted=0 if user else 1)
    if user is None and len(target.words) != 1:
        raise UsageError("one document is to be named", move="holdfast forget hr/letter.pdf")
    planned, erased = finish(_forget(target, user, source, yes=yes, dry_run=dry_run))
    if erased is None:
        show_json(planned_json(planned)) if as_json else say("nothing was forgotten")
        return 0
    show_json(forget_json(erased, planned)) if as_json else _show(erased)
    return StorageError.exit_code if erased.searched.left else 0


async def _forget(
    target: Target, user: str | None, source: str, *, yes: bool, dry_run: bool
) -> tuple[Erasable | int, Erased | None]:
    """Return what was to go (for a person: how many runs), and what went, None where nothing did."""
    async with opened(target.path) as flow:
        if user is not None:
            count = reckon_person(flow.wiring, user)
            if not _may(_described_person(user, count), yes=yes, dry_run=dry_run):
                return count, None
            return count, await flow.forget_person(user, who=local_user(), waiting=_waiting)
        plan = flow.erasable(_name_of(target.words[0]), source=source, may_be_present=dry_run)
        if plan.blocked:
            say(f"not yet: {plan.blocked}")
        if not _may(_described(plan), yes=yes, dry_run=dry_run):
            return plan, None
        return plan, await flow.forget(plan.path, source=source, who=local_user(), waiting=_waiting)


def _name_of(word: str) -> str:
    return word.removeprefix("./")


def _described_person(user: str, runs: int) -> str:
    return f"{user}: {counted(runs, 'run')} go as a whole, the name goes from the audit record"


def _described(plan: Erasable) -> str:
    takes = plan.takes
    attached = f" and {counted(len(plan.paths) - 1, 'document')} attached to it" if plan.paths[1:] else ""
    kept = f"{counted(takes.revisions, 'revision')}, {counted(takes.chunks, 'chunk')} and "
    kept += counted(takes.vectors, "kept vector")
    emptied = (
        f"{counted(takes.runs, 'run')} will be emptied, each run that retrieved it or repeats such a run: "
        "who asked, when, how it ended and what it cost stay"
    )
    told = f"{plan.path} of {plan.source or 'an earlier source'}{attached}: {kept}; {emptied}"
    if takes.waiting:
        more = f" and {len(takes.waiting) - MOST_CASES} more" if len(takes.waiting) > MOST_CASES else ""
        told += f"; {counted(len(takes.waiting), 'case')} of the review queue lose question, draft and "
        told += "evidence and are closed, who holds or owns them is told: "
        told += ", ".join(map(str, takes.waiting[:MOST_CASES])) + more
    if plan.cases:
        more = f" and {len(plan.cases) - MOST_CASES} more" if len(plan.cases) > MOST_CASES else ""
        told += f"; {counted(len(plan.cases), 'golden case')} can hold no more and stay for you to change: "
        told += ", ".join(plan.cases[:MOST_CASES]) + more
    return told


def _may(what: str, *, yes: bool, dry_run: bool) -> bool:
    """Say what would go; return whether it may."""
    say(f"to be forgotten: {what}")
    if dry_run:
        return False
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody is there to be asked",
            move="Add --yes: what is forgotten cannot be restored; --dry-run only says what would go",
        )
    return typer.confirm("Forget this? It cannot be restored", err=True)


def _waiting(holder: str) -> None:
    say(f"a sync is running ({holder}); waiting for it")


def _show(erased: Erased) -> None:
    gone, person, searched = erased.documents, erased.person, erased.searched
    if gone is not None:
        show(
            f"forgotten: {len(gone.documents)} documents, {gone.revisions} revisions, {gone.chunks} chunks, "
            f"{gone.vectors} vectors, the texts of {gone.runs} runs"
        )
        for one in gone.waiting:
            show(f"closed: the case {one}")
    if person is not None:
        show(f"forgotten: {person.runs} runs; {person.audit} audit entries now say {person.pseudonym}")
    show(
        f"searched for {searched.pieces} pieces of it: {searched.records} values of the records, "
        f"{searched.files} files ({searched.bytes / 1e6:.1f} MB), both legs of the index"
    )
    for place in searched.left:
        show(f"LEFT in {place}", style="bold red")
    if not searched.left:
        show("nothing is left")
    for note in erased.notes:
        say(f"note: {note}")
