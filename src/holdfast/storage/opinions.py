"""Say what people made of runs: who asked, a reviewer, for lists of runs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from holdfast.domain.reviews import FORGOTTEN, Action
from holdfast.storage.review_queue import DONE
from holdfast.storage.review_tables import decisions, review_items
from holdfast.storage.schema import runs

Decided = Literal["", "wrong", "helpful", "waiting", "reviewed"]
"""`wrong` and `helpful`: what who asked said last; `waiting`: for a reviewer; `reviewed`: one decided it."""
_OPINIONS = {"wrong": Action.REJECT, "helpful": Action.ACCEPT}
_BOTH = tuple(one.value for one in _OPINIONS.values())


def is_decided(near: sa.Subquery, wanted: Decided) -> sa.ColumnElement[bool]:
    """Return the condition that somebody made this of a run, one of rows with `id` and `principal`."""
    if wanted in _OPINIONS:
        return _last_of(near.c.id, near.c.principal) == _OPINIONS[wanted].value
    case = sa.select(review_items.c.run).where(review_items.c.run == near.c.id)
    if wanted == "waiting":
        return case.where(review_items.c.state != DONE).exists()
    return case.where(review_items.c.state == DONE, review_items.c.verdict != FORGOTTEN).exists()


def found_wrong(connection: sa.Connection, listed: Collection[str]) -> frozenset[str]:
    """Return which of these runs who asked found wrong, and did not change their mind."""
    query = sa.select(runs.c.id).where(
        runs.c.id.in_(listed), _last_of(runs.c.id, runs.c.principal) == Action.REJECT.value
    )
    return frozenset(connection.execute(query).scalars())


def count_found_wrong(connection: sa.Connection, since: datetime) -> int:
    """Return how many runs who asked has found wrong since a moment, and still does."""
    said = sa.select(decisions.c.run).where(
        decisions.c.at >= since, decisions.c.action == Action.REJECT.value, ~decisions.c.in_review
    )
    query = sa.select(sa.func.count()).where(
        runs.c.id.in_(said), _last_of(runs.c.id, runs.c.principal) == Action.REJECT.value
    )
    return int(connection.execute(query).scalar_one())


def _last_of(run: sa.ColumnElement[Any], asker: sa.ColumnElement[Any]) -> sa.ScalarSelect[str]:
    """Return what who asked said last of a run: accept or reject, NULL where nothing."""
    return (
        sa.select(decisions.c.action)
        .where(
            decisions.c.run == run, decisions.c.who == asker, ~decisions.c.in_review,
            decisions.c.action.in_(_BOTH),
        )
        .order_by(decisions.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )  # fmt: skip
