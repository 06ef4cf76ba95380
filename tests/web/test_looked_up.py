"""Who may see the rows of a lookup today sees the runs that hold them, and nobody else but who asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from .conftest import Served, served, write_workflow

LOOKUP = """\
lookups:
  - name: orders
    database: orders.sqlite
    sql: SELECT number, state FROM orders WHERE number = :order
    parameters: {order: {field: order}}
    access: [service]
"""
WORKSPACE = """\
people:
  - {name: ana, groups: [service], role: asker}
  - {name: rita, groups: [service], role: reviewer}
  - {name: olaf, groups: [sales], role: engineer}
"""


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    root: Path = tmp_path_factory.mktemp("looked-up")
    folder = write_workflow(root / "desk", more=LOOKUP, workspace=WORKSPACE)
    with closing(sqlite3.connect(folder / "orders.sqlite")) as database:
        database.executescript(
            "CREATE TABLE orders (number, state); INSERT INTO orders VALUES ('SO-1', 'late')"
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        with served(folder) as one:
            yield one


def test_a_run_with_looked_up_rows_shows_to_whom_the_lookup_lets_in(orders: Served) -> None:
    run = orders.ask("What is the state of the order?", person="ana", fields={"order": "SO-1"})["run"]
    for person, is_seen in (("ana", True), ("rita", True), ("olaf", False)):
        client = orders.client(person)
        assert client.get(f"/w/desk/runs/{run}").status_code == (200 if is_seen else 404), person
        assert client.get(f"/api/runs/{run}").status_code == (200 if is_seen else 404), person
        for order in ("", "?sort=took"):
            assert (run in client.get(f"/w/desk/runs{order}").text) is is_seen, (person, order)


def test_a_case_with_looked_up_rows_leads_to_how_it_came_about(orders: Served) -> None:
    asked = orders.ask("Somebody was injured.", person="ana", fields={"order": "SO-1"})
    case = orders.client("rita").get(f"/w/desk/review?case={asked['run']}")
    assert f"/w/desk/runs/{asked['run']}" in case.text
    assert orders.client("rita").get(f"/w/desk/runs/{asked['run']}").status_code == 200
