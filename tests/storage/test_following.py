"""What is followed change by change equals what would be found by looking through everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.storage import alive, counters, feed, knowledge
from holdfast.storage.database import Database, open_database, sqlite_url
from holdfast.storage.forgetting import forget_document
from holdfast.storage.knowledge import Entry
from holdfast.storage.retention import purge
from holdfast.storage.schema import chunks, documents, vectors
from holdfast.storage.settings import RetentionSettings
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
        number = connection.execute(sa.select(documents.c.access_id).limit(1)).scalar_one()
        (witness,) = witnesses_of(connection, [number])
        assert witness.chunk_id == 6  # the last of b.md
