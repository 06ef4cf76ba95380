"""Run one SELECT on a SQLite file that is opened for reading only."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from holdfast.stages.lookups.rows import LookupFailed, Table

_STEPS_BETWEEN_CHECKS = 1_000
_VALUE_BYTES_AT_MOST = 1_000_000
_ALLOWED = frozenset(
    {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
)
_FORBIDDEN_FUNCTIONS = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})


def select(path: Path, sql: str, values: Mapping[str, str], *, limit: int, timeout_s: float) -> Table:
    """Return columns and at most `limit + 1` rows; raise LookupFailed.

    Three locks, each enough: the file is opened read-only, the connection is set to query_only, and an
    authorizer admits nothing but reading.
    """
    if not path.is_file():
        raise LookupFailed(f"there is no database {path.name}")
    ends_at = time.monotonic() + timeout_s
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=timeout_s)
        ) as database:
            database.execute("PRAGMA query_only = ON")
            database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE_BYTES_AT_MOST)
            database.set_authorizer(_authorized)
            database.set_progress_handler(lambda: time.monotonic() > ends_at, _STEPS_BETWEEN_CHECKS)
            cursor = database.execute(sql, dict(values))
            columns = tuple(column[0] for column in cursor.description or ())
            return Table(columns=columns, rows=tuple(cursor.fetchmany(limit + 1)))
    except (sqlite3.Error, sqlite3.Warning) as error:
        if time.monotonic() > ends_at:
            raise LookupFailed(f"it took longer than {timeout_s:g} s") from None
        raise LookupFailed(f"the database says: {error}") from None


def columns_of(path: Path, sql: str, parameters: Iterable[str], *, timeout_s: float) -> tuple[str, ...]:
    """Return the columns that a statement brings, without fetching a row; raise LookupFailed."""
    bare = sql.rstrip().removesuffix(";")
    wrapped = f"SELECT * FROM ({bare}\n) LIMIT 0"  # noqa: S608 - the declared statement; a last comment ends with its line
    return select(path, wrapped, dict.fromkeys(parameters, ""), limit=0, timeout_s=timeout_s).columns


def _authorized(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action == sqlite3.SQLITE_FUNCTION and (second or first or "").lower() in _FORBIDDEN_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
