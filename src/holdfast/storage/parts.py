"""Cut long lists into parts that a statement takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import sqlalchemy as sa

from holdfast.storage.storable import storable

T = TypeVar("T")
PART = 500
"""Values of one IN; SQLite takes 999 parameters in its older versions, and a statement has others too."""


def in_parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the values in their order, at most `PART` at a time."""
    return (values[start : start + PART] for start in range(0, len(values), PART))


def stored_name(source: str, path: str) -> tuple[str, str]:
    """Return source and path of a document as they stand in the records."""
    return storable(source), storable(path)


def named(table: sa.Table, names: Sequence[tuple[str, str]]) -> Iterator[sa.ColumnElement[bool]]:
    """Yield conditions that together fit the rows of these documents, each a source and a path."""
    for source in sorted({source for source, _ in names}):
        for paths in in_parts([path for name, path in names if name == source]):
            yield (table.c.source == source) & table.c.path.in_(paths)
