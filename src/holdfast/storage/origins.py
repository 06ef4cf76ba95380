"""Tell runs that are work from those of golden cases and from replays, which no list or figure counts."""

from __future__ import annotations

import sqlalchemy as sa

from holdfast.domain.items import GOLDEN, REPLAY, REPLAY_PREFIX
from holdfast.storage.schema import case_runs, runs


def is_golden() -> sa.ColumnElement[bool]:
    """Return the condition that a row of `runs` is of a golden case."""
    return sa.select(sa.literal(1)).where(case_runs.c.run_id == runs.c.id).exists()


def is_replay() -> sa.ColumnElement[bool]:
    """Return the condition that a row of `runs` worked another run's item again."""
    return runs.c.item_id.startswith(REPLAY_PREFIX, autoescape=True)


def has_origin(origin: str) -> sa.ColumnElement[bool]:
    """Return the condition for one origin: `golden`, `replay`, or empty for work."""
    if origin == GOLDEN:
        return is_golden()
    if origin == REPLAY:
        return is_replay()
    return sa.and_(sa.not_(is_golden()), sa.not_(is_replay()))
