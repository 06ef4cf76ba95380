"""Try declared lookups without an item, for `holdfast doctor`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from holdfast.domain.access import EVERYONE
from holdfast.stages.lookups import sqlite
from holdfast.stages.lookups.rows import LookupFailed
from holdfast.stages.lookups.settings import LookupSettings, LookupsSettings

_MISSPELT = 0.85
"""Likeness to `everyone` from which a group was meant to be it: a letter missing, too many or capital."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it."""

    problems: tuple[str, ...]
    """What keeps lookups from working, in words."""
    columns: Mapping[str, tuple[str, ...]]
    """Columns of each lookup that could be tried; a PostgreSQL database is not asked."""


def try_lookups(settings: LookupsSettings, folder: Path) -> Tried:
    """Return what keeps declared lookups from working, and which columns they bring."""
    problems: list[str] = []
    columns: dict[str, tuple[str, ...]] = {}
    for query in settings.queries:
        problems += (f"lookup {query.name}: {problem}" for problem in _declared(query))
        if query.database:
            path = folder / query.database
            try:
                columns[query.name] = sqlite.columns_of(
                    path, query.sql, query.parameters, timeout_s=query.timeout_s
                )
            except LookupFailed as error:
                problems.append(f"lookup {query.name}: {error}")
    return Tried(problems=tuple(problems), columns=columns)


def _declared(query: LookupSettings) -> Iterator[str]:
    if not query.access and not query.use:
        yield "nobody may use it; write `access: [everyone]` or groups"
    for group in query.access:
        if group != EVERYONE and get_close_matches(group.casefold(), [EVERYONE], cutoff=_MISSPELT):
            yield f"no one is in the group {group!r}; did you mean {EVERYONE}?"
    if query.url_env and not os.environ.get(query.url_env):
        yield f"the variable {query.url_env} is not set"
