"""A declared query reads a PostgreSQL database in a read-only transaction."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from holdfast.domain.access import Principal
from holdfast.domain.items import WorkItem
from holdfast.domain.rows import Facts
from holdfast.stages.lookups.lookups import lookups_for
from holdfast.stages.lookups.settings import LookupsSettings
from holdfast.testing.databases import PostgresServer

psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")

VARIABLE = "HOLDFAST_TEST_LOOKUP_URL"
ORDERS = {
    "name": "orders",
    "url_env": VARIABLE,
    "sql": "SELECT number, due, price FROM orders WHERE number = :order AND note LIKE '50%'",
    "parameters": {"order": {"pattern": r"\bSO-\d{5}\b"}},
    "access": ["everyone"],
}


@pytest.fixture(scope="module")
def _server(postgres: PostgresServer) -> Iterator[None]:
    with postgres.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE orders (number text, due date, price numeric, note text)")
            connection.execute("INSERT INTO orders VALUES ('SO-10001', '2026-03-01', 1200.50, '50% paid')")
        os.environ[VARIABLE] = url
        yield
        del os.environ[VARIABLE]


def fetched(question: str, changes: Mapping[str, Any] | None = None) -> Facts:
    settings = LookupsSettings.model_validate({"queries": [ORDERS | dict(changes or {})]})
    item = WorkItem(id="i", principal=Principal(user="ann"), question=question)
    return asyncio.run(lookups_for(settings, Path()).fetch(item))


@pytest.mark.usefixtures("_server")
def test_a_row_is_found_by_a_bound_value() -> None:
    facts = fetched("Where is SO-10001?")
    assert [row.text for row in facts.rows] == ["number: SO-10001; due: 2026-03-01; price: 1200.50"]


@pytest.mark.usefixtures("_server")
@pytest.mark.parametrize(
    "sql",
    [
        "WITH gone AS (DELETE FROM orders RETURNING number) SELECT number FROM gone",
        "SELECT set_config('transaction_read_only', 'off', false), nextval('nowhere')",
        "SELECT pg_sleep(20)",
    ],
)
def test_a_statement_that_does_more_than_read_fails(sql: str) -> None:
    facts = fetched("", {"sql": sql, "parameters": {}, "timeout_s": 0.3})
    assert facts.rows == ()
    assert facts.skipped[0].startswith("orders: failed, ")
    assert len(fetched("SO-10001").rows) == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", f"the variable {VARIABLE}_2 is not set"),
        ("mysql://x", f"the variable {VARIABLE}_2 is no PostgreSQL URL"),
        ("postgresql://ann:geheim@127.0.0.1:1/x", "the database says: "),
    ],
)
def test_a_database_that_cannot_be_reached_is_recorded_without_its_password(url: str, reason: str) -> None:
    os.environ[f"{VARIABLE}_2"] = url
    try:
        facts = fetched("SO-10001", {"url_env": f"{VARIABLE}_2", "timeout_s": 1})
    finally:
        del os.environ[f"{VARIABLE}_2"]
    assert reason in facts.skipped[0]
    assert "geheim" not in facts.skipped[0]
