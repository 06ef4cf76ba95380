"""What is looked for after forgetting, on both databases: pieces that stand nowhere else, in every encoding."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from holdfast.domain.access import AccessList
from holdfast.domain.documents import Document
from holdfast.domain.items import GOLDEN
from holdfast.storage import audit, knowledge
from holdfast.storage.access_lists import lists_in_use, newest_documents
from holdfast.storage.database import Database
from holdfast.storage.described import copies_of, describe, nearest_names
from holdfast.storage.entries import Entry
from holdfast.storage.forgetting_people import forget_person
from holdfast.storage.needles import Needles, needles_of_documents, needles_of_person
from holdfast.storage.remains import search_remains
from holdfast.storage.runs import save_run
from holdfast.storage.schema import access_entries, runs
from holdfast.storage.witnesses import lists_of_chunks, witnesses_of
from holdfast.testing.records import SOURCE, chunks_of, document, run_of

SECRET = "Zanzibarquokka pays nine hundred guilders to the bearer"
COMMON = "Tighten the gland bolts of the pump to thirty-five"


def entry_of(one: Document, *, vector: float = 0.5) -> Entry:
    pieces = chunks_of(one, size=200)
    return Entry(
        document=one, parent="", skip_key="k", chunks=pieces,
        text_keys=tuple(f"key of {piece.text}" for piece in pieces),
        vectors=np.full((len(pieces), 8), vector, dtype=np.float32), fingerprint="e1",
    )  # fmt: skip


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as connection:
        papers = (
            document("secret.md", f"{SECRET}\n{COMMON}", entries=["hr"]),
            document("open.md", COMMON),
            document("user.md", "for kim alone", entries=["user:kim"]),
        )
        knowledge.write(connection, [entry_of(one) for one in papers], version=1)
        knowledge.publish(connection, 1)
        save_run(connection, run_of("one", question=f"Is it true that {SECRET}?", user="ana"), evidence=[])
        save_run(
            connection,
            run_of("two", question="How long does the warranty of the pump last?", user="ana"),
            evidence=[],
        )
        save_run(
            connection,
            run_of("three", question="How long does the warranty of the pump last?", user="bob"),
            evidence=[],
        )
        private = "Is the foreman of Rotterdam still away?"
        save_run(connection, run_of("four", question=private, user="ana"), evidence=[])
        audit.append(connection, who="ana", action="a.b", thing="x", detail="ana, ana.b, anatol")
    return database


def test_pieces_of_a_document_are_those_that_stand_nowhere_else(filled: Database) -> None:
    with filled.read() as connection:
        needles = needles_of_documents(connection, SOURCE, ["secret.md"])
    assert any(text in SECRET for text in needles.texts)
    assert "zanzibarquo" in needles.words
    assert not any(word in COMMON.casefold() for word in needles.words)
    assert not any(text in COMMON for text in needles.texts)
    assert len(needles.chunks) == 1
    assert len(needles.vectors) == 2
    with filled.read() as connection:
        assert "key of" not in str(needles_of_documents(connection, SOURCE, ["open.md"]).texts)


def test_pieces_of_a_person_are_theirs_alone(filled: Database) -> None:
    with filled.read() as connection:
        texts = needles_of_person(connection, "ana").texts
        assert any("foreman" in text for text in texts)
        assert not any("warranty" in text for text in texts)
        assert needles_of_person(connection, "nobody").texts == ()


def test_the_name_of_a_golden_case_that_is_asked_as_a_person_is_no_trace_of_them(database: Database) -> None:
    case = "explain-the-variance-of-account-4400"
    run = run_of("a", question="Explain the variance of the account 4400 of Kassel.")
    with database.write() as connection:
        golden = replace(run, item=replace(run.item, id=case, origin=GOLDEN))
        save_run(connection, golden, evidence=[])
        texts = needles_of_person(connection, "ana").texts
    assert any("variance of the account" in text for text in texts)
    assert case not in texts


def test_a_person_leaves_the_runs_and_the_audit_record(filled: Database) -> None:
    with filled.write() as connection:
        gone = forget_person(connection, "ana")
    assert (gone.runs, gone.audit, gone.documents) == (3, 1, 0)
    with filled.read() as connection:
        assert connection.execute(sa.select(runs.c.principal)).scalars().all() == ["bob"]
        (entry,) = audit.entries(connection)
    assert (entry.who, entry.detail) == (gone.pseudonym, f"{gone.pseudonym}, {gone.pseudonym}.b, anatol")


def test_a_list_that_nobody_carries_goes_with_the_person_it_names(filled: Database) -> None:
    with filled.write() as connection:
        assert forget_person(connection, "kim").documents == 1
        knowledge.refile_access(connection, {(SOURCE, "user.md"): (frozenset({"hr"}), "r")})
        assert forget_person(connection, "kim").documents == 0
        left = connection.execute(sa.select(access_entries.c.entry)).scalars().all()
    assert sorted(left) == ["everyone", "hr"]


def test_every_encoding_is_searched(filled: Database, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    (folder / "deep").mkdir(parents=True)
    text = SECRET.encode()
    (folder / "plain").write_bytes(b"x" * 100 + text)
    (folder / "deep" / "wide").write_bytes(SECRET.encode("utf-16-be"))
    (folder / "packed").write_bytes(b"\x00\x78\x01nothing" + zlib.compress(b"....." + text, 1) + b"tail")
    (folder / "cut").write_bytes(
        zlib.compress(text + np.random.default_rng(1).bytes(4000), 6)[:900] + b"\x00" * 99
    )
    (folder / "log.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(folder / "space.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("terms.npy", text)
    (folder / "vectors").write_bytes(np.full(8, 0.5, dtype=np.float16).tobytes() * 3)
    (folder / "vocabulary").write_bytes(b"pump\nzanzibarquok\nbolt")
    (folder / "clean").write_bytes(b"nothing of it" * 1000)
    with filled.read() as connection:
        needles = needles_of_documents(connection, SOURCE, ["secret.md"])
        searched = search_remains(connection, folder, needles)
    assert searched.files == 9
    assert {place for place in searched.left if "." not in place or place in ("log.gz", "space.npz")} == {
        "plain", "deep/wide", "packed", "cut", "log.gz", "space.npz", "vectors", "vocabulary",
    }  # fmt: skip
    assert {"documents.text", "chunks.text", "runs.item"} <= set(searched.left)
    with filled.read() as connection:
        assert search_remains(connection, folder, Needles(texts=("never said by anyone",))).left == ()


def test_letters_beyond_ascii_are_found_as_json_writes_them(filled: Database, tmp_path: Path) -> None:
    (tmp_path / "log.json").write_text('{"text": "Gesch\\u00e4ftsf\\u00fchrung in M\\u00fcnchen"}')
    with filled.read() as connection:
        needles = Needles(texts=("Geschäftsführung in München",))
        assert search_remains(connection, tmp_path, needles).left == ("log.json",)


def test_a_document_is_described_with_its_rule_and_its_standing(filled: Database) -> None:
    with filled.write() as connection:
        copy = document("copy.md", f"{SECRET}\n{COMMON}", entries=[])
        knowledge.write(connection, [entry_of(copy)], version=2)
        knowledge.remove(connection, [(SOURCE, "open.md")], version=2)
    with filled.read() as connection:
        (one,) = describe(connection, "secret.md")
        assert (one.entries, one.rule, one.is_alive, len(one.chunks)) == ({"hr"}, "by the test", True, 1)
        assert copies_of(connection, one) == ("copy.md",)
        assert not describe(connection, "open.md")[0].is_alive
        assert describe(connection, "secret.md", source="other") == ()
        assert nearest_names(connection, "secrt.md")[0] == "secret.md"


def test_lists_in_use_and_their_witnesses(filled: Database) -> None:
    with filled.read() as connection:
        lists = lists_in_use(connection)
        assert sorted(map(sorted, lists.values())) == [["everyone"], ["hr"], ["user:kim"]]
        found = witnesses_of(connection, newest_documents(connection))
        assert {one.access_id for one in found} == set(lists)
        assert lists_of_chunks(connection, [one.chunk_id for one in found]) == {
            one.chunk_id: one.access_id for one in found
        }
    with filled.write() as connection:
        changed = {
            (SOURCE, name): (AccessList().entries, "r") for name in ("secret.md", "open.md", "user.md")
        }
        knowledge.refile_access(connection, changed)
        assert list(lists_in_use(connection).values()) == [frozenset()]
