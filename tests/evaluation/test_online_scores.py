"""A declared sample of production runs is scored beside the run, and goes with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import holdfast
from holdfast.domain.access import Principal
from holdfast.domain.runs import Run
from holdfast.domain.scores import Score
from holdfast.engines.jobs import LocalJobEngine
from holdfast.evaluating.online import enqueue_scores, score_and_keep, score_recorded
from holdfast.evaluation.scoring.online import is_sampled
from holdfast.session import Flow
from holdfast.storage.jobs import JobRecords
from holdfast.storage.retention import purge
from holdfast.storage.run_scores import keep_scores, scores_by_day, scores_of_run
from holdfast.storage.schema import run_scores
from holdfast.storage.settings import RetentionSettings

ANA, LENA = Principal(user="ana", groups=frozenset({"service"})), Principal(user="lena")
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
QUESTION = "How tight are the gland bolts of the HX-200?"


@asynccontextmanager
async def desk(tmp_path: Path) -> AsyncIterator[Flow]:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "manual.md").write_text(
        "# Gland of the HX-200\n\nTighten the gland bolts of the HX-200 to 24 Nm.\n"
    )
    (tmp_path / "workflow.yaml").write_text(
        "name: desk\nembedding: {model: lsa}\nsources: [{files: documents, access: [service]}]\n"
        "deciding: {answer_at: 0.2, refuse_below: 0.1}\nevaluation: {online: {share: 1}}\n"
    )
    async with holdfast.open(tmp_path) as opened:
        await opened.sync()
        yield opened


async def asked(flow: Flow) -> Run:
    return await flow.ask(QUESTION, principal=ANA)


def told(flow: Flow, run: str, who: Principal) -> dict[str, float | None]:
    with flow.wiring.database.read() as connection:
        return {one.metric: one.value for one in scores_of_run(connection, run, who)}


def test_a_job_scores_what_needs_no_expectation_and_only_who_may_see_the_run_sees_it(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as flow:
            run = await asked(flow)
            put = enqueue_scores(flow.wiring, since=SINCE)
            assert (put.sampled, put.jobs) == (1, 1)
            assert enqueue_scores(flow.wiring, since=SINCE).jobs == 0  # it is in line already
            assert await LocalJobEngine(JobRecords(flow.wiring.database)).work() == 1
            found = told(flow, run.id, ANA)
            assert found["citation_valid"] == 1.0
            assert found["support"] > 0.9
            assert "facts_stated" not in found
            assert "outcome_right" not in found
            assert told(flow, run.id, LENA) == {}
            assert enqueue_scores(flow.wiring, since=SINCE).sampled == 0
            with flow.wiring.database.read() as connection:
                days = {one.metric: one for one in scores_by_day(connection, since=SINCE)}
            assert (days["citation_valid"].mean, days["citation_valid"].runs) == (1.0, 1)

    asyncio.run(work())


def test_scoring_twice_leaves_one_score_of_each_metric(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as flow:
            run = await asked(flow)
            await score_recorded(str(flow.wiring.folder), [run.id, "no-such-run"])
            await score_recorded(str(flow.wiring.folder), [run.id])
            with flow.wiring.database.read() as connection:
                rows = connection.execute(sa.select(run_scores.c.metric)).scalars().all()
            assert len(rows) == len(set(rows)) > 3

    asyncio.run(work())


def test_scores_go_with_their_run(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as flow:
            run = await asked(flow)
            await score_and_keep(flow.wiring, [run.id])
            later = datetime.now(UTC) + timedelta(days=400)
            with flow.wiring.database.write() as connection:
                purge(connection, RetentionSettings(), later)
                left = connection.execute(sa.select(sa.func.count()).select_from(run_scores)).scalar_one()
            assert left == 0

    asyncio.run(work())


def test_forgetting_a_document_takes_what_is_said_of_its_runs_and_nothing_is_said_later(
    tmp_path: Path,
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as flow:
            run = await asked(flow)
            with flow.wiring.database.write() as connection:
                said = [
                    Score(metric="support", value=0.2, why="support 0.20: 'Tighten the gland bolts to 24 Nm'")
                ]
                assert keep_scores(connection, run.id, said, at=datetime.now(UTC))
            (flow.wiring.folder / "documents" / "manual.md").unlink()
            erased = await flow.forget("manual.md", who="ana")
            assert not erased.searched.left
            with flow.wiring.database.read() as connection:
                assert connection.execute(sa.select(run_scores.c.why)).scalars().all() == [None]
            assert await score_and_keep(flow.wiring, [run.id]) == 0

    asyncio.run(work())


def test_forgetting_a_person_takes_the_scores_of_their_runs(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as flow:
            run = await asked(flow)
            await score_and_keep(flow.wiring, [run.id])
            await flow.forget_person("ana", who="lena")
            with flow.wiring.database.read() as connection:
                assert connection.execute(sa.select(run_scores.c.run_id)).scalars().all() == []

    asyncio.run(work())


@settings(deadline=None)
@given(st.text(max_size=40), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_sample_holds_the_smaller_one(run: str, one: float, other: float) -> None:
    assert is_sampled(run, 1.0)
    assert not is_sampled(run, 0.0)
    if is_sampled(run, min(one, other)):
        assert is_sampled(run, max(one, other))


def test_a_tenth_of_the_runs_is_about_a_tenth() -> None:
    assert 900 < sum(is_sampled(f"run-{n}", 0.1) for n in range(10_000)) < 1100
