"""Run all declared lookups for an item and gather what they bring."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from holdfast.domain.items import WorkItem
from holdfast.domain.rows import CUT, Facts, Row
from holdfast.protocols import Lookup
from holdfast.stages.lookups.settings import LookupsSettings
from holdfast.stages.lookups.sql import SqlLookup

FAILED = "failed"
"""Begins the reason of a lookup that should have run and could not."""
_WORDS_AT_MOST = 300


def lookups_for(
    settings: LookupsSettings, folder: Path, *, parts: Mapping[str, Lookup] | None = None
) -> Lookups:
    """Return the declared lookups; `parts` holds those of your own (`use`) by name."""
    own = parts or {}
    lookups = [own.get(query.name) or SqlLookup(query, folder) for query in settings.queries]
    return Lookups(lookups, limits={query.name: query.limit for query in settings.queries})


@dataclass(frozen=True, slots=True)
class _Brought:
    rows: tuple[Row, ...] = ()
    skipped: str = ""
    failed: str = ""
    """Its name, when it did."""


class Lookups:
    """Runs lookups side by side; one that fails is recorded and takes nothing from the others."""

    def __init__(self, lookups: Sequence[Lookup], *, limits: Mapping[str, int] | None = None) -> None:
        self._lookups = tuple(lookups)
        self._limits = limits or {}

    async def fetch(self, item: WorkItem) -> Facts:
        """Return all rows in declared order, and each lookup that was not run, cut or failed, with why."""
        brought = await asyncio.gather(*(self._one(lookup, item) for lookup in self._lookups))
        return Facts(
            rows=tuple(row for one in brought for row in one.rows),
            skipped=tuple(one.skipped for one in brought if one.skipped),
            failed=tuple(one.failed for one in brought if one.failed),
        )

    async def _one(self, lookup: Lookup, item: WorkItem) -> _Brought:
        try:
            result = await lookup.fetch(item)
        except Exception as error:  # noqa: BLE001 a part of the user's own may raise anything; the record says so
            words = " ".join(str(error).split())[:_WORDS_AT_MOST] or type(error).__name__
            return _Brought(skipped=f"{lookup.name}: {FAILED}, {words}", failed=lookup.name)
        if isinstance(result, str):
            return _Brought(skipped=f"{lookup.name}: {result}")
        limit = self._limits.get(lookup.name, len(result))
        if len(result) > limit:
            return _Brought(rows=result[:limit], skipped=f"{lookup.name}: more than {limit} {CUT}")
        return _Brought(rows=result)
