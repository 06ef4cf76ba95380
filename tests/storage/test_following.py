"""What is followed change by change equals what would be found by looking through everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.domain.documents import Metadata, Status
from holdfast.domain.indexing import Known, Trouble
from holdfast.stages.enriching.supersession import resolve_standings
from holdfast.storage import alive, counters, feed, knowledge, standings
from holdfast.storage.access_lists import newest_documents
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.entries import Entry
from holdfast.storage.forgetting import forget_document
from holdfast.storage.known import KnownDocuments, known_documents
from holdfast.storage.retention import purge
from holdfast.storage.schema import chunks, documents, vectors
from holdfast.storage.settings import RetentionSettings
from holdfast.storage.standings import Naming
from holdfast.storage.witnesses import witnesses_of
from holdfast.testing.records import SOURCE, chunks_of, document

NOW = datetime.now(UTC)
KEPT = RetentionSettings(versions_days=1)
Change = Callable[[sa.Connection, int], object]
names = st.sampled_from(["a.md", "b.md", "c.md", "d.md"])
texts = st.sampled_from(["pump", "valve " * 20, "gasket " * 30, "pump " * 40])
embedders = st.sampled_from(["e1", "e1", "e1", "e2"])


def entry_of(path: str, text: str, fingerprint: str) -> Entry:
    one = document(path, text, entries=["sales"] if "valve" in text else ["board"])
    pieces = chunks_of(one)
    return Entry(
        document=one, parent="", skip_key="k", chunks=pieces, text_keys=tuple(piece.text for piece in pieces),
        vectors=np.ones((len(pieces), 2), dtype=np.float32), fingerprint=fingerprint,
    )  # fmt: skip


def writes(path: str, text: str, fingerprint: str) -> Change:
    return lambda connection, version: knowledge.write(
        connection, [entry_of(path, text, fingerprint)], version=version
    )


def removes(path: str) -> Change:
    return lambda connection, version: knowledge.remove(connection, [(SOURCE, path)], version=version)


def publishes(fingerprint: str) -> Change:
    def change(connection: sa.Connection, version: int) -> None:
        counters.remember(connection, "fingerprint", fingerprint)
        knowledge.publish(connection, version)

    return change


def forgets(path: str) -> Change:
    return lambda connection, _version: forget_document(connection, SOURCE, path)


def tidies(connection: sa.Connection, _version: int) -> None:
    ended = sa.update(documents).where(documents.c.died.is_not(None))
    connection.execute(ended.values(ended_at=NOW - timedelta(days=2)))
    while purge(connection, KEPT, NOW, batch=2):
        pass
    published = counters.remembered(connection, "fingerprint")
    held = set(connection.execute(sa.select(chunks.c.text_key)).scalars())
    left = connection.execute(sa.select(vectors)).all()
    if published:
        assert {row.fingerprint for row in left} <= {published}
    assert {row.text_key for row in left} <= held


changes = st.one_of(
    st.builds(writes, names, texts, embedders), st.builds(removes, names), st.builds(publishes, embedders),
    st.builds(forgets, names), st.just(tidies),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(changes, max_size=25))
def test_counts_and_sweeps_that_follow_changes_equal_whole_ones(
    file_made_once: Path, tmp_path: Path, made: list[Change]
) -> None:
    database = open_database(sqlite_url(shutil.copy(file_made_once, tmp_path / "records.sqlite")))
    try:
        for change in made:
            with database.write() as connection:
                published = counters.value(connection, counters.PUBLISHED)
                change(connection, published + 1)
                published = counters.value(connection, counters.PUBLISHED)
                assert alive.readers_count(connection) == feed.alive_count(connection, published)
                waiting = sa.or_(documents.c.born == published + 1, documents.c.died == published + 1)
                any_waits = connection.execute(sa.select(documents.c.id).where(waiting)).first() is not None
                assert knowledge.pending(connection, published + 1) == any_waits
    finally:
        database.close()


def test_a_count_that_is_kept_is_not_made_again(database: Database) -> None:
    with database.write() as connection:
        for version, text in enumerate(["pump", "valve " * 20], 1):
            writes("a.md", text, "e1")(connection, version)
            publishes("e1")(connection, version)
        counters.remember(connection, counters.ALIVE, "2 0 77")
        assert alive.readers_count(connection) == 77
        forgets("b.md")(connection, 3)  # it may have taken chunks along that were counted
        assert alive.readers_count(connection) == 3


def test_a_list_whose_newest_document_holds_nothing_has_a_witness_all_the_same(database: Database) -> None:
    with database.write() as connection:
        for path, text in (("a.md", "pump"), ("b.md", "pump " * 40), ("c.md", "")):
            writes(path, text, "e1")(connection, 1)
        (witness,) = witnesses_of(connection, newest_documents(connection))
        assert witness.chunk_id == 6  # the last of b.md


# --- what is known of each document ---


def known_changes() -> st.SearchStrategy[tuple[bool, str, str]]:
    """Whether the process that remembers makes it; what is done; to which document."""
    return st.tuples(
        st.booleans(), st.sampled_from(["write", "end", "restamp", "trouble", "refile", "fail"]), names
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=st.lists(known_changes(), max_size=20), looks=st.sets(st.integers(0, 20)))
def test_what_is_remembered_of_documents_equals_what_is_read_whole(
    file_made_once: Path, tmp_path: Path, made: list[tuple[bool, str, str]], looks: set[int]
) -> None:
    database = open_database(sqlite_url(shutil.copy(file_made_once, tmp_path / "records.sqlite")))
    here, elsewhere = KnownDocuments(database), KnownDocuments(database)
    try:
        for number, (is_mine, what, path) in enumerate(made):
            try:
                with (here if is_mine else elsewhere).changing([(SOURCE, path)]) as connection:
                    _change(connection, what, path, number)
            except ZeroDivisionError:
                pass
            if number in looks:
                assert here.now() == _whole(database)
        assert here.now() == elsewhere.now() == _whole(database)
    finally:
        database.close()


def _change(connection: sa.Connection, what: str, path: str, number: int) -> None:
    if what in ("write", "fail"):
        knowledge.write(connection, [entry_of(path, f"pump {number}", "e1")], version=number + 1)
        assert what == "write" or 1 / 0
    elif what == "end":
        knowledge.remove(connection, [(SOURCE, path)], version=number + 1)
    elif what == "restamp":
        knowledge.restamp(connection, {(SOURCE, path): f"stamp {number}"})
    elif what == "refile":
        knowledge.refile_access(connection, {(SOURCE, path): (frozenset({f"group {number % 3}"}), "r")})
    else:
        knowledge.trouble(
            connection,
            [Trouble(source=SOURCE, path=path, parent="", stage="parsing", status="empty", reason="r",
                     stamp=f"{number}", skip_key="")],
        )  # fmt: skip


def _whole(database: Database) -> dict[tuple[str, str], Known]:
    with database.read() as connection:
        return known_documents(connection)


def test_what_is_known_is_read_once_and_anew_when_another_process_changed_it(database: Database) -> None:
    here = KnownDocuments(database)
    with here.changing([(SOURCE, "a\x00.md")]) as connection:
        knowledge.write(connection, [entry_of("a\x00.md", "pump", "e1")], version=1)
    first = here.now()
    assert [path for _, path in first] == ["a\ufffd.md"]
    assert all(one is first[name] for name, one in here.now().items())
    with here.changing([(SOURCE, "b.md")]) as connection:
        knowledge.write(connection, [entry_of("b.md", "pump", "e1")], version=1)
    assert here.now()[SOURCE, "a\ufffd.md"] is first[SOURCE, "a\ufffd.md"]  # followed, not read again
    with database.write() as connection:
        knowledge.refile_access(connection, {(SOURCE, "b.md"): (frozenset({"board"}), "r")})
    assert here.now()[SOURCE, "b.md"].entries == {"board"}
    with database.write() as connection:
        forget_document(connection, SOURCE, "b.md")
    assert list(here.now()) == [(SOURCE, "a\ufffd.md")]


# --- standings ---

references = st.sampled_from(["", "", "", "a", "b", "Valve", "nobody"])
said = st.builds(
    Metadata,
    title=st.sampled_from(["Pump", "Valve", "B"]),
    status=st.sampled_from(list(Status)),
    supersedes=references.map(lambda name: (name,) if name else ()),
    superseded_by=references,
    effective=st.sampled_from([None, date(2024, 1, 1), date(2025, 1, 1)]),
    language=st.sampled_from(["en", "de"]),
)
plain = said.map(lambda one: replace(one, supersedes=(), superseded_by=""))
readers = st.sampled_from(
    [frozenset({"everyone"}), frozenset({"everyone"}), frozenset({"sales"}), frozenset({"board"})]
)
standing_steps = st.lists(
    st.tuples(names, st.one_of(said, plain, plain, st.none(), readers), readers), max_size=12
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=standing_steps)
def test_standings_that_need_no_resolving_are_as_they_would_be_resolved(
    file_made_once: Path,
    tmp_path: Path,
    steps: list[tuple[str, Metadata | frozenset[str] | None, frozenset[str]]],
) -> None:
    """A step writes a document for some readers, gives one to others, or ends one."""
    database = open_database(sqlite_url(shutil.copy(file_made_once, tmp_path / "records.sqlite")))
    try:
        for version, (path, change, entries) in enumerate(steps, 1):
            with database.write() as connection:
                if change is None:
                    knowledge.remove(connection, [(SOURCE, path)], version=version)
                elif isinstance(change, frozenset):
                    knowledge.refile_access(connection, {(SOURCE, path): (change, "r")})
                else:
                    entry = entry_of(path, "pump", "e1")
                    access = replace(entry.document.access, entries=entries)
                    written = replace(entry.document, metadata=change, access=access)
                    knowledge.write(connection, [replace(entry, document=written)], version=version)
                told = standings.standings(connection)
                superseded = resolve_standings(told).superseded
                if standings.is_resolved(connection, "rules"):
                    assert standings.standing_changes(connection, superseded) == []
                else:
                    standings.refile_standing(connection, superseded)
                    standings.keep_resolved(connection, "rules", standings.naming_of(told))
    finally:
        database.close()


def test_a_document_edited_on_another_day_has_no_standing_resolved_where_none_names_another(
    database: Database,
) -> None:
    with database.write() as connection:
        for path in ("a.md", "b.md"):
            writes(path, "pump", "e1")(connection, 1)
        standings.keep_resolved(connection, "rules", Naming.NONE)
        entry = entry_of("a.md", "the valve", "e1")
        later = replace(entry.document.metadata, title="Another", effective=date(2026, 1, 1))
        edited = replace(entry, document=replace(entry.document, metadata=later))
        knowledge.write(connection, [edited], version=2)
        assert standings.is_resolved(connection, "rules")
        standings.keep_resolved(connection, "rules", Naming.BOTH)
        knowledge.write(connection, [entry], version=3)
        assert not standings.is_resolved(connection, "rules")


def test_a_forgotten_document_has_standings_resolved_anew(database: Database) -> None:
    with database.write() as connection:
        writes("a.md", "pump", "e1")(connection, 1)
        standings.keep_resolved(connection, "rules", Naming.NONE)
        forget_document(connection, SOURCE, "a.md")
        assert not standings.is_resolved(connection, "rules")
