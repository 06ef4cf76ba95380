"""`holdfast sync`: bring the index up to date."""

from __future__ import annotations

from pathlib import Path

from holdfast.cli.event_loop import finish
from holdfast.cli.opened import opened, say_report, synced
from holdfast.cli.screen import show_json
from holdfast.cli.target import target_of
from holdfast.contract import sync_json
from holdfast.domain.indexing import SyncReport


def sync(
    *, words: list[str], folder: Path | None, rebuild: bool, strict: bool, allow_empty: bool, as_json: bool
) -> int:
    """Sync, report, and return 1 in strict mode when a document could not be read."""
    target = target_of(words, folder, wanted=0)
    report = finish(_sync(target.path, rebuild=rebuild, allow_empty=allow_empty))
    say_report(report)
    if as_json:
        show_json(sync_json(report))
    return 1 if strict and report.failed else 0


async def _sync(path: Path | None, *, rebuild: bool, allow_empty: bool) -> SyncReport:
    async with opened(path) as flow:
        return await synced(flow, rebuild=rebuild, may_vanish=allow_empty)
