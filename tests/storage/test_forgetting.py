from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from holdfast.domain.access import Principal
from holdfast.domain.indexing import Trouble
from holdfast.storage import feed, knowledge
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.entries import Entry
from holdfast.storage.forgetting import forget_document, reckon_document, scrub
from holdfast.storage.known import known_documents
from holdfast.storage.runs import find_run, list_runs, save_run
from holdfast.storage.schema import metadata
from holdfast.testing.records import SOURCE, chunks_of, document, run_of

SECRET = "Zanzibarquokka pays nine hundred"
ANA = Principal(user="ana")


def entry_of(path: str, text: str, *, parent: str = "") -> Entry:
    one = document(path, text, title=text[:30], keys={"customer": (text[:12],)})
    pieces = chunks_of(one)
    return Entry(
        document=one, parent=parent, skip_key="k", chunks=pieces,
        text_keys=tuple(f"key of {piece.text}" for piece in pieces),
        vectors=np.ones((len(pieces), 2), dtype=np.float32), fingerprint="e1",
    )  # fmt: skip


def filled(database: Database) -> None:
    """A document with two revisions and an attachment, and runs that quote it, repeat it, or do not."""
    with database.write() as connection:
        knowledge.write(connection, [entry_of("s.md", f"{SECRET} then")], version=1)
        knowledge.publish(connection, 1)
        others = [entry_of("s.md/a.pdf", SECRET, parent="s.md"), entry_of("other.md", "harmless words")]
        shared = entry_of("shared.md", "harmless words")
        knowledge.write(connection, [entry_of("s.md", SECRET), *others, shared], version=2)
        knowledge.publish(connection, 2)
        trouble = Trouble(
            source=SOURCE, path="s.md/a.pdf/b.bin", parent="s.md/a.pdf", stage="parsing", status="malformed",
            reason=SECRET, stamp="", skip_key="",
        )  # fmt: skip
        knowledge.trouble(connection, [trouble])
        save_run(
            connection, run_of("quotes", quote=SECRET, answer=f"It says: {SECRET} [1]"), evidence=["s.md"]
        )
        save_run(connection, run_of("attached", quote=SECRET), evidence=["s.md/a.pdf"])
        repeating = run_of("repeats", earlier=f"Before: It says: {SECRET} [1]", document_path="other.md")
        save_run(connection, repeating, evidence=["other.md"])
        save_run(connection, run_of("other", quote="harmless words"), evidence=["other.md"])


def test_forgetting_takes_every_trace_and_nothing_else(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        forgotten = forget_document(connection, SOURCE, "s.md")
    assert forgotten.documents == ("s.md", "s.md/a.pdf", "s.md/a.pdf/b.bin")
    assert (forgotten.revisions, forgotten.chunks, forgotten.vectors, forgotten.runs) == (3, 3, 2, 3)
    with database.read() as connection:
        assert traces(connection, SECRET) == []
        assert {path for _, path in known_documents(connection)} == {"other.md", "shared.md"}
        assert feed.state(connection).forgotten == 1
        seen, hidden = list_runs(connection, ANA, limit=10)
        assert hidden == 0
        assert {run.id: run.kind for run in seen} == {
            "quotes": "forgotten", "attached": "forgotten", "repeats": "forgotten", "other": "answer",
        }  # fmt: skip
        emptied, other = find_run(connection, "quotes", ANA), find_run(connection, "other", ANA)
        assert emptied is not None
        assert other is not None
        assert (emptied.summary.cost_usd, emptied.summary.user, emptied.stages) == (0.01, "ana", ())
        assert other.outcome["citations"][0]["quote"] == "harmless words"


@pytest.mark.parametrize("path", ["s.md", "s.md/a.pdf", "other.md", "shared.md", "never.md"])
def test_what_is_reckoned_is_what_goes(database: Database, path: str) -> None:
    filled(database)
    with database.write() as connection:
        reckoned = reckon_document(connection, SOURCE, path)
        assert reckoned == forget_document(connection, SOURCE, path)


def test_a_text_that_another_document_holds_keeps_its_vector(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        assert forget_document(connection, SOURCE, "other.md").vectors == 0
        assert feed.without_vectors(connection, "e1", limit=9) == []


def test_forgetting_what_is_not_there_changes_no_record(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        forgotten = forget_document(connection, SOURCE, "never.md")
    assert (forgotten.revisions, forgotten.chunks, forgotten.runs) == (0, 0, 0)


def test_after_scrubbing_no_byte_of_the_text_is_in_the_files(tmp_path: Path) -> None:
    database = open_database(sqlite_url(tmp_path / "records.sqlite"))
    filled(database)
    needles = [SECRET.encode(), SECRET[:12].encode()]
    assert all(found(tmp_path, needle) for needle in needles)
    with database.write() as connection:
        forget_document(connection, SOURCE, "s.md")
    scrub(database)
    assert not any(found(tmp_path, needle) for needle in needles)
    database.close()


def test_scrubbing_works_on_both_databases(database: Database) -> None:
    filled(database)
    with database.write() as connection:
        forget_document(connection, SOURCE, "s.md")
    scrub(database)
    with database.read() as connection:
        assert traces(connection, SECRET) == []


def found(folder: Path, needle: bytes) -> bool:
    return any(needle in path.read_bytes() for path in folder.iterdir())


def traces(connection: sa.Connection, text: str) -> list[str]:
    """Return the columns in which the text stands, compressed ones unpacked."""
    hits = []
    for table in metadata.sorted_tables:
        for row in connection.execute(sa.select(table)).mappings():
            for column, value in row.items():
                plain = value
                if isinstance(value, bytes):
                    try:
                        plain = zlib.decompress(value).decode()
                    except (zlib.error, UnicodeDecodeError):
                        continue
                if isinstance(plain, str) and text in plain:
                    hits.append(f"{table.name}.{column}")
    return hits
