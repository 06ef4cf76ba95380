"""What a server does by itself for a workflow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

import holdfast
from holdfast.app import Wiring
from holdfast.chores import CHORES, RETENTION, SCORE, SCORES, Chore, Round, states, working_for
from holdfast.engines.jobs import LocalJobEngine
from holdfast.evaluating.online import enqueue_scores
from holdfast.reviewing.notifying import HANDLER as NOTICE
from holdfast.storage.jobs import JobRecords
from holdfast.storage.leases import lease
from holdfast.storage.run_scores import scores_by_day
from holdfast.storage.runs import save_run
from holdfast.storage.schema import runs
from holdfast.testing.records import run_of
from holdfast.web.serving import do_chores
from holdfast.wire import wire

DECLARATION = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents}]\n"
SCORED = "evaluation: {online: {share: 1}}\n"
ANA = holdfast.Principal(user="ana")
DAY = 86_400.0


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))


@pytest.fixture
def desk(tmp_path: Path) -> Callable[..., Path]:
    def written(more: str = "") -> Path:
        folder = tmp_path / "desk"
        (folder / "documents").mkdir(parents=True, exist_ok=True)
        (folder / "documents" / "gland.md").write_text("Tighten the gland bolts of the HX-200 to 35 Nm.\n")
        (folder / "documents" / "permissions.yaml").write_text('"**": [everyone]\n')
        (folder / "workflow.yaml").write_text(DECLARATION + more)
        return folder

    return written


@contextmanager
def replicas(folder: Path, count: int = 1) -> Iterator[list[Wiring]]:
    made = [wire(folder) for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            one.close()


def put_old_run(wiring: Wiring, run: str) -> None:
    with wiring.database.write() as connection:
        old = datetime.now(UTC) - timedelta(days=200)
        save_run(connection, run_of(run, started_at=old), evidence=())


def run_ids(wiring: Wiring) -> set[str]:
    with wiring.database.read() as connection:
        return set(connection.execute(sa.select(runs.c.id)).scalars())


def test_what_retention_says_is_over_goes_without_a_sync(desk: Callable[..., Path]) -> None:
    with replicas(desk()) as (wiring,):
        put_old_run(wiring, "old")
        assert asyncio.run(Round(wiring).work()) == 1
        assert run_ids(wiring) == set()
        retention, scores = states(wiring)
        assert (retention.name, retention.last and retention.last.status) == ("retention", "done")
        assert (scores.is_wanted, scores.last) == (False, None)


def test_a_chore_comes_round_with_its_span_and_not_before(desk: Callable[..., Path]) -> None:
    async def story() -> list[int]:
        with replicas(desk()) as (wiring,):
            begin, one = time.time() // 3600 * 3600 - 7200, Round(wiring)
            return [await one.work(now=begin + after) for after in (0, 3599, 3600, 7199)]

    assert asyncio.run(story()) == [1, 0, 1, 0]


NOTED: list[Path] = []


def note() -> None:
    wiring = working_for()
    assert wiring is not None
    NOTED.append(wiring.state)
    time.sleep(0.05)


def break_down() -> None:
    raise OSError("the disk is away")


def test_of_two_replicas_one_does_a_chore(desk: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.chores.note", note, raising=False)
    NOTED.clear()
    chore = Chore(name="note", handler="holdfast.chores:note", every_s=3600)

    async def story() -> None:
        with replicas(desk(), 3) as wirings:
            rounds = [Round(wiring, (chore,)) for wiring in wirings]
            now = time.time()
            for _ in range(2):
                await asyncio.gather(*(one.work(now=now) for one in rounds))
            assert len(NOTED) == 1

    asyncio.run(story())


def test_a_chore_that_fails_is_tried_again_and_told(
    desk: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("holdfast.chores.delete_what_is_over", break_down)

    async def story() -> None:
        with replicas(desk()) as (wiring,):
            assert await Round(wiring).work() == 1
            state = states(wiring)[0].last
            assert state is not None
            assert (state.status, state.error) == ("waiting", "OSError: the disk is away")

    asyncio.run(story())


def test_retention_leaves_it_to_a_sync_that_runs(desk: Callable[..., Path]) -> None:
    with replicas(desk(), 2) as (wiring, other):
        put_old_run(wiring, "old")
        with lease(other.database, "sync", wait_s=0):
            assert asyncio.run(Round(wiring).work()) == 1
            assert run_ids(wiring) == {"old"}
        assert states(wiring)[0].last is not None


def test_a_declared_sample_of_runs_is_scored_without_a_command(desk: Callable[..., Path]) -> None:
    async def story() -> None:
        async with holdfast.open(desk(SCORED)) as flow:
            await flow.sync()
            await flow.ask("How tight are the gland bolts of the HX-200?", principal=ANA)
            assert await Round(flow.wiring).work() == 3  # retention; the sample; its scores
            with flow.wiring.database.read() as connection:
                found = scores_by_day(connection, since=datetime.now(UTC) - timedelta(days=1))
            assert found
            assert all(one.runs == 1 for one in found)
            assert [one.last and one.last.status for one in states(flow.wiring)] == ["done", "done"]

    asyncio.run(story())


def test_a_replica_scores_what_another_one_put_in_line_from_another_folder(
    desk: Callable[..., Path], tmp_path: Path
) -> None:
    async def story() -> None:
        folder = desk(SCORED)
        async with holdfast.open(folder) as flow:
            await flow.sync()
            await flow.ask("How tight are the gland bolts of the HX-200?", principal=ANA)
            enqueue_scores(flow.wiring, since=datetime.now(UTC) - timedelta(days=1))
            folder.rename(tmp_path / "elsewhere")  # the path in the job is no more
            await Round(flow.wiring, (SCORES,)).work()
            assert JobRecords(flow.wiring.database).errors() == ()
            assert JobRecords(flow.wiring.database).counts() == {"done": 2}

    asyncio.run(story())


def test_an_engine_leaves_the_jobs_of_others(desk: Callable[..., Path]) -> None:
    async def story() -> None:
        with replicas(desk()) as (wiring,):
            records = JobRecords(wiring.database)
            arguments = {"notice": "n", "channel": "webhook", "at": ""}
            LocalJobEngine(records).enqueue(NOTICE, arguments, key="notice:n")
            assert await LocalJobEngine(records, handlers=(SCORE,)).work() == 0
            assert await Round(wiring, (RETENTION,)).work() == 1
            assert records.counts() == {"waiting": 1, "done": 1}

    asyncio.run(story())


def test_every_chore_names_a_handler_that_is_there() -> None:
    for chore in CHORES:
        module, _, function = chore.handler.partition(":")
        assert callable(getattr(__import__(module, fromlist=[function]), function))


class NoRoom:
    """Records that no file can be written for; counts how often that was tried."""

    def __init__(self) -> None:
        self.asked = 0

    def write(self) -> Any:
        self.asked += 1
        raise OSError("no room")


def test_a_fault_that_nobody_thought_of_does_not_end_the_chores() -> None:
    records = NoRoom()
    settings = SimpleNamespace(evaluation=SimpleNamespace(online=SimpleNamespace(share=0)))
    wiring = SimpleNamespace(database=records, settings=settings)
    desk = SimpleNamespace(name="desk", flow=SimpleNamespace(wiring=wiring))
    workbench: Any = SimpleNamespace(desks={"desk": desk})

    async def story() -> None:
        doing = asyncio.create_task(do_chores(workbench, every_s=0))
        async with asyncio.timeout(30):
            while records.asked < 3:
                assert not doing.done()
                await asyncio.sleep(0)
        doing.cancel()

    asyncio.run(story())
