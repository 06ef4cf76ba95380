"""`holdfast cases`: list golden cases, check them, confirm one that waits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from holdfast.case_contract import case_json, cases_json, findings_json
from holdfast.casework import cases_seen_by, confirm_case, findings
from holdfast.cli.assumed import audit_assumed
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened, ready
from holdfast.cli.screen import counted, say, show, show_json
from holdfast.cli.target import Target, is_folder, principal_of, target_of
from holdfast.declaring.mending import nearest
from holdfast.domain.access import Principal
from holdfast.domain.cases import Case
from holdfast.errors import UsageError
from holdfast.evaluation.case_checks import CaseFinding
from holdfast.evaluation.cases import FOLDER, load_cases

GATE_FAILED = 1
COMMANDS = ("list", "check", "from-run", "import", "confirm")
LONGEST = 70


def list_cases(
    *,
    words: list[str],
    folder: Path | None,
    kinds: list[str],
    tags: list[str],
    user: str | None,
    groups: list[str] | None,
    as_json: bool,
) -> int:
    """Print the cases, those of the kinds and of all tags that are named."""
    if words and not is_folder(words[0]) and (meant := nearest(words[0], COMMANDS)):
        raise UsageError(f"there is no folder {words[0]!r}", move=f"Did you mean holdfast cases {meant}?")
    target = target_of(words, folder, wanted=0)
    asked = principal_of(user, groups) if user or groups else None
    cases, hidden = finish(_listed(target, asked))
    wanted = [
        case for case in cases if (not kinds or case.kind in kinds) and set(tags) <= set(case.tags)
    ]  # fmt: skip
    if as_json:
        show_json(cases_json(wanted, hidden))
    else:
        _show(wanted, cases, hidden)
    return 0


async def _listed(target: Target, asked: Principal | None) -> tuple[tuple[Case, ...], int]:
    async with opened(target.path) as flow:
        cases = load_cases(flow.wiring.folder)
        if asked is None:  # the local user runs this workflow: the files are theirs
            return cases, 0
        audit_assumed(flow, asked, command="cases")
        seen = cases_seen_by(flow.wiring, cases, asked)
        return seen, len(cases) - len(seen)


def _show(wanted: list[Case], cases: tuple[Case, ...], hidden: int) -> None:
    width = max((len(case.id) for case in wanted), default=0)
    file = ""
    for case in wanted:
        if case.file != file:
            file = case.file
            show(file, style="bold")
        question = " ".join(case.question.split()) or ", ".join(f"{k}={v}" for k, v in case.fields.items())
        held, kind = "held, " if case.held else "", case.kind or "no kind"
        asks = f"{question[:LONGEST]}..." if len(question) > LONGEST else question
        show(f"{case.line:>6}  {case.id:<{width}}  {held}{kind}, {case.expect.outcome}: {asks}")
    if not cases and not hidden:
        show(f"no cases in {FOLDER}/ yet; docs/golden.md shows one, `holdfast cases from-run RUN` makes one")
    elif not wanted:
        show("no case is of that kind and those tags" if cases else "no case that they may see")
    else:
        kinds = Counter(case.kind or "no kind" for case in wanted)
        by_kind = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        show(f"{counted(len(wanted), 'case')}: {by_kind}", style="dim")
    if waiting := sum(case.held for case in wanted):
        show(
            f"{waiting} held until a second person confirms them (`holdfast cases confirm ID`)",
            style="dim",
        )
    if hidden:
        show(f"{hidden} more rest on what they may not see", style="dim")


def check(*, words: list[str], folder: Path | None, strict: bool, as_json: bool) -> int:
    """Print what is wrong with the cases; 1 when anything is and `strict` says that it matters."""
    target = target_of(words, folder, wanted=0)
    cases, found = finish(_checked(target))
    wrong = [one for one in found if not one.is_advice]
    if as_json:
        show_json(findings_json(found, cases=len(cases)))
    else:
        for one in found:
            show(f"{'advice: ' if one.is_advice else ''}{one}")
        advice = len(found) - len(wrong)
        show(f"{counted(len(cases), 'case')}: {len(wrong)} wrong, {advice} to look at", style="bold")
    return GATE_FAILED if strict and wrong else 0


async def _checked(target: Target) -> tuple[tuple[Case, ...], tuple[CaseFinding, ...]]:
    async with ready(target) as flow:
        cases = load_cases(flow.wiring.folder)
        return cases, findings(flow.wiring, cases)


def confirm(
    *, words: list[str], folder: Path | None, user: str | None, groups: list[str] | None, as_json: bool
) -> int:
    """Write down that a second person confirmed a case."""
    target = target_of(words, folder, wanted=1)
    if len(target.words) != 1:
        raise UsageError("one case is needed", move="holdfast cases confirm ID; `holdfast cases` lists them.")
    case = finish(_confirmed(target, principal_of(user, groups), is_named=bool(user or groups)))
    if as_json:
        show_json({"v": 1, "case": case_json(case)})
    else:
        say(f"{case.id} is confirmed by {case.confirmed_by} and run from now on ({case.file})")
    return 0


async def _confirmed(target: Target, who: Principal, *, is_named: bool) -> Case:
    async with opened(target.path) as flow:
        audit_assumed(flow, who, command="cases confirm")
        seen_by = who if is_named else None  # the local user runs this workflow: the files are theirs
        return confirm_case(flow.wiring, target.words[0], who=who.user, seen_by=seen_by)
