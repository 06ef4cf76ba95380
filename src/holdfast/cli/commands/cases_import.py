"""`holdfast cases import`: take over test cases of another tool."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from holdfast.case_contract import imported_json
from holdfast.casework import draft_of_file, keep
from holdfast.cli.assumed import audit_assumed
from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened
from holdfast.cli.screen import counted, say, show, show_json
from holdfast.cli.target import Target, local_user, principal_of, target_of
from holdfast.domain.access import Principal
from holdfast.errors import UsageError
from holdfast.evaluation.case_writing import Rewritten
from holdfast.evaluation.importing import Imported

MOST_SHOWN = 3
"""Places that are shown of one reason; `--json` lists them all."""


def import_cases(
    *,
    words: list[str],
    folder: Path | None,
    format_: str,
    file: str,
    user: str | None,
    groups: list[str] | None,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Print how many cases came of the file, and everything that has no place in them."""
    if not 1 <= len(words) <= 1 + (folder is None):
        raise UsageError("one file is needed", move="holdfast cases import tests.yaml")
    *before, named = words
    target = target_of(before, folder, wanted=0)
    principal = principal_of(user, groups)
    imported, rewritten = finish(_imported(target, Path(named), principal, format_, file, dry_run=dry_run))
    if as_json:
        show_json(imported_json(imported, rewritten, is_written=not dry_run))
    else:
        _show(imported, rewritten, principal, dry_run=dry_run)
    return 0


async def _imported(
    target: Target, file: Path, principal: Principal, format_: str, into: str, *, dry_run: bool
) -> tuple[Imported, tuple[Rewritten, ...]]:
    async with opened(target.path) as flow:
        audit_assumed(flow, principal, command="cases import")
        if not flow.is_synced:
            say("note: nothing is synced yet, so that no quote can be found; `holdfast sync` first")
        imported, rewritten = draft_of_file(
            flow.wiring, file, principal=principal, writer=local_user(), format_=format_,
            into=into,
        )  # fmt: skip
        for one in () if dry_run else rewritten:
            keep(flow.wiring, one, who=local_user())
        return imported, rewritten


def _show(imported: Imported, rewritten: Sequence[Rewritten], principal: Principal, *, dry_run: bool) -> None:
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in imported.unmapped:
        reasons.setdefault((one.key, one.why), []).append(one.place)
    for (key, why), places in reasons.items():
        at = ", ".join(place for place in places[:MOST_SHOWN] if place)
        more = f" and {len(places) - MOST_SHOWN} more" if len(places) > MOST_SHOWN else ""
        show(f"not taken: {key}: {why}{f' ({at}{more})' if at else ''}")
    names = ", ".join(one.name for one in rewritten)
    where = f" {'would be' if dry_run else 'are'} in {names}" if names else ""
    show(
        f"{imported.format}: {counted(len(imported.cases), 'case')} of "
        f"{counted(imported.records, 'record')}{where}; {len(imported.unmapped)} not taken",
        style="bold",
    )
    asked = Counter(case.principal for case in imported.cases)
    if asked[principal]:
        groups = ", ".join(sorted(principal.groups)) or "no group"
        say(f"{asked[principal]} ask as {principal.user} in {groups}; --as and --group say otherwise")
    if any(case.expect.outcome == "answer" and not case.expect.facts for case in imported.cases):
        say("next: `holdfast cases check` lists those that name no fact or no evidence yet")
