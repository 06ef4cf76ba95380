"""A draft without an outcome is shown to who asked, as long as its documents may be seen; threads hold together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from tests.storage.test_runs_records import with_document

from holdfast.domain.access import Principal
from holdfast.errors import StorageError
from holdfast.storage import knowledge, ledger
from holdfast.storage.database import Database
from holdfast.storage.drafts import (
    ALIVE_S,
    begin_draft,
    end_draft,
    find_draft,
    thread_of,
    threads_of,
    write_draft,
)
from holdfast.storage.forgetting import forget_document
from holdfast.storage.forgetting_people import forget_person
from holdfast.storage.leases import this_holder
from holdfast.storage.lost_drafts import REASON, SILENT_FOR, lost_drafts, record_interrupted
from holdfast.storage.retention import Purged, purge
from holdfast.storage.review_tables import drafts
from holdfast.storage.runs import find_run, save_run
from holdfast.storage.settings import RetentionSettings
from holdfast.testing.records import SOURCE, an_attempt, run_of

ANA = Principal(user="ana")
BEN = Principal(user="ben")


def begun(connection: sa.Connection, run: str, thread: str = "", question: str = "How much?") -> None:
    begin_draft(connection, run, thread, run_of(run, question=question).item)


def test_a_draft_is_its_askers_and_shows_what_was_written(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        begun(connection, "r1")
        write_draft(connection, "r1", "As much", ["a.md"])
        found = find_draft(connection, "r1", ANA)
        assert found is not None
        assert (found.text, found.state, found.item["question"]) == ("As much", "open", "How much?")
        assert find_draft(connection, "r1", BEN) is None
        knowledge.refile_access(connection, {(SOURCE, "a.md"): (frozenset({"sales"}), "")})
        closed = find_draft(connection, "r1", ANA)
        assert closed is not None
        assert closed.text == ""


def test_a_draft_that_nobody_writes_any_more_was_cut_off(database: Database) -> None:
    with database.write() as connection:
        begun(connection, "r1")
        old = datetime.now(UTC) - timedelta(seconds=ALIVE_S + 1)
        connection.execute(sa.update(drafts).values(touched_at=old))
        found = find_draft(connection, "r1", ANA)
        assert found is not None
        assert found.state == "cut"
        write_draft(connection, "r1", "more", [])
        alive = find_draft(connection, "r1", ANA)
        assert alive is not None
        assert alive.state == "open"


def test_with_an_outcome_the_draft_is_empty_and_without_one_it_stays(database: Database) -> None:
    with database.write() as connection:
        for run in ("r1", "r2"):
            begun(connection, run)
            write_draft(connection, run, "As much", [])
        end_draft(connection, "r1", has_outcome=True)
        end_draft(connection, "r2", has_outcome=False)
        assert find_draft(connection, "r1", ANA) is None
        kept = find_draft(connection, "r2", ANA)
        assert kept is not None
        assert (kept.text, kept.state) == ("As much", "cut")


def test_follow_ups_belong_to_the_thread_and_are_listed_by_the_newest(database: Database) -> None:
    with database.write() as connection:
        for run, thread in (("r1", ""), ("r2", "r1"), ("r3", "")):
            begun(connection, run, thread, question=f"Question {run}?")
            save_run(connection, run_of(run, question=f"Question {run}?"), evidence=[])
            end_draft(connection, run, has_outcome=True)
        begun(connection, "r4", "r1")
        assert thread_of(connection, "r2") == thread_of(connection, "r1") == "r1"
        assert thread_of(connection, "unknown") == "unknown"
        draft = find_draft(connection, "r4", ANA)
        assert draft is not None
        assert draft.after == "r2"
        listed = [(one.run, one.question, one.count, one.kind) for one in threads_of(connection, ANA)]
        assert listed == [("r4", "Question r1?", 3, ""), ("r3", "Question r3?", 1, "answer")]
        assert threads_of(connection, BEN) == ()


def test_drafts_are_forgotten_and_go_after_their_time(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        knowledge.publish(connection, 1)
        begun(connection, "r1")
        write_draft(connection, "r1", "Zanzibarquokka pays", ["a.md"])
        forget_document(connection, SOURCE, "a.md")
        assert find_draft(connection, "r1", ANA) is None
        assert threads_of(connection, ANA) == ()
        later = datetime.now(UTC) + timedelta(days=91)
        assert purge(connection, RetentionSettings(), later) == Purged(drafts=1)
        begun(connection, "r2")
        forget_person(connection, "ana")
        assert connection.execute(sa.select(sa.func.count()).select_from(drafts)).scalar() == 0


def lost(database: Database) -> tuple[str, ...]:
    """End the drafts that are lost; return the runs that are on record by that."""
    with database.read() as connection:
        found = lost_drafts(connection)
    with database.write() as connection:
        return record_interrupted(connection, found)


def killed(connection: sa.Connection, run: str) -> None:
    """Give a draft a writer on this machine that is no more."""
    host = this_holder().split(":")[0]
    dead = sa.update(drafts).where(drafts.c.run == run).values(holder=f"{host}:999999999:1:1")
    connection.execute(dead)


def silent(connection: sa.Connection, run: str) -> None:
    """Give a draft a writer on another machine that was not heard of for long."""
    long_ago = datetime.now(UTC) - SILENT_FOR - timedelta(seconds=1)
    away = {"holder": "elsewhere/1:1:1:1", "touched_at": long_ago}
    connection.execute(sa.update(drafts).where(drafts.c.run == run).values(**away))


@pytest.mark.parametrize("gone", [killed, silent])
def test_the_run_of_a_writer_that_is_gone_is_on_record_as_interrupted(
    database: Database, gone: Callable[[sa.Connection, str], None]
) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        for run in ("r1", "r2"):
            begun(connection, run)
            write_draft(connection, run, "As much", ["a.md"])
        gone(connection, "r1")
    assert lost(database) == ("r1",)
    assert lost(database) == ()
    with database.read() as connection:
        run, draft = find_run(connection, "r1", ANA), find_draft(connection, "r1", ANA)
        assert run is not None
        assert (run.summary.kind, run.summary.question, run.stages) == ("interrupted", "How much?", ())
        assert run.outcome == {"text": "", "reason": REASON}
        assert draft is not None
        assert (draft.state, draft.text) == ("cut", "As much")
        assert find_run(connection, "r2", ANA) is None
        assert lost_drafts(connection, begun_after=datetime.now(UTC)) == ()


def test_a_killed_writers_draft_is_cut_before_its_run_is_on_record(database: Database) -> None:
    with database.write() as connection:
        begun(connection, "r1")
        killed(connection, "r1")
        found = find_draft(connection, "r1", ANA)
    assert found is not None
    assert found.state == "cut"


def test_the_run_of_a_writer_that_lives_after_all_counts(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        begun(connection, "r1")
        write_draft(connection, "r1", "As much", ["a.md"])
        silent(connection, "r1")
    assert lost(database) == ("r1",)
    with database.write() as connection:
        save_run(connection, run_of("r1"), evidence=["a.md"])
        end_draft(connection, "r1", has_outcome=True)
        found = find_run(connection, "r1", ANA)
        assert found is not None
        assert found.summary.kind == "answer"
        assert len(found.stages) == len(run_of("r1").stages)
        assert find_draft(connection, "r1", ANA) is None


def test_a_run_that_is_on_record_is_left_as_it_is(database: Database) -> None:
    with database.write() as connection:
        begun(connection, "r1")
        killed(connection, "r1")
        save_run(connection, run_of("r1"), evidence=[])
    assert lost(database) == ()
    with database.write() as connection:
        assert find_draft(connection, "r1", ANA) is None
        with pytest.raises(StorageError, match="there is a run r1 already"):
            save_run(connection, run_of("r1"), evidence=[])


def test_a_lost_draft_whose_question_was_forgotten_leaves_no_run(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "a.md", "everyone")
        begun(connection, "r1")
        forget_document(connection, SOURCE, "a.md")
        killed(connection, "r1")
    assert lost(database) == ()
    with database.read() as connection:
        assert lost_drafts(connection) == ()
        assert find_run(connection, "r1", ANA) is None


def test_what_an_interrupted_run_called_and_cost_is_that_of_the_ledger(database: Database) -> None:
    with database.write() as connection:
        begun(connection, "r1")
        killed(connection, "r1")
        call = replace(an_attempt(run="r1"), version="v7", model="openai:m7")
        ledger.begin(connection, [call], {})
        ledger.end(connection, [replace(call, status="ok", cost_usd=0.5)])
    lost(database)
    with database.read() as connection:
        found = find_run(connection, "r1", ANA)
    assert found is not None
    assert (found.summary.version, found.summary.model, found.summary.cost_usd) == ("v7", "openai:m7", 0.5)
