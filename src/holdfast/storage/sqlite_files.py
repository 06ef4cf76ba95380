"""Compile a statement once in a process, whichever SQLite file it goes to.

SQLAlchemy keeps what it compiled for each engine and each dialect by itself, so that every file that is
opened (a workflow's, the workspace's, that of an index made for a trial) had each statement compiled anew:
a millisecond each, of which an answer needs dozens. Our files are all set up alike: one's holds for all.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

DRIVER = "sqlite+holdfast"
STATEMENTS = 1_000
"""How many compiled statements are kept; a sync, an answer and every page of the workbench need fewer."""


class OneForAll(SQLiteDialect_pysqlite):
    """The dialect of every SQLite file: equal to any other of its kind, as the key of what was compiled."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        """Return whether what was compiled for the other holds here."""
        return type(other) is OneForAll

    def __hash__(self) -> int:
        """Return the same for all."""
        return hash(OneForAll)


registry.register("sqlite.holdfast", __name__, OneForAll.__name__)
COMPILED: LRUCache[Any, Any] = LRUCache(STATEMENTS)
