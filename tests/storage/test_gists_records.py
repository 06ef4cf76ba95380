"""Decided cases are found by what their questions come down to, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from tests.storage.test_review_records import ANA, admission, soon
from tests.storage.test_runs_records import with_document

from holdfast.domain.reviews import FINISHING, Action
from holdfast.storage import gists
from holdfast.storage.database import Database
from holdfast.storage.forgetting import forget_document
from holdfast.storage.forgetting_people import forget_person
from holdfast.storage.review_queue import admit, claim, finish
from holdfast.storage.review_tables import gists as table
from holdfast.storage.runs import save_run
from holdfast.testing.records import SOURCE, run_of
from holdfast.text.gists import gist_of

ASKED = "Which torque do the gland cover bolts of the HX-200 take?"


def decided(
    connection: sa.Connection, run: str, question: str = ASKED, verdict: Action = Action.EDIT
) -> None:
    save_run(connection, run_of(run, question=question, user="ana"), evidence=["s.md"])
    admit(connection, run, "ana", admission())
    claim(connection, run, "lena", until=soon())
    finish(connection, run, "lena", verdict=verdict)
    gists.keep_gist(connection, run, {"question": question})


def found(
    database: Database,
    question: str = ASKED,
    *,
    least: float = 0.8,
    only: tuple[Action, ...] = (Action.EDIT,),
    **more: Any,
) -> list[str]:
    gist = gist_of(question)
    assert gist is not None
    with database.read() as connection:
        return [one.run for one in gists.decided_alike(connection, gist, least=least, verdicts=only, **more)]


def test_the_last_decided_comes_first_and_a_verdict_counts(database: Database) -> None:
    with database.write() as connection:
        decided(connection, "a")
        decided(connection, "b", verdict=Action.REJECT)
        decided(connection, "c", "the HX 200: which torque for gland cover bolts do they take")
        decided(connection, "d", ASKED.replace("200", "250"))
    assert found(database) == ["c", "a"]
    assert found(database, only=FINISHING) == ["c", "b", "a"]
    assert found(database, but="c") == ["a"]
    assert found(database, limit=1) == ["c"]
    assert found(database, ASKED.replace("200", "300")) == []


@pytest.mark.parametrize(
    ("question", "shares"),
    [
        ("gland cover bolts torque take HX-200 flange", 5 / 6),
        ("gland cover bolts torque HX-200", 4 / 5),
        ("gland cover torque HX-200", 3 / 5),
        ("gland cover bolts torque take HX-200 flange inlet valve", 5 / 8),
        ("gland cover bolts weight take HX-200", 4 / 6),
    ],
)
def test_a_case_is_found_exactly_as_far_as_the_words_agree(
    database: Database, question: str, shares: float
) -> None:
    with database.write() as connection:
        decided(connection, "a", question)
    gist = gist_of(ASKED)
    assert gist is not None
    with database.read() as connection:
        (one,) = gists.decided_alike(connection, gist, least=0.5, verdicts=[Action.EDIT])
    assert one.overlap == pytest.approx(shares)
    assert found(database, least=shares) == ["a"]
    assert found(database, least=shares + 0.01) == []


@pytest.mark.parametrize(
    "item",
    [
        {"question": "why?"},
        {"question": ASKED, "history": [{"speaker": "person", "text": "of the old one"}]},
        {"question": ASKED, "attachments": [{"name": "a.pdf", "text": "x"}]},
    ],
)
def test_what_does_not_stand_in_the_question_alone_is_not_kept(
    database: Database, item: Mapping[str, Any]
) -> None:
    with database.write() as connection:
        save_run(connection, run_of("a"), evidence=[])
        gists.keep_gist(connection, "a", item)
        gists.keep_gist(connection, "a", item)
        assert connection.execute(sa.select(table)).all() == []


def test_gists_go_with_the_document_and_with_the_person(database: Database) -> None:
    with database.write() as connection:
        with_document(connection, "s.md", "everyone")
        decided(connection, "a")
        decided(connection, "b", "How long is the warranty?")
    with database.write() as connection:
        forget_document(connection, SOURCE, "s.md")
        assert connection.execute(sa.select(table)).all() == []
        decided(connection, "c")
        forget_person(connection, ANA.user)
        assert connection.execute(sa.select(table)).all() == []
    assert found(database) == []


def test_what_is_kept_stays_readable_by_later_versions(database: Database) -> None:
    """Whoever changes what a question comes down to must work it out anew for the cases on record."""
    with database.write() as connection:
        decided(connection, "a", "How tight are the bolts of the HX-200?")
        rows = connection.execute(sa.select(table.c.exact, table.c.word, table.c.size).order_by(table.c.word))
        assert [tuple(row) for row in rows] == KEPT


KEPT = [
    ("2a21b473401428da8e144313fe1dac8f", -2370935757856845345, 2),
    ("2a21b473401428da8e144313fe1dac8f", -379734694797526432, 2),
]
