"""Find out whether any value at all can fit a schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from holdfast.schemas.references import resolved
from holdfast.schemas.validating import fits, shown

_ALL = ("object", "array", "string", "integer", "number", "boolean", "null")


def why_unfillable(schema: Any) -> str:
    """Return in words what contradicts itself in a sound schema, or empty.

    Seen are types, choices, bounds, required fields, and references that never end; what two patterns
    make of each other is not.
    """
    return _why(schema, schema, "", frozenset())


def _why(schema: Any, root: Any, path: str, above: frozenset[str]) -> str:
    if isinstance(schema, bool):
        return "" if schema else f"{path or 'it'} may have no value at all"
    if (reference := schema.get("$ref")) is not None:
        if reference in above:
            return f"{path or 'it'} holds itself ({reference}) without an end"
        if why := _why(resolved(root, reference), root, path, above | {reference}):
            return why
    if "const" in schema or "enum" in schema:
        return _choices(schema, root, path)
    return _forms(schema, root, path, above) or _kinds(schema, root, path, above)


def _choices(schema: Mapping[str, Any], root: Any, path: str) -> str:
    choices = schema["enum"] if "enum" in schema else [schema["const"]]
    if any(fits(one, schema, root) for one in choices):
        return ""
    return f"none of the choices of {path or 'it'} ({', '.join(map(shown, choices))}) fits the rest of it"


def _kinds(schema: Mapping[str, Any], root: Any, path: str, above: frozenset[str]) -> str:
    kinds = kinds_of(schema, root)
    if not kinds:
        return f"{path or 'it'} is asked to be of two types at once"
    found = [_why_of(kind, schema, root, path, above) for kind in kinds]
    return "" if "" in found else found[0]


def kinds_of(schema: Any, root: Any, above: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the types that a value of the schema may have, as far as `type`, `$ref`, `allOf` tell."""
    if isinstance(schema, bool):
        return _ALL if schema else ()
    named = schema.get("type", _ALL)
    kinds = {named} if isinstance(named, str) else set(named)
    if "number" in kinds:
        kinds.add("integer")
    further = list(schema.get("allOf", ()))
    reference = schema.get("$ref")
    if reference is not None and reference not in above:
        further.append(resolved(root, reference))
        above |= {reference}
    for one in further:
        kinds &= set(kinds_of(one, root, above))
    return tuple(kind for kind in _ALL if kind in kinds)


def _forms(schema: Mapping[str, Any], root: Any, path: str, above: frozenset[str]) -> str:
    for one in schema.get("allOf", ()):
        if why := _why(one, root, path, above):
            return why
    for keyword in ("anyOf", "oneOf"):
        found = [_why(one, root, path, above) for one in schema.get(keyword, ())]
        if found and "" not in found:
            return found[0]
    return ""


def _why_of(kind: str, schema: Mapping[str, Any], root: Any, path: str, above: frozenset[str]) -> str:
    match kind:
        case "object":
            return _of_object(schema, root, path, above)
        case "array":
            if schema.get("minItems", 0) > schema.get("maxItems", math.inf):
                return f"{path or 'it'} has minItems above maxItems"
            if schema.get("minItems", 0):
                return _why(schema.get("items", True), root, f"{path}.0".lstrip("."), above)
        case "string":
            if schema.get("minLength", 0) > schema.get("maxLength", math.inf):
                return f"{path or 'it'} has minLength above maxLength"
        case "integer" | "number":
            return _of_number(kind, schema, path)
    return ""


def _of_object(schema: Mapping[str, Any], root: Any, path: str, above: frozenset[str]) -> str:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name in schema.get("required", ()):
        place = f"{path}.{name}".lstrip(".")
        if name not in known and others is False:
            return f"{place} is required, and additionalProperties forbids it"
        if why := _why(known.get(name, others), root, place, above):
            return why
    return ""


def _of_number(kind: str, schema: Mapping[str, Any], path: str) -> str:
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    is_open = schema.get("exclusiveMinimum") == low or schema.get("exclusiveMaximum") == high
    if low > high or (low == high and is_open):
        return f"{path or 'it'} has a lowest value above its highest"
    if kind == "integer" and low > -math.inf and high < math.inf:
        first = math.floor(low) + 1 if schema.get("exclusiveMinimum") == low else math.ceil(low)
        last = math.ceil(high) - 1 if schema.get("exclusiveMaximum") == high else math.floor(high)
        if first > last:
            return f"no whole number lies between the bounds of {path or 'it'}"
    return ""
