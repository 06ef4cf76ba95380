"""What a query brought back, and the failure to bring anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Columns and rows as a database returned them; one row more than the limit when there are more."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


class LookupFailed(Exception):
    """A query could not be run; the text says why, and never holds a password."""
