"""Ask for every field, null where it may be left out, and take those nulls out again."""

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


def with_nulls(schema: Any, root: Any = None) -> Any:
    """Return a schema in which every named field is required, and may be null where it was not."""
    root = schema if root is None else root
    if not isinstance(schema, Mapping):
        return schema
    made = dict(schema)
    for keyword in ("$defs", "properties"):
        if keyword in made:
            made[keyword] = {name: with_nulls(one, root) for name, one in made[keyword].items()}
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in made:
            made[keyword] = [with_nulls(one, root) for one in made[keyword]]
    for keyword in ("items", "additionalProperties"):
        if keyword in made:
            made[keyword] = with_nulls(made[keyword], root)
    if "properties" in made:
        required = made.get("required", ())
        made["properties"] = {
            name: one
            if name in required or _may_be_null(schema["properties"][name], root)
            else _nullable(one)
            for name, one in made["properties"].items()
        }
        made["required"] = [*made["properties"], *(one for one in required if one not in made["properties"])]
    return made


def _nullable(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, Mapping):
        return {"anyOf": [schema, {"type": "null"}]}
    told = {key: schema[key] for key in ("title", "description") if key in schema}
    bare = {key: value for key, value in schema.items() if key not in told and key != "default"}
    return told | {"anyOf": [bare, {"type": "null"}]}


def _may_be_null(schema: Any, root: Any) -> bool:
    return "null" in kinds_of(schema, root) and fits(None, schema, root)
