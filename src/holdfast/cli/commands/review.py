"""`holdfast review`: the life of a case on the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from holdfast.cli.assumed import audit_assumed
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.review_edit import Edit, Written
from holdfast.cli.review_told import changes_told, show_case_whole, show_counts, show_golden, show_line
from holdfast.cli.screen import counted, say, show, show_json
from holdfast.cli.target import Target, is_folder, principal_of, target_of
from holdfast.correcting import cases_of_run, confirm, held_case, held_cases, make_case
from holdfast.domain.access import Principal
from holdfast.domain.cases import Case
from holdfast.domain.outputs import OutputSpec
from holdfast.domain.reviews import Action, ReviewItem
from holdfast.errors import HoldfastError, UsageError
from holdfast.review_contract import case_json, decided_json, queue_json
from holdfast.reviewing.review import ReviewCase
from holdfast.reviewing.support import unsupported_by
from holdfast.session import Flow

Asked = tuple[Target, Principal]


def list_cases(
    *,
    words: list[str],
    folder: Path | None,
    done: bool,
    limit: int,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
) -> int:
    """List what waits, or what was finished with who finished how much."""
    target, principal = target_of(words, folder, wanted=0), principal_of(user, groups)

    def work(flow: Flow) -> None:
        review = flow.review
        found = (review.finished if done else review.queue)(principal, limit=limit)
        counts = review.counted() if done else ()
        held = () if done else _waiting_golden(flow, principal)
        if as_json:
            show_json(queue_json(found, counts=counts, held=held))
            return
        for item in found.items:
            show_line(item, datetime.now(UTC))
        if not found.items:
            nothing = "nothing was finished yet" if done else "nothing waits"
            show(f"{nothing} of what you may see" if found.hidden else nothing)
        if found.more:
            show("further ones: --limit", style="dim")
        if found.hidden:
            show(f"{found.hidden} more hold text of documents that you may not see", style="dim")
        show_counts(counts)
        for one in held:
            written = one.written_by or "nobody named"
            show(f"held: {one.id}, written by {written}; holdfast review confirm {one.id}")

    return _worked(target, principal, work)


def _waiting_golden(flow: Flow, principal: Principal) -> tuple[Case, ...]:
    """Return the golden cases that wait; a mistake in their files is told and keeps nobody from the queue."""
    try:
        return held_cases(flow.wiring, principal)
    except HoldfastError as error:
        say(f"golden cases that wait are not listed: {error}", style="yellow")
        return ()


def show_case(
    *, words: list[str], folder: Path | None, user: str | None, groups: list[str] | None, as_json: bool
) -> int:
    """Show one case whole."""
    (target, principal), run = _asked(words, folder, user, groups), _one(words, folder, "case")

    def work(flow: Flow) -> None:
        case = flow.review.case(run, principal)
        made = _cases_of(flow, case.item.run)
        if as_json:
            show_json(case_json(case, golden=made))
        else:
            is_own, has_output = flow.review.is_closed_to(case.item, principal), flow.review.shape is not None
            show_case_whole(case, made, is_own=is_own, has_output=has_output)

    return _worked(target, principal, work)


def act(
    *,
    act: str,
    words: list[str],
    folder: Path | None,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
    to: str = "",
) -> int:
    """Claim a case, let go of it, or make somebody else its owner."""
    (target, principal), run = _asked(words, folder, user, groups), _one(words, folder, "case")

    def work(flow: Flow) -> None:
        review = flow.review
        if act == "reassign":
            item = review.reassign(run, principal, to=to)
            said = f"{item.owner} is the owner of {item.run[:8]} now"
        elif act == "release":
            item = review.release(run, principal)
            said = f"{item.run[:8]} is free"
        else:
            item = review.claim(run, principal)
            until = item.claimed_until.astimezone() if item.claimed_until else None
            said = f"{item.run[:8]} is yours until {until:%H:%M}"
        _told(item, said, as_json=as_json)

    return _worked(target, principal, work)


def decide(
    *,
    action: str,
    words: list[str],
    folder: Path | None,
    golden: bool,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
    category: str = "",
    said: str = "",
    edit: Callable[[ReviewCase, OutputSpec | None], Edit] | None = None,
) -> int:
    """End a case; with `golden` its golden case is made in the same call."""
    (target, principal), run = _asked(words, folder, user, groups), _one(words, folder, "case")

    def work(flow: Flow) -> None:
        review = flow.review
        shape = review.shape if edit is not None else None
        spec = shape.spec if shape is not None else None
        made = edit(review.case(run, principal), spec) if edit is not None else Edit()
        item = review.finish(
            run, principal, Action(action), text=made.text, output=made.output, cites=made.cites,
            category=category, words=said,
        )  # fmt: skip
        # The answer is on its way whatever becomes of the golden case: a mistake in a file says so behind it.
        told = f"{item.verdict}ed" if item.verdict != "accept" else "approved"
        say(f"{item.run[:8]} {told}; {item.asker} is told")
        case = review.case(item.run, principal)
        for line in changes_told(case.run, case.decisions[-1].record):
            say(f"  {line}")
        for one in unsupported_by(flow.wiring.checker, case.run, case.decisions[-1], shape=spec):
            say(f"not in its sources: {one.text}{f' ({one.why})' if one.why else ''}")
        held = make_case(flow.wiring, item.run, principal) if golden else None
        if as_json:
            show_json(decided_json(item, golden=held))
        elif held is not None:
            _show_held(held)

    return _worked(target, principal, work)


def edit(*, text: str, record: str, fields: list[str], cites: list[str], **told: Any) -> int:
    """End a case with a text or a record of one's own; takes what `decide` takes besides."""
    written = Written(text=text, record=record, fields=fields, cites=cites)
    return decide(action="edit", edit=written.edit_of, **told)


def hand_over(
    *,
    to: str,
    said: str,
    words: list[str],
    folder: Path | None,
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
) -> int:
    """Put a run into the queue."""
    (target, principal), run = _asked(words, folder, user, groups), _one(words, folder, "run")

    def work(flow: Flow) -> None:
        whole = flow.review.hand_over(run, principal, to=to, words=said)
        show_json({"v": 1, "run": whole, "to": to}) if as_json else show(f"{whole[:8]} waits for {to}")

    return _worked(target, principal, work)


def make_golden(
    *, words: list[str], folder: Path | None, user: str | None, groups: list[str] | None, as_json: bool
) -> int:
    """Make a golden case of a decision."""
    (target, principal), run = _asked(words, folder, user, groups), _one(words, folder, "case")

    def work(flow: Flow) -> None:
        made = make_case(flow.wiring, run, principal)
        show_json(_golden(made)) if as_json else _show_held(made)

    return _worked(target, principal, work)


def confirm_golden(
    *,
    words: list[str],
    folder: Path | None,
    user: str | None,
    groups: list[str] | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Show a held golden case, and confirm it."""
    (target, principal), name = _asked(words, folder, user, groups), _one(words, folder, "golden case")

    def work(flow: Flow) -> None:
        waiting = held_case(flow.wiring, name, principal)
        if not as_json:
            show_golden(waiting)
        if sys.stdin.isatty() and not (yes or as_json) and not typer.confirm("Is this right?", err=True):
            say("nothing was confirmed")
            return
        case = confirm(flow.wiring, name, principal)
        told = f"{case.id} is confirmed and run from now on ({case.file})"
        show_json(_golden(case)) if as_json else show(told)

    return _worked(target, principal, work)


def tell(*, words: list[str], folder: Path | None, as_json: bool) -> int:
    """Send the notices that are due."""
    target = target_of(words, folder, wanted=0)

    async def telling() -> int:
        async with opened(target.path) as flow:
            return await flow.tell()

    tried = finish(telling())
    show_json({"v": 1, "tried": tried}) if as_json else show(f"{counted(tried, 'notice')} tried")
    return 0


def _worked(target: Target, principal: Principal, work: Callable[[Flow], None]) -> int:
    async def opened_work() -> None:
        async with opened(target.path) as flow:
            audit_assumed(flow, principal, command="review")
            work(flow)
            try:
                await flow.tell()
            except HoldfastError as error:  # what was decided is on record; telling is tried again
                say(f"warning: {error}")

    finish(opened_work())
    return 0


def _asked(words: list[str], folder: Path | None, user: str | None, groups: list[str] | None) -> Asked:
    return target_of(words, folder, wanted=1), principal_of(user, groups)


def _one(words: list[str], folder: Path | None, what: str) -> str:
    found = target_of(words, folder, wanted=1).words
    if len(found) != 1 or (len(words) == 1 and is_folder(words[0])):
        raise UsageError(f"one {what} is to be named", move="`holdfast review` lists the cases.")
    return found[0]


def _told(item: ReviewItem, said: str, *, as_json: bool) -> None:
    show_json(decided_json(item)) if as_json else show(said)


def _show_held(case: Case) -> None:
    show(f"golden case {case.id} in {case.file}, held until a second person confirms:")
    show(f"  holdfast review confirm {case.id}")


def _golden(case: Case) -> dict[str, Any]:
    return {
        "v": 1, "case": case.id, "file": case.file, "held": case.held,
        "written_by": case.written_by or None, "confirmed_by": case.confirmed_by or None,
    }  # fmt: skip


def _cases_of(flow: Flow, run: str) -> tuple[Case, ...]:
    try:
        return cases_of_run(flow.wiring, run)
    except HoldfastError as error:
        say(f"warning: {error}")
        return ()
