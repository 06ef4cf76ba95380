"""A draft without an outcome is shown to who asked, as long as its documents may be seen; threads hold together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from tests.storage.test_runs_records import with_document

from holdfast.domain.access import Principal
from holdfast.storage import knowledge
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
from holdfast.storage.retention import Purged, purge
from holdfast.storage.review_tables import drafts
from holdfast.storage.runs import save_run
from holdfast.storage.settings import RetentionSettings
from holdfast.testing.records import SOURCE, run_of

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
