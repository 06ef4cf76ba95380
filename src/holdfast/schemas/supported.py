"""Say what is wrong with a JSON Schema before any value is held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import regex

from holdfast.schemas.filling import why_unfillable
from holdfast.schemas.formats import FORMATS
from holdfast.schemas.references import inlined, resolved
from holdfast.schemas.validating import compiled

Place = tuple[str | int, ...]
"""Keys and positions from the top of the schema."""

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
ANNOTATIONS = frozenset(
    ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment")
)
"""Keywords that models read and that nothing is held against."""
LONGEST_PATTERN = 500
DEEPEST = 40
_AT_TOP = ("$schema", "$id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong in a schema."""

    place: Place
    what: str
    move: str


def faults_in(schema: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Return what stands in the way of asking for an object of this schema; empty when nothing does.

    Supported is a subset of JSON Schema 2020-12 (docs/how-to/structured-output.md); what is left out is
    a fault, so that nothing is declared which is not held.
    """
    found = tuple(_faults(schema, (), schema))
    if found:
        return found
    return tuple(_of_root(schema)) or tuple(_unfillable(schema))


def root_faults(schema: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Return why this is no schema of an object with fields, for schemas that others wrote and check."""
    return tuple(_of_root(schema))


def dotted(place: Place) -> str:
    """Return a place in the schema as words show it (`properties.price.minimum`)."""
    return ".".join(map(str, place))


def _of_root(schema: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        whole = inlined(schema, schema)
    except (LookupError, RecursionError):
        yield Fault(place=("$ref",), what="$ref leads nowhere", move="name a schema under $defs")
        return
    if whole.get("type") != "object" or not isinstance(whole.get("properties"), Mapping):
        what = "the schema describes no object with fields"
        yield Fault(place=(), what=what, move="write `type: object` and `properties:` at its top")
    elif not whole["properties"]:
        yield Fault(place=("properties",), what="the schema has no field", move="write one under properties")
    for forms in ("anyOf", "oneOf", "allOf"):
        if forms in whole:
            what = f"{forms} stands at the top of the schema, where providers take none"
            yield Fault(place=(forms,), what=what, move="move it into a field")


def _unfillable(schema: Mapping[str, Any]) -> Iterator[Fault]:
    if why := why_unfillable(schema):
        what = f"nothing can fill the schema: {why}"
        yield Fault(place=(), what=what, move="loosen what contradicts itself")


def _faults(schema: Any, place: Place, root: Mapping[str, Any]) -> Iterator[Fault]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        what = f"{dotted(place) or 'the schema'} is no schema"
        yield Fault(place=place, what=what, move="write keywords such as `type: string`")
        return
    if len(place) > DEEPEST:
        yield Fault(place=place, what="the schema is nested too deeply", move="flatten it")
        return
    for keyword, value in schema.items():
        here = (*place, keyword)
        if keyword in ANNOTATIONS or (not place and keyword in _AT_TOP):
            continue
        if keyword not in _KEYWORDS:
            yield _unknown(here, keyword)
        elif wrong := _KEYWORDS[keyword](value, root):
            yield Fault(place=here, what=f"{dotted(here)} {wrong[0]}", move=wrong[1])
        else:
            yield from _inside(keyword, value, here, root)


def _inside(keyword: str, value: Any, here: Place, root: Mapping[str, Any]) -> Iterator[Fault]:
    match keyword:
        case "properties" | "$defs":
            for name, one in value.items():
                yield from _faults(one, (*here, name), root)
        case "anyOf" | "oneOf" | "allOf":
            for at, one in enumerate(value):
                yield from _faults(one, (*here, at), root)
        case "items" | "additionalProperties":
            yield from _faults(value, here, root)


def _unknown(here: Place, keyword: str) -> Fault:
    near = get_close_matches(keyword, [*_KEYWORDS, *ANNOTATIONS], n=1, cutoff=0.75)
    move = f"did you mean '{near[0]}'?" if near else _INSTEAD.get(keyword, "write it in other keywords")
    return Fault(place=here, what=f"{dotted(here)}: the keyword {keyword!r} is not supported", move=move)


_INSTEAD = {
    "definitions": "call it $defs",
    "nullable": "write `type: [string, 'null']`",
    "prefixItems": "make an object of it, with a field for each position",
    "patternProperties": "write the fields out, or use additionalProperties",
    "if": "use anyOf with one form for each case",
    "not": "say what it may be: enum, anyOf",
    "$anchor": "name it under $defs",
    "$dynamicRef": "use $ref to a name under $defs",
}
Wrong = tuple[str, str] | None


def _type(value: Any, _root: Any) -> Wrong:
    kinds = [value] if isinstance(value, str) else value
    if not isinstance(kinds, list) or not kinds:
        return "names no type", f"write one of {', '.join(TYPES)}"
    unknown = [one for one in kinds if one not in TYPES]
    if not unknown:
        return None
    near = get_close_matches(str(unknown[0]), TYPES, n=1)
    move = f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(TYPES)}"
    return f"names the type {unknown[0]!r}, which does not exist", move


def _reference(value: Any, root: Any) -> Wrong:
    if not isinstance(value, str):
        return "is no text", "write '#/$defs/NAME'"
    if not value.startswith("#"):
        return f"leads out of the schema ({value})", "copy what it names under $defs; nothing is fetched"
    try:
        target = resolved(root, value)
    except (LookupError, ValueError):
        return f"leads to {value}, which is not there", "write it under $defs"
    return None if isinstance(target, (Mapping, bool)) else (f"leads to {value}, no schema", "correct it")


def _pattern(value: Any, _root: Any) -> Wrong:
    if not isinstance(value, str) or len(value) > LONGEST_PATTERN:
        return f"is no text of up to {LONGEST_PATTERN} characters", "shorten it"
    try:
        compiled(value)
    except regex.error as error:
        return f"is no regular expression ({error})", "correct it"
    return None


def _format(value: Any, _root: Any) -> Wrong:
    if value in FORMATS:
        return None
    return f"is {value!r}, which is not checked", f"write one of {', '.join(FORMATS)}, or a pattern"


def _names(value: Any, _root: Any) -> Wrong:
    is_fine = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return None if is_fine else ("is no list of names", "write [first, second]")


def _is(kind: Callable[[Any], bool], words: str) -> Callable[[Any, Any], Wrong]:
    return lambda value, _root: None if kind(value) else (f"is no {words}", f"write a {words}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_COUNT = _is(_is_count, "whole number from 0")
_NUMBER = _is(_is_number, "number")
_FORMS = _is(lambda value: isinstance(value, list) and bool(value), "list of schemas")
_SECTION = _is(lambda value: isinstance(value, Mapping), "section of named schemas")
_ANY = _is(lambda _value: True, "")

_KEYWORDS: dict[str, Callable[[Any, Any], Wrong]] = {
    "type": _type,
    "$ref": _reference,
    "$defs": _SECTION,
    "properties": _SECTION,
    "required": _names,
    "additionalProperties": _ANY,
    "items": _ANY,
    "anyOf": _FORMS,
    "oneOf": _FORMS,
    "allOf": _FORMS,
    "enum": _is(lambda value: isinstance(value, list) and bool(value), "list of values"),
    "const": _ANY,
    "pattern": _pattern,
    "format": _format,
    "minLength": _COUNT,
    "maxLength": _COUNT,
    "minItems": _COUNT,
    "maxItems": _COUNT,
    "uniqueItems": _is(lambda value: isinstance(value, bool), "true or false"),
    "minimum": _NUMBER,
    "maximum": _NUMBER,
    "exclusiveMinimum": _NUMBER,
    "exclusiveMaximum": _NUMBER,
    "multipleOf": _is(lambda value: _is_number(value) and value > 0, "number above 0"),
}
