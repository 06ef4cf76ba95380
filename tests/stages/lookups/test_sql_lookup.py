"""A declared query brings rows as evidence, reads only, and only for those it is meant for."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from holdfast.domain.access import Principal
from holdfast.domain.items import ItemAttachment, Speaker, Turn, WorkItem
from holdfast.domain.rows import Facts, Row
from holdfast.stages.lookups.lookups import Lookups, lookups_for
from holdfast.stages.lookups.settings import LookupsSettings
from holdfast.stages.lookups.trying import try_lookups

ORDERS = {
    "name": "orders",
    "database": "orders.sqlite",
    "sql": "SELECT number, state, due, price, note FROM orders WHERE number = :order",
    "parameters": {"order": {"field": "order", "pattern": r"\bSO-\d{5}\b"}},
    "access": ["everyone"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "orders.sqlite")) as database:
        database.execute("CREATE TABLE orders (number TEXT, state TEXT, due DATE, price REAL, note TEXT)")
        database.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?)",
            [
                ("SO-10001", "shipped", "2026-03-01", 1200.5, None),
                ("SO-10002", "late", "2026-03-09", 80.0, "a'b; DROP TABLE orders"),
                *((f"SO-2{n:04}", "open", "2026-04-01", float(n), None) for n in range(60)),
            ],
        )
        database.commit()
    return tmp_path


def fetched(
    folder: Path,
    question: str = "",
    *,
    groups: tuple[str, ...] = (),
    changes: Mapping[str, Any] | None = None,
    **item: Any,
) -> Facts:
    settings = LookupsSettings.model_validate({"queries": [ORDERS | dict(changes or {})]})
    principal = Principal(user="ann", groups=frozenset(groups))
    work = WorkItem(id="i", principal=principal, question=question, **item)
    return asyncio.run(lookups_for(settings, folder).fetch(work))


def test_a_pattern_in_the_question_finds_the_row_and_its_values_are_plain_text(folder: Path) -> None:
    facts = fetched(folder, "Where is SO-10001?")
    assert facts.skipped == ()
    (row,) = facts.rows
    assert row.values == {
        "number": "SO-10001",
        "state": "shipped",
        "due": "2026-03-01",
        "price": "1200.5",
        "note": "",
    }
    assert (row.document, row.locator.row) == ("lookup:orders", 1)


def test_the_item_s_field_wins_over_the_question(folder: Path) -> None:
    facts = fetched(folder, "Like SO-10001?", fields={"order": "SO-10002"})
    assert [row.values["number"] for row in facts.rows] == ["SO-10002"]


def test_the_person_s_earlier_turns_are_searched_when_the_question_holds_nothing(folder: Path) -> None:
    history = (
        Turn(speaker=Speaker.PERSON, text="My order is SO-10002."),
        Turn(speaker=Speaker.ASSISTANT, text="Not SO-10001?"),
    )
    assert [row.values["number"] for row in fetched(folder, "When is it due?", history=history).rows] == [
        "SO-10002"
    ]


def test_each_number_in_the_question_is_looked_up_and_rows_are_numbered_through(folder: Path) -> None:
    facts = fetched(folder, "Compare SO-10001 with SO-10002 and SO-10001")
    assert [(row.values["number"], row.locator.row) for row in facts.rows] == [
        ("SO-10001", 1),
        ("SO-10002", 2),
    ]


def test_a_number_in_other_capitals_and_one_in_an_attachment_are_found(folder: Path) -> None:
    attached = (ItemAttachment(name="mail.eml", text="Our order SO-10002 is late."),)
    for question, more, number in (
        ("Where is so-10001?", {}, "SO-10001"),
        ("Where is it?", {"attachments": attached}, "SO-10002"),
        ("Like So-10001, not SO-10002?", {}, "SO-10002"),  # what is spelled as declared goes first
    ):
        facts = fetched(folder, question, **more)
        assert [row.values["number"] for row in facts.rows] == [number]


def test_an_item_without_a_number_says_why_nothing_was_looked_up(folder: Path) -> None:
    assert fetched(folder, "Hello").skipped == ("orders: the item holds no order",)


def test_a_number_that_does_not_exist_is_said(folder: Path) -> None:
    facts = fetched(folder, "SO-99999?")
    assert facts.skipped == facts.unknown == ("orders: it holds nothing for SO-99999",)
    assert fetched(folder, "Hello").unknown == ()


@pytest.mark.parametrize(
    "value", ["' OR 1=1 --", "x'; DELETE FROM orders; --", '"', "SO-10001' UNION SELECT 1,2,3,4,5 --"]
)
def test_a_value_is_bound_and_never_read_as_sql(folder: Path, value: str) -> None:
    changes = {"parameters": {"order": {"field": "order"}}}
    facts = fetched(folder, fields={"order": value}, changes=changes)
    assert facts.rows == ()
    assert facts.skipped[0].startswith("orders: it holds nothing for")


def test_rows_over_the_limit_are_cut_and_it_is_said(folder: Path) -> None:
    sql = "SELECT number FROM orders WHERE state = :state ORDER BY number"
    changes = {"sql": sql, "parameters": {"state": {"field": "state"}}, "limit": 7}
    facts = fetched(folder, fields={"state": "open"}, changes=changes)
    assert len(facts.rows) == 7
    assert facts.skipped == ("orders: more than 7 rows, cut",)


def test_nobody_may_use_a_lookup_whose_access_is_not_written(folder: Path) -> None:
    facts = fetched(folder, "SO-10001", changes={"access": []})
    assert facts == Facts(skipped=("orders: nobody may use it: its `access` names no group",))


def test_a_principal_outside_the_access_list_gets_nothing(folder: Path) -> None:
    changes = {"access": ["sales"]}
    assert fetched(folder, "SO-10001", changes=changes).skipped == ("orders: not allowed for ann",)
    assert len(fetched(folder, "SO-10001", changes=changes, groups=("sales",)).rows) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (SELECT 1) INSERT INTO orders (number) SELECT 'x'",
        "WITH gone AS (SELECT 1) DELETE FROM orders",
        "SELECT load_extension('x')",
        "SELECT zeroblob(900000000)",
        "SELECT * FROM pragma_table_info('orders'), nowhere",
    ],
)
def test_a_statement_that_does_more_than_read_fails_and_changes_nothing(folder: Path, sql: str) -> None:
    facts = fetched(folder, changes={"sql": sql, "parameters": {}})
    assert facts.rows == ()
    assert facts.skipped[0].startswith("orders: failed, the database says: ")
    assert len(fetched(folder, "SO-10001").rows) == 1


def test_a_query_without_end_is_stopped(folder: Path) -> None:
    sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    started = time.monotonic()
    facts = fetched(folder, changes={"sql": sql, "parameters": {}, "timeout_s": 0.2})
    assert facts.skipped == ("orders: failed, it took longer than 0.2 s",)
    assert time.monotonic() - started < 1


def test_a_missing_or_broken_database_is_recorded_and_does_not_stop_the_item(folder: Path) -> None:
    (folder / "broken.sqlite").write_bytes(b"not a database at all" * 100)
    gone = fetched(folder, "SO-10001", changes={"database": "gone.sqlite"})
    broken = fetched(folder, "SO-10001", changes={"database": "broken.sqlite"})
    assert gone.skipped == ("orders: failed, there is no database gone.sqlite",)
    assert broken.skipped == ("orders: failed, the database says: file is not a database",)


def test_one_lookup_that_fails_takes_nothing_from_the_others() -> None:
    class Good:
        name = "good"

        async def fetch(self, item: WorkItem) -> tuple[Row, ...] | str:
            return (Row(lookup="good", values={"user": item.principal.user}),)

    class Bad:
        name = "bad"

        async def fetch(self, item: WorkItem) -> tuple[Row, ...] | str:
            raise RuntimeError(f"no {item.id}")

    item = WorkItem(id="i", principal=Principal(user="ann"))
    facts = asyncio.run(Lookups([Bad(), Good()]).fetch(item))
    assert [row.text for row in facts.rows] == ["user: ann"]
    assert facts.skipped == ("bad: failed, no i",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sql": "DELETE FROM orders"}, "must begin with SELECT"),
        ({"sql": "SELECT 1; DROP TABLE orders"}, "single statement"),
        ({"sql": "SELECT ';' -- ; :no\n, '--'", "parameters": {}}, ""),
        ({"sql": "SELECT :order, :other"}, "uses :other, which `parameters` does not declare"),
        ({"sql": "SELECT 1"}, "declares order, which `sql` does not use"),
        ({"parameters": {"order": {"pattern": "("}}}, "is no regular expression"),
        ({"parameters": {"order": {}}}, "needs `field` or `pattern`"),
        ({"database": "../orders.sqlite"}, "inside the workflow's folder"),
        ({"database": ""}, "needs one of `database` and `url_env`"),
        ({"url_env": "URL"}, "needs one of `database` and `url_env`"),
        ({"name": "Orders 1"}, "name"),
        ({"tables": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_declaration_is_refused_in_words(changes: Mapping[str, Any], message: str) -> None:
    declared = {"queries": [ORDERS | dict(changes)]}
    if not message:
        LookupsSettings.model_validate(declared)
        return
    with pytest.raises(ValidationError, match=message):
        LookupsSettings.model_validate(declared)


def test_two_queries_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two queries are named orders"):
        LookupsSettings.model_validate({"queries": [ORDERS, ORDERS]})


def test_doctor_hears_what_keeps_a_lookup_from_working(tmp_path: Path) -> None:
    other = {
        "name": "parts",
        "url_env": "HOLDFAST_TEST_NO_SUCH_URL",
        "sql": "SELECT 1",
        "access": ["everyone"],
    }
    settings = LookupsSettings.model_validate({"queries": [ORDERS | {"access": []}, other]})
    assert try_lookups(settings, tmp_path).problems == (
        "lookup orders: nobody may use it; write `access: [everyone]` or groups",
        "lookup orders: there is no database orders.sqlite",
        "lookup parts: the variable HOLDFAST_TEST_NO_SUCH_URL is not set",
    )
