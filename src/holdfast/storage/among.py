"""Ask for many values by one parameter: a list of hundreds is spelt out anew for every query otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY


def is_among(column: sa.Column[Any], name: str, dialect: str) -> sa.ColumnElement[bool]:
    """Return the condition that the column's value is among those of the named parameter."""
    if dialect == "sqlite":
        return column.in_(sa.select(sa.column("value")).select_from(sa.func.json_each(sa.bindparam(name))))
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(column.type)))


def given(values: Sequence[int] | Sequence[str], dialect: str) -> object:
    """Return the parameter that holds these values."""
    return json.dumps(list(values)) if dialect == "sqlite" else list(values)
