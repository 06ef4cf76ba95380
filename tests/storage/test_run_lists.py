"""Lists of runs page by page: nothing twice, nothing left out, nothing that may not be seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.access import Principal
from holdfast.domain.items import REPLAY, REPLAY_PREFIX, WORK
from holdfast.domain.stages import Stage
from holdfast.storage import run_lists
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.figures import figures
from holdfast.storage.run_lists import RunFilter, run_page
from holdfast.storage.runs import save_run
from holdfast.testing.records import run_of

ANA = Principal(user="ana")
START = datetime(2026, 1, 1, tzinfo=UTC)


def keep(database: Database, minutes: list[int], users: list[str] | None = None) -> list[str]:
    """Write runs that began at these minutes; return their ids as a list should show them."""
    ids = [f"run-{n:03}" for n in range(len(minutes))]
    with database.write() as connection:
        for n, (run_id, minute) in enumerate(zip(ids, minutes, strict=True)):
            started = START + timedelta(minutes=minute)
            user = users[n] if users else "ana"
            save_run(connection, run_of(run_id, started_at=started, user=user), evidence=())
    return [run_id for _, run_id in sorted(zip(minutes, ids, strict=True), key=lambda one: (-one[0], one[1]))]


def walk(database: Database, wanted: RunFilter, *, limit: int, asked_by: str = "") -> list[str]:
    """Return the ids of all pages, one after the other."""
    seen: list[str] = []
    after = None
    for _ in range(200):
        with database.read() as connection:
            page = run_page(connection, ANA, wanted, after=after, limit=limit, asked_by=asked_by)
        seen += [one.id for one in page.summaries]
        after = page.next
        if after is None:
            return seen
    raise AssertionError("the pages do not end")


@settings(max_examples=15, deadline=None)
@given(minutes=st.lists(st.integers(0, 5), max_size=12), limit=st.integers(1, 5))
def test_pages_show_every_run_once_newest_first(tmp_path_factory, minutes, limit) -> None:
    database = open_database(sqlite_url(tmp_path_factory.mktemp("runs") / "records.db"))
    try:
        ids = keep(database, minutes)
        assert walk(database, RunFilter(), limit=limit) == ids
    finally:
        database.close()


def test_a_filter_that_few_pass_goes_on_where_looking_stopped(database, monkeypatch) -> None:
    monkeypatch.setattr(run_lists, "LOOKED_AT", 3)
    users = ["ana" if n % 5 == 0 else "ben" for n in range(17)]
    ids = keep(database, list(range(17)), users)
    own = [one for one in ids if int(one[-3:]) % 5 == 0]
    assert walk(database, RunFilter(user="ana"), limit=2) == own
    assert walk(database, RunFilter(), limit=2, asked_by="ana") == own


def test_filters_by_day_kind_and_model(database) -> None:
    ids = keep(database, [0, 60 * 24, 60 * 48])
    day = RunFilter(since=START + timedelta(days=1), until=START + timedelta(days=2))
    assert walk(database, day, limit=5) == [ids[1]]
    assert walk(database, RunFilter(kind="answer", model="test"), limit=5) == ids
    assert walk(database, RunFilter(kind="refusal"), limit=5) == []
    assert walk(database, RunFilter(only_degraded=True), limit=5) == []


def test_a_run_with_closed_evidence_is_counted_and_not_shown(database) -> None:
    with database.write() as connection:
        save_run(connection, run_of("closed"), evidence=("gone.md",))
    with database.read() as connection:
        page = run_page(connection, ANA, RunFilter())
    assert (page.summaries, page.hidden) == ((), 1)


def test_figures_are_made_of_the_runs_of_the_span(database) -> None:
    keep(database, [0, 60 * 24, 60 * 48])
    with database.read() as connection:
        found = figures(connection, START + timedelta(days=1))
        none = figures(connection, START + timedelta(days=9))
    assert found.runs == 2
    assert found.kinds == {"answer": 2}
    assert found.whole is not None
    assert (found.whole.p50, found.stages["generation"].p95) == (12.5, 8.0)
    assert list(found.stages) == ["retrieval", "generation"]
    assert [day.day for day in found.days] == ["2026-01-02", "2026-01-03"]
    assert found.cost_usd == pytest.approx(0.02)
    assert (none.runs, none.whole, none.stages) == (0, None, {})


def test_replays_are_no_work_and_are_found_by_their_origin(database) -> None:
    with database.write() as connection:
        for run in ("work", "again"):
            made = run_of(run)
            item = (
                replace(made.item, id=f"{REPLAY_PREFIX}work", origin=REPLAY) if run == "again" else made.item
            )
            save_run(connection, replace(made, item=item), evidence=())
    with database.read() as connection:
        work, replays = (run_page(connection, ANA, RunFilter(origin=one)).summaries for one in (WORK, REPLAY))
        counted = figures(connection, work[0].started_at - timedelta(days=1)).runs
    assert [one.id for one in work] == ["work"]
    assert [one.id for one in replays] == ["again"]
    assert counted == 1


def test_a_run_that_went_on_to_a_further_rung_after_a_draft_is_a_cascade(database) -> None:
    one = run_of("one")
    checked = replace(one.stages[-1], stage=Stage.CHECKING)
    with database.write() as connection:
        save_run(connection, replace(one, stages=(*one.stages, checked)), evidence=())
        twice = (*one.stages, checked, checked)
        save_run(connection, replace(run_of("two"), stages=twice), evidence=())
        save_run(connection, replace(run_of("three"), stages=twice, degraded="down"), evidence=())
    with database.read() as connection:
        found = figures(connection, one.started_at - timedelta(days=1))
    assert (found.timed, found.cascaded, found.degraded) == (3, 1, 1)
