"""Open a workflow for a command: synced when there is no index, warned when it is stale."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import holdfast
from holdfast.cli.harmless import named
from holdfast.cli.screen import counted, progress, say, told_cost
from holdfast.cli.target import Target
from holdfast.domain.hidden import HiddenText
from holdfast.domain.indexing import Doubt, SyncReport
from holdfast.errors import DeclarationError, StorageError
from holdfast.noticing import notices_of
from holdfast.session import Flow
from holdfast.telemetry.logs import set_up_logs

MOST_PROBLEMS = 20
MOST_HIDDEN = 10


@asynccontextmanager
async def opened(path: Path | None) -> AsyncIterator[Flow]:
    """Yield an opened workflow whose logs go where its workspace says, following today's permissions."""
    async with holdfast.open(path) as flow:
        if flow.wiring.workspace.logging is not None:
            set_up_logs(flow.wiring.workspace.logging)
        await flow.follow()
        yield flow


@asynccontextmanager
async def ready(target: Target) -> AsyncIterator[Flow]:
    """Yield an opened workflow that has an index, following today's permissions."""
    async with opened(target.path) as flow:
        if flow.is_synced:
            await _follow(flow)
        else:
            say("there is no index yet: syncing first")
            say_report(await synced(flow))
        for notice in notices_of(flow.wiring):
            say(f"note: {notice}")
        yield flow


async def _follow(flow: Flow) -> None:
    """Follow today's permissions; where they cannot be trusted the last ones stay in force."""
    try:
        stale = await flow.refresh_access()
    except (DeclarationError, StorageError) as error:
        say(f"warning: {error}")
        say("warning: until then the permissions and documents of the last sync stay in force")
        return
    if stale:
        say(f"note: the folder has changed since the last sync ({stale}); run `holdfast sync`")


async def synced(flow: Flow, *, rebuild: bool = False, may_vanish: bool = False) -> SyncReport:
    """Sync with progress on stderr."""
    with progress() as told:
        return await flow.sync(
            progress=told,
            waiting=lambda holder: say(f"another sync is running ({holder}); waiting for it"),
            rebuild=rebuild,
            may_vanish=may_vanish,
        )


def say_report(report: SyncReport) -> None:
    """Print what a sync did, its notices and its problems."""
    say(
        f"synced in {report.took_s:.1f} s: {report.added} added, {report.updated} updated, "
        f"{report.removed} removed, {report.unchanged} unchanged, {report.failed} failed; "
        f"{report.chunks} chunks"
    )
    if (spent := report.spending).calls:
        cost = told_cost(spent.cost_usd)
        tokens = f"{spent.usage.input_tokens:,} tokens"
        say(f"embedding endpoint: {counted(spent.calls, 'call')}, {tokens}, {cost}")
    if (test := report.leak_test) is not None and test.canaries:
        say(
            f"leak test passed in {test.took_ms:.0f} ms: what was planted for {test.canaries} "
            f"access list{'s' if test.canaries != 1 else ''} was found by whom it is for, and by nobody else"
        )
    for notice in report.notices:
        say(f"note: {notice}")
    for problem in report.problems[:MOST_PROBLEMS]:
        say(f"problem: {named(problem.document)} ({problem.stage}): {problem.reason}")
    if len(report.problems) > MOST_PROBLEMS:
        say(f"... and {len(report.problems) - MOST_PROBLEMS} more; `holdfast sync --json` lists them all")
    _say_doubts(report.doubts)
    _say_hidden(report.hidden)


def _say_doubts(doubts: tuple[Doubt, ...]) -> None:
    """Print which claims to supersede a document count for nothing."""
    for doubt in doubts[:MOST_PROBLEMS]:
        say(f"superseding: {doubt}")
    if doubts[MOST_PROBLEMS:]:
        say(f"... and {len(doubts) - MOST_PROBLEMS} more; `holdfast sync --json` lists them all")


def _say_hidden(hidden: tuple[HiddenText, ...]) -> None:
    """Print which documents hold text that a reader does not see, the most important first."""
    for one in hidden[:MOST_HIDDEN]:
        say(f"hidden: {one}")
    if hidden:
        more = f"; {len(hidden) - MOST_HIDDEN} more in `holdfast sync --json`" if hidden[MOST_HIDDEN:] else ""
        say(
            f"hidden: {counted(len(hidden), 'document')} with text that a reader does not see; it is not "
            f"indexed unless chunking.include_hidden says so{more}"
        )
