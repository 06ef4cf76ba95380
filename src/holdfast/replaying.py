"""Work a run's item again under another setting, seeing no more than both who asked and who looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from holdfast.app import Wiring
from holdfast.asking import ask_with
from holdfast.domain.access import AccessList, Principal
from holdfast.domain.hits import Dropped, Retrieved
from holdfast.domain.items import REPLAY, REPLAY_PREFIX, WorkItem
from holdfast.domain.rows import Facts
from holdfast.domain.runs import Run
from holdfast.errors import UsageError
from holdfast.evaluation.rebuilding import item_of
from holdfast.flows.answer import AnswerParts
from holdfast.flows.ladder import Rung
from holdfast.protocols import Lookups, Retriever
from holdfast.storage import audit
from holdfast.storage.experiments import closed_documents
from holdfast.storage.runs import LOOKUP_PREFIX, StoredRun
from holdfast.telemetry.trail import RunTrail

NOT_THEIRS = "who asked then may not see it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be other than declared; nothing: the same again."""

    rung: int = 0
    """Number of the rung that goes first, from 1, whatever its conditions; 0: as declared."""
    k: int | None = None
    """Hits handed on by retrieval; None: as declared."""


def rungs_of(wiring: Wiring) -> tuple[str, ...]:
    """Return the names of the declared rungs, the first that a replay can put first is number 1."""
    return tuple(rung.model.name for rung in wiring.answer_parts().ladder)


def may_change_k(wiring: Wiring) -> bool:
    """Return whether retrieval is Holdfast's own, so that another number of hits can be asked for."""
    return not wiring.settings.retrieval.use


async def replay(
    wiring: Wiring, run: StoredRun, *, principal: Principal, change: Change, run_id: str = ""
) -> Run:
    """Return the new run, which is on record then as a replay: no list, figure or queue counts it.

    Raises UsageError for a rung that is none, StorageError for a run that cannot be read, and what asking
    raises. Who wanted it is audited.
    """
    asked = item_of(run)
    parts, changed = _changed(wiring, change)
    item = replace(
        asked, id=f"{REPLAY_PREFIX}{run.summary.id}", origin=REPLAY, changed=changed,
        principal=within_both(principal, asked.principal), received_at=datetime.now(UTC), has_number=False,
    )  # fmt: skip
    if principal.user != asked.principal.user:
        parts = _seen_by_both(wiring, parts, asked.principal)
    await asyncio.to_thread(_audit, wiring, run, principal, changed)
    return await ask_with(wiring, item, lambda: parts, RunTrail(run_id=run_id))


def within_both(viewer: Principal, asker: Principal) -> Principal:
    """Return the viewer with only those groups that who asked had too."""
    return Principal(user=viewer.user, groups=viewer.groups & asker.groups)


def _changed(wiring: Wiring, change: Change) -> tuple[AnswerParts, dict[str, str]]:
    parts, changed = wiring.answer_parts(), dict[str, str]()
    if change.rung:
        parts = replace(parts, ladder=_with_first(parts.ladder, change.rung))
        changed["generation"] = parts.ladder[0].model.name
    if change.k is not None and may_change_k(wiring):
        parts = replace(parts, retriever=wiring.retriever(k=change.k))
        changed["retrieval.k"] = str(change.k)
    return parts, changed


def _with_first(ladder: Sequence[Rung], number: int) -> tuple[Rung, ...]:
    """Return the ladder with one rung in front; the last resort alone, for nothing comes behind it."""
    if not 1 <= number <= len(ladder):
        raise UsageError(
            f"there is no rung {number}", stage="generation", move=f"The ladder has {len(ladder)}."
        )
    first = replace(ladder[number - 1], suits=None, accept=None)
    if first.is_last_resort:
        return (first,)
    return (first, *(rung for at, rung in enumerate(ladder, 1) if at != number))


def _audit(wiring: Wiring, run: StoredRun, principal: Principal, changed: dict[str, str]) -> None:
    told = ", ".join(f"{name}: {value}" for name, value in changed.items()) or "nothing changed"
    with wiring.database.write() as connection:
        audit.append(
            connection, who=principal.user, action="run.replay", thing=run.summary.id, detail=told
        )  # fmt: skip


# --- no wider than who asked ----------------------------------------------------------------------


def _seen_by_both(wiring: Wiring, parts: AnswerParts, asker: Principal) -> AnswerParts:
    """Return the parts without what only the viewer's own name lets in: the groups are those of both."""

    def closed(documents: set[str]) -> set[str]:
        with wiring.database.read() as connection:
            return closed_documents(connection, documents, asker)

    lists = {
        f"{LOOKUP_PREFIX}{one.name}": AccessList(entries=frozenset(one.access))
        for one in wiring.settings.lookups
    }
    return replace(
        parts,
        retriever=_Retriever(parts.retriever, closed),
        lookups=_Lookups(parts.lookups, {name for name, one in lists.items() if one.allows(asker)}),
    )


class _Retriever:
    """Hands on the hits of another one that a second person may see too."""

    def __init__(self, inner: Retriever, closed: Callable[[set[str]], set[str]]) -> None:
        self._inner = inner
        self._closed = closed

    async def retrieve(self, item: WorkItem) -> Retrieved:
        """Return the hits, best first; those that are left out are told without their names."""
        found = await self._inner.retrieve(item)
        shut = await asyncio.to_thread(self._closed, {hit.document for hit in found.hits})
        kept = tuple(hit for hit in found.hits if hit.document not in shut)
        left_out = len(found.hits) - len(kept)
        dropped = (Dropped(thing=f"{left_out} hits", reason=NOT_THEIRS),) if left_out else ()
        return replace(found, hits=kept, dropped=(*found.dropped, *dropped))


class _Lookups:
    """Hands on the rows of lookups that a second person may see too."""

    def __init__(self, inner: Lookups, seen: set[str]) -> None:
        self._inner = inner
        self._seen = seen

    async def fetch(self, item: WorkItem) -> Facts:
        """Return the rows."""
        facts = await self._inner.fetch(item)
        return replace(facts, rows=tuple(row for row in facts.rows if row.document in self._seen))
