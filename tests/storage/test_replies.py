"""Kept replies, on both databases: how long they are kept, and what takes them away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import sqlalchemy as sa

from holdfast.domain.prompts import Reply
from holdfast.domain.usage import Usage
from holdfast.storage import counters, knowledge
from holdfast.storage.database import Database
from holdfast.storage.entries import Entry
from holdfast.storage.forgetting import forget_document, scrub
from holdfast.storage.forgetting_people import forget_person
from holdfast.storage.needles import Needles
from holdfast.storage.remains import search_remains
from holdfast.storage.replies import find_reply, keep_reply
from holdfast.storage.retention import purge
from holdfast.storage.runs import save_run
from holdfast.storage.schema import documents, replies, reply_evidence
from holdfast.storage.settings import RetentionSettings
from holdfast.storage.visibility import hidden_among, hold
from holdfast.testing.records import SOURCE, chunks_of, document, run_of

NOW = datetime.now(UTC)
REPLY = Reply(
    text="Zanzibarquokka pays nine hundred [1].", model="openai:gpt-5-mini", returned_model="gpt-5-mini-2026",
    usage=Usage(input_tokens=900, output_tokens=20, cached_tokens=512), cost_usd=0.002,
    output={"pays": 900, "to": ["bearer"], "share": 0.5, "none": None},
)  # fmt: skip


def write(
    connection: sa.Connection, path: str, text: str, *, version: int, entries: Iterable[str] = ("everyone",)
) -> None:
    one = document(path, text, entries=entries)
    pieces = chunks_of(one)
    entry = Entry(
        document=one, parent="", skip_key="k", chunks=pieces, text_keys=tuple(piece.text for piece in pieces),
        vectors=np.ones((len(pieces), 2), dtype=np.float32), fingerprint="e1",
    )  # fmt: skip
    knowledge.write(connection, [entry], version=version)
    knowledge.publish(connection, version)


def keep(
    connection: sa.Connection, key: str, *paths: str, run: str = "run", user: str = "ana",
    at: datetime = NOW, keep_s: float = 3600,
) -> None:  # fmt: skip
    keep_reply(
        connection, key, REPLY, run=run, principal=user, documents=paths, now=at.timestamp(), keep_s=keep_s
    )


def kept(connection: sa.Connection) -> set[str]:
    return set(connection.execute(sa.select(replies.c.key)).scalars())


def test_a_reply_comes_back_as_it_was_while_its_time_lasts(database: Database) -> None:
    now = NOW.timestamp()
    with database.write() as connection:
        keep(connection, "one", "a.md", keep_s=60)
        assert find_reply(connection, "one", now=now + 59, keep_s=60) == REPLY
        assert find_reply(connection, "one", now=now + 61, keep_s=3600) is None
        assert find_reply(connection, "one", now=now + 30, keep_s=20) is None, "a shorter time counts at once"
        assert find_reply(connection, "two", now=now, keep_s=60) is None


def test_a_newer_reply_takes_the_place_of_an_older_one_with_its_evidence(database: Database) -> None:
    with database.write() as connection:
        keep(connection, "one", "a.md", "b.md")
        keep(connection, "one", "c.md", at=NOW + timedelta(seconds=5))
        assert connection.execute(sa.select(reply_evidence.c.document)).scalars().all() == ["c.md"]


def test_a_forgotten_document_takes_its_replies_and_no_others(database: Database) -> None:
    with database.write() as connection:
        write(connection, "s.md", "Zanzibarquokka pays nine hundred", version=1)
        for name in ("on it", "beside it", "repeats it"):
            earlier = "Before: Zanzibarquokka pays nine hundred and more" if name == "repeats it" else ""
            run = run_of(name, quote="Zanzibarquokka pays nine hundred" * (name == "on it"), earlier=earlier)
            save_run(connection, run, evidence=["s.md"] if name == "on it" else [])
            keep(connection, name, "s.md" if name == "on it" else "b.md", run=name)
        keep(connection, "run not on record", "b.md", run="cut short")
        forget_document(connection, SOURCE, "s.md")
        assert kept(connection) == {"beside it"}


def test_nothing_of_a_forgotten_reply_is_left_in_the_files(
    database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    needles = Needles(texts=(REPLY.text,))
    elsewhere = tmp_path_factory.mktemp("empty")
    with database.write() as connection:
        write(connection, "s.md", "Nine hundred", version=1)
        keep(connection, "one", "s.md", user="kim")
        assert search_remains(connection, elsewhere, needles).left == ("replies.reply",)
        assert search_remains(connection, elsewhere, Needles(), user="kim").left == ("replies.principal",)
        forget_document(connection, SOURCE, "s.md")
    scrub(database)
    with database.read() as connection:
        assert search_remains(connection, elsewhere, needles, user="kim").left == ()


def test_a_forgotten_person_takes_the_replies_made_for_them(database: Database) -> None:
    with database.write() as connection:
        keep(connection, "hers", "a.md", user="kim")
        keep(connection, "his", "a.md", user="bob")
        forget_person(connection, "kim")
        assert kept(connection) == {"his"}


def test_retention_takes_replies_whose_time_is_over(database: Database) -> None:
    settings = RetentionSettings(runs_days=90)
    with database.write() as connection:
        keep(connection, "over", at=NOW - timedelta(minutes=5), keep_s=60)
        keep(connection, "older than runs", at=NOW - timedelta(days=91), keep_s=10**9)
        keep(connection, "young")
        assert purge(connection, settings, NOW).replies == 2
        assert kept(connection) == {"young"}
        assert not purge(connection, settings, NOW)


def test_retention_takes_replies_with_the_revision_they_rest_on(database: Database) -> None:
    with database.write() as connection:
        write(connection, "a.md", "first", version=1)
        keep(connection, "on it", "a.md")
        keep(connection, "beside it", "b.md")
        write(connection, "a.md", "second", version=2)
        old = documents.c.died.is_not(None)
        connection.execute(sa.update(documents).where(old).values(ended_at=NOW - timedelta(days=31)))
        assert purge(connection, RetentionSettings(versions_days=30), NOW).revisions == 1
        assert kept(connection) == {"beside it"}


def test_a_document_is_shown_by_todays_list_of_every_source_that_has_it(database: Database) -> None:
    with database.write() as connection:
        write(connection, "open.md", "open", version=1)
        write(connection, "hr.md", "closed", version=2, entries=["hr"])
        write(connection, "gone.md", "gone", version=3)
        knowledge.remove(connection, [(SOURCE, "gone.md")], version=4)
        knowledge.publish(connection, 4)
        asked = ["open.md", "hr.md", "gone.md", "never.md"]
        assert hidden_among(connection, asked, entries=["everyone"]) == {"hr.md", "gone.md", "never.md"}
        assert hidden_among(connection, asked, entries=["everyone", "hr"]) == {"gone.md", "never.md"}
        assert hidden_among(connection, asked, entries=["hr"]) == {"open.md", "gone.md", "never.md"}
        knowledge.refile_access(connection, {(SOURCE, "hr.md"): (frozenset({"everyone"}), "r")})
        assert hidden_among(connection, ["hr.md"], entries=["everyone"]) == frozenset()
        connection.execute(
            sa.update(documents).where(documents.c.path == "open.md").values(path="hr.md", source="other")
        )
        knowledge.refile_access(connection, {("other", "hr.md"): (frozenset({"hr"}), "r")})
        assert hidden_among(connection, ["hr.md"], entries=["everyone"]) == {"hr.md"}
        assert hidden_among(connection, [], entries=[]) == frozenset()
        assert counters.value(connection, counters.PUBLISHED) == 4
        hold(connection, asked)
