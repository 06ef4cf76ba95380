"""A new pass over documents writes those whose result differs, and notes of the others that it passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import sqlalchemy as sa

from holdfast.domain.documents import Document, Section, Status
from holdfast.domain.indexing import Trouble
from holdfast.domain.locators import Locator
from holdfast.stages.indexing.writer import text_key
from holdfast.storage import feed, knowledge
from holdfast.storage.database import Database
from holdfast.storage.encoding import pack, unpack
from holdfast.storage.entries import Entry
from holdfast.storage.known import known_documents
from holdfast.storage.schema import chunks, documents, problems
from holdfast.testing.records import SOURCE, chunks_of, document

NAME = (SOURCE, "a.md")
TEXT = "The coupling of pump 7 is greased every 400 hours, more often where it is hot."


def entry_of(one: Document, *, skip_key: str = "old:1", fingerprint: str = "e1", dimension: int = 4) -> Entry:
    cut = chunks_of(one, context="Pumps")
    return Entry(
        document=one, parent="", skip_key=skip_key, chunks=cut,
        text_keys=tuple(text_key(chunk.indexed) for chunk in cut),
        vectors=np.full((len(cut), dimension), dimension**-0.5, dtype=np.float32), fingerprint=fingerprint,
    )  # fmt: skip


def write(database: Database, *entries: Entry, version: int) -> bool:
    """Write entries; return whether anything of them has to be published."""
    with database.write() as connection:
        knowledge.write(connection, entries, version=version)
        return knowledge.pending(connection, version)


def published(database: Database, *entries: Entry) -> None:
    with database.write() as connection:
        knowledge.write(connection, entries, version=1)
        knowledge.publish(connection, 1)


def one() -> Document:
    return replace(
        document("a.md", TEXT, keys={"product": ("pump 7",)}),
        sections=(Section(start=0, end=len(TEXT), locator=Locator(heading=("Pumps",))),),
    )


def test_the_same_once_more_is_noted_and_becomes_no_revision(database: Database) -> None:
    published(database, entry_of(one()))
    again = replace(one(), stamp="touched", access=replace(one().access, rule="line 9"))
    assert not write(database, entry_of(again, skip_key="new:1"), version=2)
    with database.read() as connection:
        (row,) = connection.execute(sa.select(documents)).all()
        assert (row.id, row.born, row.died) == (1, 1, None)
        assert (row.skip_key, row.stamp, row.access_rule) == ("new:1", "touched", "line 9")
        assert connection.execute(sa.select(chunks.c.id, chunks.c.died)).all() == [(1, None), (2, None)]
        assert known_documents(connection)[NAME].skip_key == "new:1"


def test_what_was_a_problem_and_is_the_same_as_before_is_none_any_more(database: Database) -> None:
    published(database, entry_of(one()))
    with database.write() as connection:
        knowledge.trouble(connection, [Trouble(
            source=SOURCE, path="a.md", parent="", stage="parsing", status="malformed", reason="cut",
            stamp="2", skip_key="old:2",
        )])  # fmt: skip
    assert not write(database, entry_of(one()), version=2)
    with database.read() as connection:
        assert connection.execute(sa.select(problems)).all() == []
        assert not known_documents(connection)[NAME].has_failed


Other = Callable[[Entry], Entry]


def _document(**changed: object) -> Other:
    return lambda entry: replace(entry, document=replace(entry.document, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "other",
    [
        _document(digest="another"),
        _document(text=TEXT.replace("hot", "wet")),
        _document(sections=()),
        _document(metadata=replace(one().metadata, title="Greasing")),
        _document(metadata=replace(one().metadata, status=Status.DRAFT)),
        _document(metadata=replace(one().metadata, keys={})),
        _document(access=replace(one().access, entries=frozenset({"sales"}))),
        lambda entry: replace(entry, parent="box.zip"),
        lambda entry: replace(
            entry, chunks=(replace(entry.chunks[0], end=entry.chunks[0].end - 1), *entry.chunks[1:])
        ),
        lambda entry: replace(
            entry, chunks=(replace(entry.chunks[0], locator=Locator(page=2)), *entry.chunks[1:])
        ),
        lambda entry: replace(entry, chunks=(replace(entry.chunks[0], context="Fans"), *entry.chunks[1:])),
        lambda entry: replace(entry, text_keys=("another", *entry.text_keys[1:])),
        lambda entry: replace(entry, chunks=entry.chunks[:1], text_keys=entry.text_keys[:1], vectors=None),
    ],
)
def test_whatever_differs_becomes_a_revision(database: Database, other: Other) -> None:
    published(database, entry_of(one()), entry_of(document("b.md", TEXT)))
    assert write(database, other(entry_of(one())), entry_of(document("b.md", TEXT)), version=2)
    with database.read() as connection:
        rows = connection.execute(sa.select(documents.c.path, documents.c.born, documents.c.died)).all()
    assert sorted(rows, key=str) == [("a.md", 1, 2), ("a.md", 2, None), ("b.md", 1, None)]


def test_texts_that_no_database_takes_are_the_same_once_stored(database: Database) -> None:
    odd = document("a\x00.md", "torque \x00 \ud800 18 Nm", title="\ud800")
    published(database, entry_of(odd))
    assert not write(database, entry_of(odd, skip_key="new:1"), version=2)


def test_vectors_of_another_embedder_are_kept_of_documents_that_stay_as_they_are(database: Database) -> None:
    published(database, entry_of(one()))
    assert not write(database, entry_of(one(), fingerprint="e2", dimension=8), version=2)
    with database.read() as connection:
        keys = list(entry_of(one()).text_keys)
        assert set(feed.vectors_of(connection, "e2", keys, 8)) == set(keys)


def test_what_was_written_before_a_section_could_say_more_is_the_same(database: Database) -> None:
    published(database, entry_of(one()))
    with database.write() as connection:
        (section,) = unpack(connection.execute(sa.select(documents.c.sections)).scalar_one())
        del section["continues"]
        connection.execute(sa.update(documents).values(sections=pack([section])))
    assert not write(database, entry_of(one(), skip_key="new:1"), version=2)
    goes_on = replace(one(), sections=(replace(one().sections[0], continues=True),))
    assert write(database, entry_of(goes_on, skip_key="new:2"), version=2)


def test_a_damaged_record_is_written_anew(database: Database) -> None:
    published(database, entry_of(one()))
    with database.write() as connection:
        connection.execute(sa.update(documents).values(text=b"torn"))
    assert write(database, entry_of(one()), version=2)


def test_a_document_that_ended_begins_anew_whatever_it_was(database: Database) -> None:
    published(database, entry_of(one()))
    with database.write() as connection:
        knowledge.remove(connection, [NAME], version=2)
    assert write(database, entry_of(one()), version=2)
    with database.read() as connection:
        assert NAME in known_documents(connection)
