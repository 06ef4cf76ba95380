"""Insert with a say on conflicts, which SQLite and PostgreSQL spell alike in two dialects."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(connection: sa.Connection, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return insert_for(connection.dialect.name, table)


def insert_for(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """Return that INSERT for a dialect by name, to be made once and kept."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
