"""`holdfast cases from-run`: make a golden case of a recorded run."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

from holdfast.case_contract import case_json
from holdfast.casework import draft_of_run, keep
from holdfast.cli.assumed import audit_assumed
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import say, show, show_json
from holdfast.cli.target import Target, local_user, principal_of, target_of
from holdfast.domain.access import Principal
from holdfast.domain.cases import Fact
from holdfast.errors import UsageError
from holdfast.evaluation.case_writing import Rewritten


def from_run(
    *,
    words: list[str],
    folder: Path | None,
    case_id: str,
    kind: str,
    tags: list[str],
    facts: list[str],
    file: str,
    user: str | None,
    groups: list[str] | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Print the case that is written, and what is left to say of it."""
    target = target_of(words, folder, wanted=1)
    if len(target.words) != 1:
        raise UsageError("one run is needed", move="holdfast cases from-run RUN; `holdfast runs` lists them.")
    if not all(fact.strip() for fact in facts):
        raise UsageError("--fact says nothing", move='Write what the answer has to state: --fact "24 Nm"')
    principal = principal_of(user, groups)
    asked_by = principal.user if user or groups else ""
    rewritten = finish(
        _written(target, principal, asked_by, case_id, kind, tags, facts, file, dry_run=dry_run)
    )
    (case,) = rewritten.cases
    if as_json:
        show_json({"v": 1, "written": not dry_run, "case": case_json(case)})
        return 0
    show_added(rewritten)
    say(f"{'would be' if dry_run else 'is'} {case.place}")
    if case.expect.outcome == "answer" and not case.expect.facts and not case.expect.fields:
        say("next: write under `facts` what the answer has to state, or name it here with --fact")
    return 0


def show_added(rewritten: Rewritten) -> None:
    """Print the lines that a file gets."""
    before = (rewritten.before or b"").decode("utf-8-sig").splitlines()
    for line in unified_diff(before, rewritten.after.decode("utf-8-sig").splitlines(), lineterm="", n=0):
        if line.startswith("+") and not line.startswith("+++"):
            show(line[1:])


async def _written(
    target: Target,
    principal: Principal,
    asked_by: str,
    case_id: str,
    kind: str,
    tags: list[str],
    facts: list[str],
    file: str,
    *,
    dry_run: bool,
) -> Rewritten:
    async with opened(target.path) as flow:
        audit_assumed(flow, principal, command="cases from-run")
        run = flow.run(target.words[0], principal=principal, asked_by=asked_by)
        rewritten = draft_of_run(
            flow.wiring, run, writer=local_user(), id=case_id, kind=kind, tags=tags, file=file,
            facts=[Fact(text=fact) for fact in facts],
        )  # fmt: skip
        if not dry_run:
            keep(flow.wiring, rewritten, who=local_user())
        return rewritten
