"""`holdfast forget`: take a document or a person out, and prove it."""

from __future__ import annotations

import sys
from pathlib import Path

import typer

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import say, show, show_json
from holdfast.cli.target import Target, local_user, target_of
from holdfast.contract import forget_json
from holdfast.erasing import Erased
from holdfast.errors import StorageError, UsageError
from holdfast.session import Flow


def forget(
    *, words: list[str], folder: Path | None, user: str | None, source: str, yes: bool, as_json: bool
) -> int:
    """Forget, report, and return 5 when anything is left."""
    target = target_of(words, folder, wanted=0 if user else 1)
    if user is None and len(target.words) != 1:
        raise UsageError("one document is to be named", move="holdfast forget hr/letter.pdf")
    erased = finish(_forget(target, user, source, yes=yes))
    if erased is None:
        say("nothing was forgotten")
        return 0
    show_json(forget_json(erased)) if as_json else _show(erased)
    return StorageError.exit_code if erased.searched.left else 0


async def _forget(target: Target, user: str | None, source: str, *, yes: bool) -> Erased | None:
    async with opened(target.path) as flow:
        if user is not None:
            if not _may(f"every run that {user} asked for, and the name in the audit record", yes=yes):
                return None
            return await flow.forget_person(user, who=local_user(), waiting=_waiting)
        document = _name_of(target.words[0])
        if not _may(_described(flow, document, source), yes=yes):
            return None
        return await flow.forget(document, source=source, who=local_user(), waiting=_waiting)


def _name_of(word: str) -> str:
    return word.removeprefix("./")


def _described(flow: Flow, document: str, source: str) -> str:
    plan = flow.erasable(document, source=source)
    attached = f" and {len(plan.paths) - 1} documents attached to it" if len(plan.paths) > 1 else ""
    return (
        f"{plan.path} of {plan.source or 'an earlier source'}{attached}: every revision, and all runs on it"
    )


def _may(what: str, *, yes: bool) -> bool:
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody is there to be asked", move="Add --yes: what is forgotten cannot be restored"
        )
    return typer.confirm(f"Forget {what}? It cannot be restored", err=True)


def _waiting(holder: str) -> None:
    say(f"a sync is running ({holder}); waiting for it")


def _show(erased: Erased) -> None:
    gone, person, searched = erased.documents, erased.person, erased.searched
    if gone is not None:
        show(
            f"forgotten: {len(gone.documents)} documents, {gone.revisions} revisions, {gone.chunks} chunks, "
            f"{gone.vectors} vectors, the texts of {gone.runs} runs"
        )
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
