"""Drop the nulls that models write where a field may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.schemas.filling import kinds_of
from holdfast.schemas.references import inlined
from holdfast.schemas.validating import fits


def without_idle_nulls(value: Any, schema: Any, root: Any) -> Any:
    """Return the value without nulls in fields that are not required and may not be null."""
    if not isinstance(schema, Mapping):
        return value
    whole = inlined(root, schema)
    if isinstance(value, list):
        return [without_idle_nulls(one, whole.get("items", True), root) for one in value]
    if not isinstance(value, Mapping):
        return value
    known, required = whole.get("properties", {}), whole.get("required", ())
    return {
        name: without_idle_nulls(inner, known.get(name, True), root)
        for name, inner in value.items()
        if inner is not None or name in required or name not in known or _may_be_null(known[name], root)
    }


def _may_be_null(schema: Any, root: Any) -> bool:
    return "null" in kinds_of(schema, root) and fits(None, schema, root)
