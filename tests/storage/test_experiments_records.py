from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.experiments import CaseRun, Experiment, Plan
from holdfast.domain.items import GOLDEN
from holdfast.domain.scores import Score
from holdfast.storage import experiments, knowledge
from holdfast.storage.database import Database
from holdfast.storage.entries import Entry
from holdfast.storage.figures import figures
from holdfast.storage.forgetting import forget_document
from holdfast.storage.forgetting_people import forget_person
from holdfast.storage.retention import purge
from holdfast.storage.run_lists import RunFilter, run_page
from holdfast.storage.runs import save_run
from holdfast.storage.schema import case_runs
from holdfast.storage.settings import RetentionSettings
from holdfast.testing.records import SOURCE, chunks_of, document, run_of

ANA = Principal(user="ana", groups=frozenset({"sales"}))
BEN = Principal(user="ben")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
PLAN = Plan(workflow="desk", version="abc", cases={"b": "1", "a": "2"}, cases_digest="set", seed=7)


def an_experiment(name: str = "e1", *, plan: Plan = PLAN, at: datetime = NOW) -> Experiment:
    return Experiment(
        id=name, plan=plan, settings={"sources": '[{"exclude": ["hr/letter.md"]}]'}, prices={"openai:m": "1"},
        environment={"python": "3.12"}, user="ana", started_at=at,
    )  # fmt: skip


def a_row(
    case: str = "a", *, run: str = "r1", repeat: int = 0, why: str = "states 4,000 h", path: str = "a.md"
) -> CaseRun:
    return CaseRun(
        case=case, digest="2", repeat=repeat, kind="common", run=run, outcome="answer", model="test:model",
        scores=(Score(metric="facts", value=0.5, why=why), Score(metric="support", value=None, why="no claim")),
        cost_usd=0.01, took_s=0.5, documents=(path,),
    )  # fmt: skip


def with_document(connection: sa.Connection, path: str, *entries: str) -> None:
    one = document(path, "text", entries=entries)
    entry = Entry(
        document=one, parent="", skip_key="k", chunks=chunks_of(one), text_keys=("t",),
        vectors=np.ones((1, 1), dtype=np.float32), fingerprint="f",
    )  # fmt: skip
    knowledge.write(connection, [entry], version=1)


def test_an_experiment_and_its_rows_come_back_whole(database: Database) -> None:
    with database.write() as connection:
        experiments.begin_experiment(connection, an_experiment())
        experiments.record_case_runs(connection, "e1", [a_row()])
    with database.read() as connection:
        found = experiments.find_experiment(connection, "e")
        assert found == an_experiment()
        assert list(found.plan.cases) == ["b", "a"], "the order in which they are worked"
        assert experiments.case_runs_of(connection, "e1") == (a_row(),)
        (listed,) = experiments.list_experiments(connection, limit=5)
        assert (listed.done, listed.cost_usd) == (1, 0.01)


def test_what_is_done_stays_and_what_was_not_run_may_be_tried_again(database: Database) -> None:
    down = replace(a_row(), run="r0", outcome="", scores=(), not_run="timeout", cost_usd=0.0)
    with database.write() as connection:
        experiments.begin_experiment(connection, an_experiment())
        experiments.record_case_runs(connection, "e1", [down])
        experiments.record_case_runs(connection, "e1", [a_row()])
        experiments.record_case_runs(connection, "e1", [replace(a_row(), run="r2", cost_usd=9.0)])
        assert experiments.case_runs_of(connection, "e1") == (a_row(),)


def test_only_a_stopped_experiment_of_the_same_plan_is_gone_on_with(database: Database) -> None:
    with database.write() as connection:
        experiments.begin_experiment(connection, an_experiment("e1"))
        experiments.begin_experiment(connection, an_experiment("e2", at=NOW + timedelta(minutes=1)))
        stopped = experiments.unfinished_experiment(connection, PLAN)
        assert stopped is not None
        assert stopped.id == "e2"
        for other in (replace(PLAN, version="abd"), replace(PLAN, cases_digest="other"), replace(PLAN, model="m"),
                      replace(PLAN, repeats=2), replace(PLAN, seed=8), replace(PLAN, sample=1)):  # fmt: skip
            assert experiments.unfinished_experiment(connection, other) is None
        assert experiments.newest_experiment(connection) is None
        experiments.end_experiment(connection, "e2", NOW)
        newest = experiments.newest_experiment(connection)
        assert newest is not None
        assert newest.id == "e2"
        assert experiments.newest_experiment(connection, but="e2") is None
        assert experiments.newest_experiment(connection, version="ab") is not None


def test_cases_follow_the_access_lists_of_today(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        with_document(connection, "b.md", "sales")
        save_run(connection, run_of("r1"), evidence=["a.md"])
        save_run(connection, run_of("r2"), evidence=["a.md", "b.md"])
        rows = [
            a_row("open", run="r1"),
            a_row("by its evidence", run="r1", path="b.md"),
            a_row("by its run", run="r2"),
            a_row("gone", run="", path="gone.md"),
            a_row("a lookup's row", run="", path="lookup:orders"),
        ]
        assert experiments.closed_cases(connection, rows, BEN) == {"by its evidence", "by its run", "gone"}
        assert experiments.closed_cases(connection, rows, ANA) == {"gone"}
        knowledge.refile_access(connection, {(SOURCE, "a.md"): (frozenset({"sales"}), "")})
        assert "open" in experiments.closed_cases(connection, rows, BEN)


def test_what_a_score_says_goes_with_its_run(database: Database) -> None:
    with database.write() as connection:
        experiments.begin_experiment(connection, an_experiment())
        save_run(connection, run_of("r1", started_at=NOW - timedelta(days=91)), evidence=["a.md"])
        experiments.record_case_runs(connection, "e1", [a_row()])
        purge(connection, RetentionSettings(), NOW)
        (row,) = experiments.case_runs_of(connection, "e1")
        assert [(score.value, score.why) for score in row.scores] == [(0.5, ""), (None, "")]


def test_experiments_are_deleted_when_their_time_is_over(database: Database) -> None:
    with database.write() as connection:
        experiments.begin_experiment(connection, an_experiment(at=NOW - timedelta(days=401)))
        experiments.record_case_runs(connection, "e1", [a_row()])
        assert purge(connection, RetentionSettings(experiments_days=0), NOW).experiments == 0
        assert purge(connection, RetentionSettings(), NOW).experiments == 1
        assert connection.execute(sa.select(case_runs)).all() == []


def test_a_forgotten_document_leaves_figures_only(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "hr/letter.md", "everyone")
        experiments.begin_experiment(connection, an_experiment())
        save_run(connection, run_of("r1", document_path="hr/letter.md"), evidence=["hr/letter.md"])
        experiments.record_case_runs(connection, "e1", [a_row("told", path="hr/letter.md", run="")])
        experiments.record_case_runs(connection, "e1", [a_row("retrieved", path="other.md")])
        forget_document(connection, SOURCE, "hr/letter.md")
        retrieved, told = experiments.case_runs_of(connection, "e1")
        assert [score.why for score in (*told.scores, *retrieved.scores)] == ["", "", "", ""]
        assert "hr/letter.md" not in told.documents
        assert experiments.closed_cases(connection, [told], ANA) == {"told"}
        found = experiments.find_experiment(connection, "e1")
        assert found is not None
        assert "letter" not in found.settings["sources"]


def test_a_forgotten_person_is_not_named_and_not_quoted(database: Database) -> None:
    with database.write() as connection:
        experiments.begin_experiment(connection, an_experiment())
        save_run(connection, run_of("r1", user="ana"), evidence=[])
        experiments.record_case_runs(connection, "e1", [a_row()])
        forget_person(connection, "ana")
        found = experiments.find_experiment(connection, "e1")
        assert found is not None
        assert found.user.startswith("forgotten-")
        assert [score.why for score in experiments.case_runs_of(connection, "e1")[0].scores] == ["", ""]


def test_runs_of_golden_cases_are_no_work_in_lists_and_figures(database: Database) -> None:
    with database.write() as connection:
        for name in ("r1", "asked"):
            save_run(connection, run_of(name, started_at=NOW), evidence=())
        experiments.begin_experiment(connection, an_experiment())
        experiments.record_case_runs(connection, "e1", [a_row()])
    ana = Principal(user="ana")
    with database.read() as connection:
        assert [one.id for one in run_page(connection, ana, RunFilter()).summaries] == ["asked"]
        golden = run_page(connection, ana, RunFilter(origin=GOLDEN))
        assert [one.id for one in golden.summaries] == ["r1"]
        assert figures(connection, NOW - timedelta(days=1)).runs == 1
