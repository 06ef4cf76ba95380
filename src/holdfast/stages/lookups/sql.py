"""Fetch rows for an item by one declared SQL query."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from holdfast.domain.access import AccessList
from holdfast.domain.items import WorkItem
from holdfast.domain.locators import Locator
from holdfast.domain.rows import HOLDS_NOTHING_FOR, Row
from holdfast.loading import load
from holdfast.stages.lookups import sqlite
from holdfast.stages.lookups.matching import bindings_in
from holdfast.stages.lookups.rows import LookupFailed, Table
from holdfast.stages.lookups.settings import LookupSettings
from holdfast.stages.lookups.values import as_text

_GRACE_S = 1.0
"""What a database has beyond its own timeout before the lookup stops waiting for it."""

Select = Callable[[Mapping[str, str]], Table]


class SqlLookup:
    """One declared query on SQLite or PostgreSQL."""

    def __init__(self, settings: LookupSettings, folder: Path) -> None:
        self.name = settings.name
        self.limit = settings.limit
        self._settings = settings
        self._folder = folder
        self._access = AccessList(entries=frozenset(settings.access), rule=f"lookups: {settings.name}")

    async def fetch(self, item: WorkItem) -> tuple[Row, ...] | str:
        """Return the rows, or in words why the lookup was not run or found nothing.

        One row more than `limit` says that there are more. Raises LookupFailed.
        """
        if not self._access.entries:
            return "nobody may use it: its `access` names no group"
        if not self._access.allows(item.principal):
            return f"not allowed for {item.principal.user}"
        bindings, missing = bindings_in(item, self._settings.parameters, at_most=self._settings.matches)
        if missing:
            return missing
        select = await asyncio.to_thread(self._select)
        tables = await asyncio.gather(*(self._run(select, values) for values in bindings))
        rows = [dict(zip(table.columns, row, strict=True)) for table in tables for row in table.rows]
        if not rows:
            asked = " or ".join(", ".join(values.values()) for values in bindings if values)
            return f"{HOLDS_NOTHING_FOR} {asked}" if asked else "it holds no row"
        return tuple(
            Row(
                lookup=self.name,
                values={column: as_text(value) for column, value in row.items()},
                locator=Locator(row=number),
            )
            for number, row in enumerate(rows[: self.limit + 1], start=1)
        )

    async def _run(self, select: Select, values: Mapping[str, str]) -> Table:
        timeout_s = self._settings.timeout_s
        try:
            async with asyncio.timeout(timeout_s + _GRACE_S):
                return await asyncio.to_thread(select, values)
        except TimeoutError:
            raise LookupFailed(f"it took longer than {timeout_s:g} s") from None

    def _select(self) -> Select:
        """Return the query, bound to its database."""
        settings = self._settings
        limit, timeout_s = settings.limit, settings.timeout_s
        if settings.database:
            path = self._folder / settings.database
            return lambda values: sqlite.select(path, settings.sql, values, limit=limit, timeout_s=timeout_s)
        url = os.environ.get(settings.url_env, "")
        if not url.startswith(("postgresql://", "postgres://")):
            problem = "is not set" if not url else "is no PostgreSQL URL"
            raise LookupFailed(f"the variable {settings.url_env} {problem}")
        select = load("holdfast.stages.lookups.postgres:select")
        return partial(select, url, settings.sql, limit=limit, timeout_s=timeout_s)
