"""Run one SELECT on a PostgreSQL database in a read-only transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.stages.lookups.rows import LookupFailed, Table
from holdfast.stages.lookups.statements import in_percent_style

try:
    import psycopg
except ImportError as error:
    raise ImportError("PostgreSQL lookups need an extra: pip install 'holdfast[postgres]'") from error

_CURSOR = "holdfast_lookup"


def select(url: str, sql: str, values: Mapping[str, str], *, limit: int, timeout_s: float) -> Table:
    """Return columns and at most `limit + 1` rows; raise LookupFailed.

    A declared cursor takes a single SELECT and sends no more rows than are fetched. Values are bound as
    text of unknown type, so the database reads them as the column's own.
    """
    try:
        with psycopg.connect(
            url,
            connect_timeout=max(1, round(timeout_s)),
            options=f"-c statement_timeout={round(timeout_s * 1000)} -c default_transaction_read_only=on",
        ) as connection:
            connection.read_only = True
            with connection.cursor(name=_CURSOR) as cursor:
                cursor.execute(_query(in_percent_style(sql)), dict(values))
                rows: list[tuple[Any, ...]] = cursor.fetchmany(limit + 1)
                columns = tuple(column.name for column in cursor.description or ())
            return Table(columns=columns, rows=tuple(rows))
    except psycopg.errors.QueryCanceled:
        raise LookupFailed(f"it took longer than {timeout_s:g} s") from None
    except psycopg.Error as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise LookupFailed(f"the database says: {said[0]}") from None


def _query(sql: str) -> Any:
    """Return the statement for a client whose types ask for a literal: this one is the declaration's."""
    return sql
