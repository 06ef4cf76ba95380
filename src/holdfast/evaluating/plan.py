"""Say what a change of the declaration does before it is deployed: in words, and on the golden cases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from holdfast.declaring.differences import Change, prompt_changes, setting_changes
from holdfast.declaring.git_tree import point_of, write_declaration
from holdfast.errors import UsageError
from holdfast.evaluating.apart import index_changes
from holdfast.evaluating.evaluate import Evaluated, Told, Wanted, evaluate
from holdfast.evaluating.laboratory import Laboratory
from holdfast.session import Flow
from holdfast.workflow import load_workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A change of the declaration, and what it does."""

    ref: str
    """What it is compared with: `HEAD (3fa9c2d1)`."""
    version: str
    """Digest of the Version that it makes."""
    changes: tuple[Change, ...]
    indexed_anew: tuple[str, ...]
    """Sections whose change means that `sync` has to index documents anew."""
    evaluated: Evaluated | None
    """None: no case was asked for, or nothing changed."""


async def plan(
    flow: Flow,
    laboratory: Laboratory,
    wanted: Callable[[], Awaitable[Wanted]] | None,
    *,
    ref: str,
    told: Told | None = None,
) -> Planned:
    """Return what the folder's declaration changes against a git ref; without `wanted` no case is run.

    `wanted` is asked only where something changes: it may have to ask judges about their labels.
    Raises UsageError when there is no such ref or no declaration at it.
    """
    live = flow.wiring
    point = point_of(live.folder, ref)
    if point is None:
        raise UsageError(
            f"there is no git ref {ref!r} to plan against", move="Name a branch or a commit: --against main."
        )
    with TemporaryDirectory(prefix="holdfast-plan-") as temporary:
        folder = Path(temporary) / (live.folder.resolve().name or "workflow")
        folder.mkdir()
        await asyncio.to_thread(write_declaration, live.folder, point, folder)
        before = load_workflow(folder)
        changes = [
            *setting_changes(before.settings, live.settings),
            *prompt_changes(folder, live.folder),
        ]
        if before.hooks_digest != live.loaded.hooks_digest:
            changed = _changed_hooks(before.hooks.sources, live.loaded.hooks.sources)
            changes.append(Change(place="hooks", before="as they were", now=f"{', '.join(changed)} changed"))
        anew = index_changes(before, live.loaded)
    evaluated = None
    if wanted is not None and changes:
        evaluated = await evaluate(flow, laboratory, await wanted(), against=ref, told=told)
    return Planned(
        ref=f"{ref} ({point.commit[:8]})", version=live.version.digest, changes=tuple(changes),
        indexed_anew=anew, evaluated=evaluated,
    )  # fmt: skip


def _changed_hooks(before: Mapping[str, bytes], now: Mapping[str, bytes]) -> list[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
