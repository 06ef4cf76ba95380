"""Rewrite a schema part by part, the innermost first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_NAMED = ("$defs", "properties", "patternProperties")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items", "additionalProperties")


def turned(schema: Any, turn: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Return the schema with `turn` applied to it and all schemas in it; `true` and `false` stay."""
    if not isinstance(schema, Mapping):
        return schema
    made = dict(schema)
    for keyword in _NAMED:
        if isinstance(made.get(keyword), Mapping):
            made[keyword] = {name: turned(one, turn) for name, one in made[keyword].items()}
    for keyword in _LISTED:
        if isinstance(made.get(keyword), list):
            made[keyword] = [turned(one, turn) for one in made[keyword]]
    for keyword in _SINGLE:
        if keyword in made:
            made[keyword] = turned(made[keyword], turn)
    return turn(made)
