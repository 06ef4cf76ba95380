from __future__ import annotations

import threading

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.domain.access import EVERYONE, Principal
from holdfast.domain.documents import Document, Status
from holdfast.domain.indexing import Trouble
from holdfast.domain.queries import Filter
from holdfast.errors import StorageError
from holdfast.storage import counters, feed, knowledge, standings
from holdfast.storage.access_lists import access_id, visible_to
from holdfast.storage.database import Database, open_database
from holdfast.storage.encoding import unpack_text
from holdfast.storage.entries import Entry
from holdfast.storage.hits import documents_carrying, load_hits
from holdfast.storage.known import known_documents
from holdfast.storage.schema import access_lists, documents, vectors
from holdfast.storage.source_state import had_permissions, permissions_digest, remember_source
from holdfast.testing.records import SOURCE, chunks_of, document

ANA = Principal(user="ana", groups=frozenset({"sales"}))
BEN = Principal(user="ben")


def entry_of(one: Document, *, parent: str = "", fingerprint: str = "e1", dimension: int = 4) -> Entry:
    chunks = chunks_of(one)
    return Entry(
        document=one,
        parent=parent,
        skip_key=f"v1:{one.digest}",
        chunks=chunks,
        text_keys=tuple(f"key of {chunk.text}" for chunk in chunks),
        vectors=np.full((len(chunks), dimension), dimension**-0.5, dtype=np.float32),
        fingerprint=fingerprint,
    )


def written(database: Database, *ones: Document, version: int = 1, publish: bool = True) -> None:
    with database.write() as connection:
        knowledge.write(connection, [entry_of(one) for one in ones], version=version)
        if publish:
            knowledge.publish(connection, version)


def texts(database: Database, principal: Principal, version: int, filter_: Filter | None = None) -> list[str]:
    with database.read() as connection:
        last = feed.last_chunk(connection)
        found = load_hits(
            connection, range(1, last + 1), version=version, principal=principal, filter_=filter_ or Filter()
        )
    return [found[number].hit().text for number in sorted(found)]


def test_a_new_revision_takes_the_place_of_the_one_before_at_its_version(database: Database) -> None:
    written(database, document("a.md", "first"))
    written(database, document("a.md", "second"), version=2, publish=False)
    assert texts(database, BEN, 1) == ["first"]
    assert texts(database, BEN, 2) == ["second"]
    with database.read() as connection:
        assert feed.state(connection).published == 1
        assert knowledge.pending(connection, 2)
        assert feed.alive_count(connection, 1) == 1


def test_of_two_entries_with_one_name_the_last_counts(database: Database) -> None:
    written(database, document("a.md", "first"), document("a.md", "second"))
    assert texts(database, BEN, 1) == ["second"]


def test_a_name_that_is_changed_to_be_stored_is_found_again(database: Database) -> None:
    written(database, document("a\x00.md", "first"))
    written(database, document("a\x00.md", "second", entries=["sales"]), version=2)
    assert texts(database, ANA, 2) == ["second"]
    assert texts(database, BEN, 1) == []


def test_a_removed_document_is_gone_from_its_version_on(database: Database) -> None:
    written(database, document("a.md", "text"))
    with database.write() as connection:
        knowledge.remove(connection, [(SOURCE, "a.md")], version=2)
    assert texts(database, BEN, 1) == ["text"]
    assert texts(database, BEN, 2) == []
    with database.read() as connection:
        assert feed.died_since(connection, 1, 2) == [1]
        assert known_documents(connection) == {}


def test_only_those_on_the_access_list_get_a_hit(database: Database) -> None:
    written(
        database,
        document("open.md", "open"),
        document("sales.md", "sales", entries=["sales"]),
        document("ana.md", "ana's", entries=["user:ana"]),
        document("nobody.md", "nobody's", entries=[]),
    )
    assert texts(database, ANA, 1) == ["open", "sales", "ana's"]
    assert texts(database, BEN, 1) == ["open"]


def test_a_change_of_access_counts_at_once_and_for_every_revision(database: Database) -> None:
    written(database, document("a.md", "first"))
    written(database, document("a.md", "second"), version=2, publish=False)
    with database.write() as connection:
        knowledge.refile_access(connection, {(SOURCE, "a.md"): (frozenset({"sales"}), "line 3")})
        assert feed.state(connection).filed == 1
        refiled = [one.text for batch in feed.refiled_since(connection, 0, 1) for one in batch]
    assert refiled == ["second"]
    assert texts(database, BEN, 1) == texts(database, BEN, 2) == []
    assert (texts(database, ANA, 1), texts(database, ANA, 2)) == (["first"], ["second"])


def test_a_document_that_comes_back_restricted_restricts_what_it_was_before(database: Database) -> None:
    written(database, document("a.md", "open once"))
    with database.write() as connection:
        knowledge.remove(connection, [(SOURCE, "a.md")], version=2)
    written(database, document("a.md", "closed now", entries=["sales"]), version=2)
    with database.read() as connection:
        lists = set(connection.execute(sa.select(documents.c.access_id)).scalars())
        assert lists == visible_to(connection, ANA) - visible_to(connection, BEN)


def test_an_access_list_has_one_number_however_long_it_is(database: Database) -> None:
    long = frozenset(f"user:somebody.with.a.long.name.{number}@example.com" for number in range(300))
    with database.write() as connection:
        first = access_id(connection, long)
        assert access_id(connection, long) == first
        assert access_id(connection, frozenset()) != first
        assert visible_to(connection, Principal(user="somebody.with.a.long.name.7@example.com")) == {first}
        assert visible_to(connection, BEN) == frozenset()


def test_two_writers_may_meet_the_same_access_list_first(url: str, database: Database) -> None:
    barrier, numbers = threading.Barrier(2), []

    def make() -> None:
        own = open_database(url)
        barrier.wait()
        with own.write() as connection:
            numbers.append(access_id(connection, frozenset({"a", "b"})))
        own.close()

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 2
    assert len(set(numbers)) == 1
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(access_lists)).scalar() == 1


def test_an_entry_that_cannot_be_stored_lets_nobody_in(database: Database) -> None:
    written(database, document("a.md", "x", entries=["user:?", "user:\ufffd"]))
    for user in ("\ud800", "\x00"):
        assert texts(database, Principal(user=user), 1) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=st.text(st.characters(codec=None), min_size=1, max_size=60), path=st.text(min_size=1, max_size=20)
)
def test_any_text_is_kept_character_for_character(database: Database, text: str, path: str) -> None:
    with database.read() as connection:
        version = feed.state(connection).published + 1
    written(database, document(path, text, title=text, keys={"k": (text,)}), version=version)
    with database.write() as connection:
        row = connection.execute(sa.select(documents.c.text).where(documents.c.born == version)).one()
        whole = unpack_text(row.text)
        assert len(whole) == len(text)
        assert "".join(one.text for batch in feed.added_since(connection, 0) for one in batch) == whole
        knowledge.remove(connection, [(SOURCE, path)], version=version + 1)
        knowledge.publish(connection, version + 1)


def test_a_filter_looks_at_standing_and_keys(database: Database) -> None:
    written(
        database,
        document("a.md", "approved", keys={"product": ("HX", "PU"), "customer": ("acme",)}),
        document("b.md", "draft", status=Status.DRAFT, keys={"product": ("HX",)}),
        document("c.md", "superseded", status=Status.SUPERSEDED),
    )
    drop = Filter(exclude=frozenset({Status.SUPERSEDED, Status.DRAFT}))
    hx = Filter(keys={"product": ("HX", "GP")})
    both = Filter(keys={"product": ("HX",), "customer": ("acme",)})
    assert texts(database, BEN, 1, drop) == ["approved"]
    assert texts(database, BEN, 1, hx) == ["approved", "draft"]
    assert texts(database, BEN, 1, both) == ["approved"]
    with database.read() as connection:
        assert len(documents_carrying(connection, hx)) == 2


def test_standing_is_refiled_and_undone(database: Database) -> None:
    written(database, document("old.md", "old"), document("new.md", "new"))
    with database.write() as connection:
        assert len(standings.standing_changes(connection, {(SOURCE, "old.md"): "new.md"})) == 1
        assert standings.refile_standing(connection, {(SOURCE, "old.md"): "new.md"}) == 1
        assert standings.refile_standing(connection, {(SOURCE, "old.md"): "new.md"}) == 0
        assert {one.path for one in standings.standings(connection)} == {"old.md", "new.md"}
        found = load_hits(connection, [1], version=1, principal=BEN, filter_=Filter())
        assert found[1].hit().metadata.status is Status.SUPERSEDED
        assert found[1].hit().metadata.superseded_by == "new.md"
        assert standings.refile_standing(connection, {}) == 1
        found = load_hits(connection, [1], version=1, principal=BEN, filter_=Filter())
        assert found[1].hit().metadata.status is Status.APPROVED


def test_files_that_hold_nothing_are_listed_behind_those_that_could_not_be_read(database: Database) -> None:
    told = [("a.eml/logo.png", "empty"), ("b.pdf", "encrypted"), ("c.pdf", "empty"), ("d.doc", "malformed")]
    troubles = [
        Trouble(
            source=SOURCE, path=path, parent="", stage="parsing", status=status, reason=status,
            stamp="s", skip_key="k",
        )
        for path, status in told
    ]  # fmt: skip
    with database.write() as connection:
        knowledge.trouble(connection, troubles)
        listed = [one.document for one in knowledge.problems_now(connection)]
    assert listed == ["b.pdf", "d.doc", "a.eml/logo.png", "c.pdf"]


def test_what_is_known_of_documents_and_problems(database: Database) -> None:
    written(database, document("a.md", "text", entries=["sales"]))
    trouble = Trouble(
        source=SOURCE, path="b.pdf", parent="", stage="parsing", status="malformed", reason="cut\x00 short",
        stamp="s", skip_key="k",
    )  # fmt: skip
    with database.write() as connection:
        knowledge.trouble(connection, [trouble, trouble])
        knowledge.restamp(connection, {(SOURCE, "a.md"): "later", (SOURCE, "b.pdf"): "later too"})
        known = known_documents(connection)
        assert known[SOURCE, "a.md"].stamp == "later"
        assert known[SOURCE, "a.md"].entries == {"sales"}
        assert (known[SOURCE, "b.pdf"].is_indexed, known[SOURCE, "b.pdf"].has_failed) == (False, True)
        assert known[SOURCE, "b.pdf"].stamp == "later too"
        assert [one.reason for one in knowledge.problems_now(connection)] == ["cut\ufffd short"]
        knowledge.write(connection, [entry_of(document("b.pdf", "whole"))], version=2)
        assert knowledge.problems_now(connection) == ()


def test_vectors_are_kept_by_text_and_never_mix(database: Database) -> None:
    one = document("a.md", "same text")
    written(database, one)
    with database.write() as connection:
        assert feed.without_vectors(connection, "e1", limit=9) == []
        assert feed.without_vectors(connection, "e2", limit=9) == [("key of same text", "same text")]
        later = np.eye(1, 4, dtype=np.float32)
        knowledge.write_vectors(connection, "e2", ["key of same text"], later)
        knowledge.write_vectors(connection, "e2", ["key of same text"], later * 2)
        assert connection.execute(sa.select(sa.func.count()).select_from(vectors)).scalar() == 2
        first = feed.vectors_of(connection, "e1", ["key of same text", "unknown"], 4)
        second = feed.vectors_of(connection, "e2", ["key of same text"], 4)
        assert feed.vectors_of(connection, "e2", ["key of same text"], 8) == {}
    assert first["key of same text"].tolist() == [0.5] * 4
    assert second["key of same text"].tolist() == [1, 0, 0, 0]


def test_the_feed_gives_each_change_once_and_in_order(database: Database) -> None:
    written(database, document("a.md", "x" * 90, keys={"product": ("HX",)}))
    written(database, document("b.md", "y" * 50), version=2, publish=False)
    with database.read() as connection:
        batches = list(feed.added_since(connection, 1))
        assert [one.chunk_id for batch in batches for one in batch] == [2, 3, 4, 5]
        assert batches[0][0].facets == ("product=HX",)
        assert batches[0][0].language == "en"
        assert feed.last_chunk(connection) == 5
        assert feed.state(connection).chunks == 3


def test_a_writer_that_was_overtaken_cannot_publish(database: Database) -> None:
    written(database, document("a.md", "one"))
    with database.write() as connection:
        knowledge.assert_next(connection, 2)
    with (
        pytest.raises(StorageError, match=r"another sync published version 1.*holdfast sync"),
        database.write() as connection,
    ):
        knowledge.publish(connection, 1)
    with database.read() as connection:
        assert counters.value(connection, counters.PUBLISHED) == 1


def test_a_document_is_never_alive_twice(database: Database) -> None:
    written(database, document("a.md", "one"))
    columns = [column for column in documents.c if column.name != "id"]
    again = sa.select(sa.literal(99), *columns).where(documents.c.path == "a.md")
    copy = sa.insert(documents).from_select(["id", *(column.name for column in columns)], again)
    with pytest.raises(StorageError), database.write() as connection:
        connection.execute(copy)


def test_that_a_source_had_permissions_is_never_forgotten(database: Database) -> None:
    with database.write() as connection:
        assert (had_permissions(connection, "s"), permissions_digest(connection, "s")) == (False, None)
        remember_source(connection, "s", has_permissions=True, permissions_digest="d1")
        remember_source(connection, "s", has_permissions=False, permissions_digest="")
        assert (had_permissions(connection, "s"), permissions_digest(connection, "s")) == (True, "")


def test_an_open_document_stays_open(database: Database) -> None:
    written(database, document("a.md", "text", entries=[EVERYONE]))
    assert texts(database, Principal(user=""), 1) == ["text"]
