from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from holdfast.domain.items import WorkItem
from holdfast.protocols import Lookup, Lookups
from holdfast.stages.lookups.lookups import lookups_for
from holdfast.stages.lookups.settings import LookupsSettings
from holdfast.stages.lookups.sql import SqlLookup
from holdfast.testing.contracts.lookup import LookupContract
from holdfast.testing.contracts.lookups import LookupsContract
from holdfast.testing.contracts.samples import an_item, facts
from holdfast.testing.fakes import FakeLookups

SETTINGS = LookupsSettings.model_validate(
    {
        "queries": [
            {
                "name": "orders",
                "database": "orders.sqlite",
                "sql": "SELECT number, state, price FROM orders WHERE number = :order",
                "parameters": {"order": {"pattern": r"\bSO-\d{5}\b"}},
                "access": ["everyone"],
            },
            {
                "name": "gone",
                "database": "gone.sqlite",
                "sql": "SELECT 1 AS one",
                "access": ["everyone"],
            },
        ]
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "orders.sqlite")) as database:
        database.execute("CREATE TABLE orders (number TEXT, state TEXT, price REAL)")
        database.execute("INSERT INTO orders VALUES ('SO-10442', 'shipped', 12.5), ('SO-10442', NULL, 1)")
        database.commit()
    return tmp_path


class TestSqlLookup(LookupContract):
    @pytest.fixture
    def part(self, folder: Path) -> Lookup:
        return SqlLookup(SETTINGS.queries[0], folder)

    @pytest.fixture
    def item(self) -> WorkItem:
        return an_item("Where is SO-10442?")


class TestDeclaredLookups(LookupsContract):
    """One of the two fails for every item: its database is gone."""

    @pytest.fixture
    def part(self, folder: Path) -> Lookups:
        return lookups_for(SETTINGS, folder)

    @pytest.fixture
    def item(self) -> WorkItem:
        return an_item("Where is SO-10442?")


class TestFakeLookups(LookupsContract):
    @pytest.fixture
    def part(self) -> Lookups:
        return FakeLookups(facts())

    @pytest.fixture
    def item(self) -> WorkItem:
        return an_item()
