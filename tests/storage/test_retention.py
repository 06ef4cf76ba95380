from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import sqlalchemy as sa

from holdfast.storage import audit, counters, feed, knowledge, ledger
from holdfast.storage.database import Database
from holdfast.storage.entries import Entry
from holdfast.storage.jobs import JobRecords
from holdfast.storage.retention import Purged, purge
from holdfast.storage.runs import save_run
from holdfast.storage.schema import chunks, documents, runs, stage_records, vectors
from holdfast.storage.settings import RetentionSettings
from holdfast.testing.records import SOURCE, an_attempt, chunks_of, document, run_of

NOW = datetime.now(UTC)
SETTINGS = RetentionSettings(runs_days=90, versions_days=30, jobs_days=14)


def write(connection: sa.Connection, path: str, text: str, version: int, fingerprint: str = "e1") -> None:
    one = document(path, text)
    pieces = chunks_of(one)
    entry = Entry(
        document=one, parent="", skip_key="k", chunks=pieces, text_keys=tuple(piece.text for piece in pieces),
        vectors=np.ones((len(pieces), 2), dtype=np.float32), fingerprint=fingerprint,
    )  # fmt: skip
    knowledge.write(connection, [entry], version=version)
    counters.remember(connection, "fingerprint", fingerprint)
    knowledge.publish(connection, version)


def ended(connection: sa.Connection, days_ago: int) -> None:
    gone = documents.c.died.is_not(None)
    connection.execute(sa.update(documents).where(gone).values(ended_at=NOW - timedelta(days=days_ago)))


def count(connection: sa.Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_old_runs_go_with_their_stages_and_young_ones_stay(database: Database) -> None:
    with database.write() as connection:
        for days in (1, 89, 91, 400):
            started = NOW - timedelta(days=days)
            save_run(connection, run_of(f"r{days}", started_at=started), evidence=["a.md"])
        assert purge(connection, SETTINGS, NOW) == Purged(runs=2)
        assert set(connection.execute(sa.select(runs.c.id)).scalars()) == {"r1", "r89"}
        assert count(connection, stage_records) == 4
        assert not purge(connection, SETTINGS, NOW)


def test_a_replaced_revision_goes_after_its_time_with_chunks_and_vectors(database: Database) -> None:
    with database.write() as connection:
        write(connection, "a.md", "first", 1)
        write(connection, "a.md", "second", 2)
        ended(connection, 29)
        assert not purge(connection, SETTINGS, NOW)
        ended(connection, 31)
        first = purge(connection, SETTINGS, NOW)
        assert first == Purged(revisions=1, vectors=1)
        assert connection.execute(sa.select(chunks.c.text)).scalars().all() == ["second"]
        assert feed.state(connection).purged == 2
        assert not purge(connection, SETTINGS, NOW)


def test_a_revision_that_a_kept_run_names_stays_as_long_as_the_run(database: Database) -> None:
    with database.write() as connection:
        write(connection, "a.md", "first", 1)
        write(connection, "b.md", "other", 2)
        write(connection, "a.md", "second", 3)
        ended(connection, 80)
        for index_version, days in ((1, 85), (2, 40)):
            run = run_of(f"r{days}", index_version=index_version, started_at=NOW - timedelta(days=days))
            save_run(connection, run, evidence=["a.md"])
        assert not purge(connection, SETTINGS, NOW)
        assert purge(connection, SETTINGS, NOW + timedelta(days=10)).runs == 1
        assert count(connection, documents) == 3, "the younger run still names it"
        # The last run goes first, in the same call the revision that nobody names any more.
        assert purge(connection, SETTINGS, NOW + timedelta(days=51)) == Purged(runs=1, revisions=1, vectors=1)


def test_a_run_of_another_version_or_document_keeps_nothing(database: Database) -> None:
    with database.write() as connection:
        write(connection, "a.md", "first", 1)
        write(connection, "a.md", "second", 2)
        ended(connection, 31)
        save_run(connection, run_of("r1", index_version=2), evidence=["a.md"])
        save_run(connection, run_of("r2", index_version=1), evidence=["b.md"])
        assert purge(connection, SETTINGS, NOW).revisions == 1


def test_what_ends_with_a_version_that_is_not_published_stays(database: Database) -> None:
    with database.write() as connection:
        write(connection, "a.md", "first", 1)
        knowledge.remove(connection, [(SOURCE, "a.md")], version=2)
        ended(connection, 400)
        assert not purge(connection, SETTINGS, NOW)
        assert count(connection, chunks) == 1


def test_vectors_that_no_chunk_or_no_embedder_needs_go(database: Database) -> None:
    with database.write() as connection:
        write(connection, "a.md", "text", 1, fingerprint="e1")
        knowledge.write_vectors(connection, "e1", ["orphan"], np.ones((1, 2), dtype=np.float32))
        knowledge.write_vectors(connection, "e0", ["text"], np.ones((1, 2), dtype=np.float32))
        assert purge(connection, SETTINGS, NOW) == Purged(vectors=2)
        assert connection.execute(sa.select(vectors.c.text_key)).scalars().all() == ["text"]


def test_a_vector_that_two_documents_share_stays_with_the_other(database: Database) -> None:
    with database.write() as connection:
        write(connection, "a.md", "same", 1)
        write(connection, "b.md", "same", 2)
        knowledge.remove(connection, [(SOURCE, "a.md")], version=3)
        knowledge.publish(connection, 3)
        ended(connection, 31)
        assert purge(connection, SETTINGS, NOW) == Purged(revisions=1)
        assert count(connection, vectors) == 1


def test_ended_jobs_and_old_audit_entries_go_when_told_so(database: Database) -> None:
    records = JobRecords(database)
    for key in ("done", "failed", "waiting"):
        records.add(key=key, handler="m:f", arguments={}, due=1.0 if key != "waiting" else 2e9)
    done, failed = records.take(lease_s=9), records.take(lease_s=9)
    assert done is not None
    assert failed is not None
    records.finish(done)
    records.fail(failed, error="no", again_at=None)
    later = NOW + timedelta(days=15)
    with database.write() as connection:
        audit.append(connection, who="ana", action="x.y", thing="z")
        assert not purge(connection, SETTINGS, NOW + timedelta(days=13))
        assert purge(connection, SETTINGS, later) == Purged(jobs=2)
        forgetful = SETTINGS.model_copy(update={"audit_days": 10})
        assert purge(connection, forgetful, later) == Purged(audit=1)
    assert records.counts() == {"waiting": 1}


def test_a_call_deletes_a_bounded_number(database: Database) -> None:
    with database.write() as connection:
        for number in range(7):
            started = NOW - timedelta(days=100 + number)
            save_run(connection, run_of(f"r{number}", started_at=started), evidence=[])
        took = [purge(connection, SETTINGS, NOW, batch=3).runs for _ in range(4)]
    assert took == [3, 3, 1, 0]


def test_ledger_rows_go_after_their_time_and_the_days_sums_stay(database: Database) -> None:
    attempts = [an_attempt(run=f"r{days}", at=NOW - timedelta(days=days)) for days in (1, 402)]
    with database.write() as connection:
        ledger.begin(connection, attempts, {})
        ledger.end(connection, [replace(one, status="ok", cost_usd=0.01) for one in attempts])
        assert purge(connection, SETTINGS, NOW) == Purged(ledger=1)
        assert ledger.attempts_of(connection, "r402") == ()
        assert len(ledger.attempts_of(connection, "r1")) == 1
        forgetful = SETTINGS.model_copy(update={"ledger_days": 0})
        assert not purge(connection, forgetful, NOW + timedelta(days=9999))
