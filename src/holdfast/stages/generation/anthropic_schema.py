"""Bring a JSON Schema into the form that Anthropic's structured output takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.schemas.references import references_in
from holdfast.schemas.turning import turned

_FORMATS = frozenset(
    ("date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid")
)
_DROPPED = ("title", "$schema", "discriminator", "default")
"""A record takes its values from passages, never from the schema's default."""
_DEFINED = "#/$defs/"
_BUILDING = frozenset(("properties", "required", "additionalProperties", "items", "anyOf", "oneOf", "allOf"))
"""What cannot be told in words when it stands beside forms."""
_PLAIN = (str, int, float, bool, type(None))


class NotHeld(Exception):
    """A schema that cannot be brought into the form; the text says which part of it, and why."""


def held_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema with what is not supported told in its descriptions; raise NotHeld.

    Bounds, patterns and lengths become words for the model: whether a reply keeps them is for whoever
    takes it to check. NotHeld is raised where the form would change which values there can be: a field of
    any type, an object with fields of any name, a schema that holds itself.
    """
    defined = schema.get("$defs", {})
    for name in defined:
        if name in _reached(name, defined):
            raise _not_held(("$defs", name), "holds itself")
    return _held(schema, ())


def call_form(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a tool's input without what tells a model nothing; any schema has one."""
    made: dict[str, Any] = turned(schema, _without_titles)
    return made


def why_not_held(schema: Mapping[str, Any]) -> str:
    """Return why a schema has no such form, or an empty text."""
    try:
        held_form(schema)
    except NotHeld as error:
        return str(error)
    return ""


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key not in _DROPPED}


def _reached(name: str, defined: Mapping[str, Any]) -> set[str]:
    """Return the names of all schemas that one leads to."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        led = {one.removeprefix(_DEFINED) for one in references_in(defined.get(waiting.pop()))}
        waiting.extend(led - found)
        found |= led
    return found


def _held(schema: Any, place: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(schema, Mapping):
        raise _not_held(place, "may be anything")
    rest = {key: value for key, value in schema.items() if key not in _DROPPED}
    made: dict[str, Any] = {}
    if "$defs" in rest:
        made["$defs"] = {name: _held(one, ("$defs", name)) for name, one in rest.pop("$defs").items()}
    told = rest.pop("description", None)
    made |= _core(rest, place)
    words = [str(told)] if told is not None else []
    if rest:  # what no keyword is left for
        words.append("{" + ", ".join(f"{key}: {value}" for key, value in rest.items()) + "}")
    if words and "$ref" in made:  # nothing may stand beside a reference
        made["anyOf"] = [{"$ref": made.pop("$ref")}]
    return made | ({"description": "\n\n".join(words)} if words else {})


def _core(rest: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    """Return what says which values there are, and take it out of `rest`."""
    if "$ref" in rest:
        reference = rest.pop("$ref")
        if not reference.startswith(_DEFINED) or "/" in reference.removeprefix(_DEFINED):
            raise _not_held(place, f"refers to {reference}")
        return {"$ref": reference}
    kind = rest.pop("type", None)
    if "const" in rest and isinstance(rest["const"], _PLAIN):
        return {"enum": [rest.pop("const")]}
    if _is_plain_list(rest.get("enum")):
        return {"enum": list(rest.pop("enum"))}
    for keyword, said in (("anyOf", "anyOf"), ("oneOf", "anyOf"), ("allOf", "allOf")):
        if forms := rest.pop(keyword, None):
            if rest.keys() & _BUILDING:
                raise _not_held(place, f"has {keyword} beside other keywords")
            typed = [_typed(one, kind) for one in forms]
            return {said: [_held(one, (*place, keyword, str(at))) for at, one in enumerate(typed)]}
    if isinstance(kind, list):
        inner, kinds = dict(rest), dict.fromkeys(kind)
        rest.clear()
        return {"anyOf": [_held(_of_kind(one, inner), place) for one in kinds]}
    if kind is None:
        raise _not_held(place, "may be anything")
    return {"type": kind} | _inside(kind, rest, place)


def _inside(kind: str, rest: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    match kind:
        case "object":
            fields = rest.pop("properties", {})
            more = rest.pop("additionalProperties", True)  # what is not forbidden is closed beside fields
            if isinstance(more, Mapping) or (more and not fields) or "patternProperties" in rest:
                raise _not_held(place, "may have fields of any name")
            made = {
                "properties": {name: _held(one, (*place, name)) for name, one in fields.items()},
                "additionalProperties": False,
            }
            return made | ({"required": list(rest.pop("required"))} if "required" in rest else {})
        case "array":
            if "items" not in rest:
                raise _not_held(place, "is a list of anything")
            made = {"items": _held(rest.pop("items"), (*place, "items"))}
            return made | ({"minItems": rest.pop("minItems")} if rest.get("minItems") in (0, 1) else {})
        case "string" if rest.get("format") in _FORMATS:
            return {"format": rest.pop("format")}
        case _:
            return {}


def _of_kind(kind: str, inner: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind} if kind == "null" else {**inner, "type": kind}


def _typed(form: Any, kind: Any) -> Any:
    """Return a form with the type that stands beside all forms."""
    has_none = isinstance(form, Mapping) and kind is not None and "type" not in form
    return {**form, "type": kind} if has_none else form


def _is_plain_list(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, _PLAIN) for one in value)


def _not_held(place: tuple[str, ...], why: str) -> NotHeld:
    return NotHeld(f"{'.'.join(place) or 'the object'} {why}")
