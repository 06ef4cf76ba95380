"""Runs by time and cost: the most first, page by page, among the newest, and none that may not be seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.stages import Stage
from holdfast.storage import slow_runs
from holdfast.storage.database import Database
from holdfast.storage.run_lists import RunFilter
from holdfast.storage.runs import save_run
from holdfast.storage.slow_runs import Ranking, ranked_page
from holdfast.testing.records import run_of

ANA = Principal(user="ana")
START = datetime(2026, 1, 1, tzinfo=UTC)


def keep(database: Database, took: list[float], **more: Any) -> None:
    """Write runs that took so long, one a minute; each cost the more the faster it was."""
    with database.write() as connection:
        for n, ms in enumerate(took):
            run = replace(
                run_of(f"run-{n}", started_at=START + timedelta(minutes=n), user="ana"),
                took_ms=ms, cost_usd=1 / (1 + ms),
            )  # fmt: skip
            stages = tuple(
                replace(one, took_ms=100 - ms if one.stage is Stage.RETRIEVAL else 1.0) for one in run.stages
            )
            save_run(connection, replace(run, stages=stages), evidence=more.get("evidence", ()))


def walk(database: Database, ranking: Ranking, wanted: RunFilter = RunFilter()) -> list[str]:  # noqa: B008
    seen: list[str] = []
    skip: int | None = 0
    while skip is not None:
        with database.read() as connection:
            page = ranked_page(connection, ANA, wanted, ranking, skip=skip, limit=2)
        seen += [one.id for one in page.summaries]
        skip = page.skip
    return seen


def test_the_slowest_and_the_dearest_come_first(database: Database) -> None:
    keep(database, [5, 90, 20, 90, 1])
    assert walk(database, Ranking(by="took")) == ["run-3", "run-1", "run-2", "run-0", "run-4"]
    assert walk(database, Ranking(by="cost")) == ["run-4", "run-0", "run-2", "run-3", "run-1"]


def test_only_runs_at_or_above_a_time_are_listed(database: Database) -> None:
    keep(database, [5, 90, 20])
    assert walk(database, Ranking(by="took", least_ms=20)) == ["run-1", "run-2"]
    assert walk(
        database, Ranking(by="took", least_ms=20), RunFilter(until=START + timedelta(seconds=61))
    ) == ["run-1"]


def test_the_time_of_a_stage_counts_where_one_is_named(database: Database) -> None:
    keep(database, [5, 90, 20])
    ranked = Ranking(by="took", stage="retrieval", least_ms=50)
    assert walk(database, ranked) == ["run-0", "run-2"]
    assert walk(database, Ranking(by="took", stage="no-such-stage", least_ms=1)) == []


def test_only_the_newest_are_looked_at(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(database, [90, 5, 20])
    monkeypatch.setattr(slow_runs, "MOST_RUNS", 2)
    assert walk(database, Ranking(by="took")) == ["run-2", "run-1"]


def test_a_run_with_closed_evidence_is_counted_and_not_shown(database: Database) -> None:
    keep(database, [5], evidence=("closed.md",))
    with database.read() as connection:
        page = ranked_page(connection, ANA, RunFilter(), Ranking(by="took"))
    assert (page.summaries, page.hidden) == ((), 1)
