"""Bring a JSON Schema into the form that OpenAI's strict mode holds a model to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from holdfast.schemas.turning import turned

_DROPPED = ("title", "$schema", "discriminator", "default")
"""Strict mode refuses a default, and a record takes its values from passages, never from the schema."""
_UNHELD = frozenset(
    (
        "patternProperties", "unevaluatedProperties", "propertyNames", "minProperties", "maxProperties",
        "unevaluatedItems", "contains", "minContains", "maxContains", "uniqueItems", "prefixItems", "oneOf",
        "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas",
    )
)  # fmt: skip
_LENGTHS = frozenset(("minLength", "maxLength"))
_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))
_SAYS_WHAT = frozenset(("type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"))
_FORMS = ("anyOf", "oneOf", "allOf")
_NAMED = ("properties", "patternProperties", "$defs")
_HELD_REFERENCE = re.compile(r"#(/\$defs/[^/]+)?\Z")
_LOOKS_AROUND = re.compile(r"(?:\\.|[^\\])*?\(\?(?:=|!|<=|<!)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class StrictForm:
    """A schema as OpenAI is shown it."""

    schema: Mapping[str, Any]
    is_strict: bool
    """Whether strict mode takes it; one that it does not take is asked for without."""


def strict_form(schema: Mapping[str, Any], *, holds_lengths: bool = True) -> StrictForm:
    """Return the schema without what strict mode refuses and no value is lost by, and whether it is held.

    Objects with fields are closed unless they say otherwise. What would change which values fit (`oneOf`,
    open objects, fields that may be missing) stays as it is, and the schema is then asked for without strict
    mode.
    """
    made = turned(schema, _formed)
    unheld = _UNHELD if holds_lengths else _UNHELD | _LENGTHS
    return StrictForm(schema=made, is_strict=all(_is_held(node, unheld) for node in _nodes(made)))


def _formed(schema: dict[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in schema.items() if key not in _DROPPED}
    made = _without_lone_forms(made)
    if "$ref" in made and len(made) > 1 and "anyOf" not in made:  # strict mode takes nothing beside a $ref
        made["anyOf"] = [{"$ref": made.pop("$ref")}]
    if "object" in _kinds(made) and made.setdefault("properties", {}):
        made.setdefault("additionalProperties", False)
    return made


def _without_lone_forms(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema with the only form of an anyOf, oneOf or allOf written out where nothing clashes."""
    for keyword in _FORMS:
        forms = schema.get(keyword)
        if not isinstance(forms, list) or len(forms) != 1 or not isinstance(forms[0], Mapping):
            continue
        rest = {key: value for key, value in schema.items() if key != keyword}
        if not (forms[0].keys() & rest.keys()) - {"description"}:
            schema = {**forms[0], **rest}
    return schema


def _nodes(schema: Any) -> Iterator[Any]:
    """Yield a schema and all that lie in it."""
    yield schema
    if not isinstance(schema, Mapping):
        return
    for keyword in _NAMED:
        for one in schema.get(keyword, {}).values():
            yield from _nodes(one)
    for keyword in (*_FORMS, "prefixItems"):
        for one in schema.get(keyword, ()):
            yield from _nodes(one)
    if "items" in schema:
        yield from _nodes(schema["items"])


def _is_held(schema: Any, unheld: frozenset[str]) -> bool:
    if not isinstance(schema, Mapping) or not schema.keys() & _SAYS_WHAT or schema.keys() & unheld:
        return False
    if schema.get("format", "date") not in _FORMATS or _LOOKS_AROUND.match(str(schema.get("pattern", ""))):
        return False
    if "$ref" in schema and (len(schema) > 1 or not _HELD_REFERENCE.match(schema["$ref"])):
        return False
    kinds = _kinds(schema)
    if "object" in kinds and not _is_closed(schema):
        return False
    return "array" not in kinds or "items" in schema


def _is_closed(schema: Mapping[str, Any]) -> bool:
    names = set(schema["properties"])
    return schema.get("additionalProperties") is False and names <= set(schema.get("required", ()))


def _kinds(schema: Mapping[str, Any]) -> tuple[str, ...]:
    kinds = schema.get("type", ())
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)
