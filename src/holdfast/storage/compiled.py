"""Statements that every search runs, turned into the database's own words once.

A statement that SQLAlchemy runs is looked up, and its parameters are named and processed, each time
anew: about as long as SQLite takes to find two hundred chunks by their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa


class Compiled:
    """A SELECT in one dialect; its values, also those inside it, are given to the driver as they are."""

    def __init__(self, query: sa.Select[Any], dialect: sa.Dialect) -> None:
        made = query.compile(dialect=dialect)
        self._text = str(made)
        self._constants = dict(made.params)
        self._order: Sequence[str] | None = made.positiontup if made.positional else None

    def rows(self, connection: sa.Connection, asked: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """Return all rows for these parameters, by name."""
        named = self._constants | dict(asked)
        values = named if self._order is None else tuple(named[name] for name in self._order)
        return rows_of(connection, self._text, values)


def rows_of(
    connection: sa.Connection, text: str, values: Mapping[str, object] | tuple[object, ...] = ()
) -> Sequence[Sequence[Any]]:
    """Return all rows of a SELECT in the driver's own words.

    SQLite's driver is asked itself: what SQLAlchemy adds to each question, .1 ms, is a tenth of the whole.
    """
    if connection.dialect.name != "sqlite":
        return connection.exec_driver_sql(text, values or None).all()
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, values)
        return cursor.fetchall()
    finally:
        cursor.close()


@lru_cache(maxsize=8)
def dialect_of(name: str) -> sa.Dialect:
    """Return the dialect that our drivers speak."""
    driver = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}[name]
    return sa.make_url(f"{driver}://").get_dialect()()
