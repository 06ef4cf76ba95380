"""Hold a value against a JSON Schema, and say in words where it does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import regex

from holdfast.schemas.formats import has_format
from holdfast.schemas.references import resolved

TIMEOUT_S = 0.2
"""Seconds that one pattern may take on one text."""
MOST_MISFITS = 20
_SHOWN = 60
_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
Schema = Mapping[str, Any]


def misfits(value: Any, schema: Any, *, root: Any = None) -> tuple[str, ...]:
    """Return where a value of plain JSON does not fit, the first twenty places; empty when it does.

    The schema must have been found sound (`schemas.supported`); `root` is what its references lead into,
    the schema itself when left out.
    """
    found = []
    for misfit in _misfits(value, schema, schema if root is None else root, ""):
        found.append(misfit)
        if len(found) == MOST_MISFITS:
            break
    return tuple(found)


def fits(value: Any, schema: Any, root: Any) -> bool:
    """Return whether nothing in the value speaks against the schema."""
    return next(_misfits(value, schema, root, ""), None) is None


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return a schema's pattern; raises regex.error."""
    return regex.compile(pattern)


def is_of(value: Any, kind: str) -> bool:
    """Return whether a value is of one of JSON Schema's types."""
    return _IS_OF[kind](value)


_IS_OF: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
}


def _misfits(value: Any, schema: Any, root: Any, path: str) -> Iterator[str]:
    if isinstance(schema, bool):
        if not schema:
            yield _told(path, "may not be there")
        return
    if "$ref" in schema:
        yield from _misfits(value, resolved(root, schema["$ref"]), root, path)
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if kinds and not any(is_of(value, kind) for kind in kinds):
        yield _told(path, f"is {shown(value)}, not {' or '.join(_NAMES[kind] for kind in kinds)}")
        return
    yield from _chosen(value, schema, path)
    match value:
        case str():
            yield from _of_text(value, schema, path)
        case int() | float() if not isinstance(value, bool):
            yield from _of_number(value, schema, path)
        case list():
            yield from _of_list(value, schema, root, path)
        case Mapping():
            yield from _of_object(value, schema, root, path)
    yield from _of_forms(value, schema, root, path)


def _chosen(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if "const" in schema and not same(value, schema["const"]):
        yield _told(path, f"is {shown(value)}, not {shown(schema['const'])}")
    if "enum" in schema and not any(same(value, one) for one in schema["enum"]):
        yield _told(path, f"is {shown(value)}, not one of {', '.join(map(shown, schema['enum']))}")


def _of_text(value: str, schema: Schema, path: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield _told(path, f"has {len(value)} characters, at least {schema['minLength']} are wanted")
    if len(value) > schema.get("maxLength", len(value)):
        yield _told(path, f"has {len(value)} characters, at most {schema['maxLength']} are wanted")
    if "pattern" in schema and (why := _against(schema["pattern"], value)):
        yield _told(path, why)
    if "format" in schema and not has_format(value, schema["format"]):
        yield _told(path, f"is {shown(value)}, which is no {schema['format']}{_EXAMPLES[schema['format']]}")


_EXAMPLES = {
    "date": " (such as 2025-03-31)",
    "date-time": " (such as 2025-03-31T14:30:00Z)",
    "email": "",
    "uri": " (such as https://example.com/a)",
}


def _against(pattern: str, value: str) -> str:
    try:
        found = compiled(pattern).search(value, timeout=TIMEOUT_S, concurrent=False)
    except TimeoutError:
        return f"could not be held against the pattern {pattern} within {TIMEOUT_S} s"
    return "" if found else f"is {shown(value)}, which does not match the pattern {pattern}"


_BOUNDS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minimum", lambda value, bound: value >= bound, "at least"),
    ("maximum", lambda value, bound: value <= bound, "at most"),
    ("exclusiveMinimum", lambda value, bound: value > bound, "more than"),
    ("exclusiveMaximum", lambda value, bound: value < bound, "less than"),
)


def _of_number(value: float, schema: Schema, path: str) -> Iterator[str]:
    for keyword, holds, words in _BOUNDS:
        if keyword in schema and not holds(value, schema[keyword]):
            yield _told(path, f"is {shown(value)}, {words} {shown(schema[keyword])} is wanted")
    step = schema.get("multipleOf")
    if step is not None and Decimal(str(value)) % Decimal(str(step)):
        yield _told(path, f"is {shown(value)}, which is no multiple of {shown(step)}")


def _of_list(value: Sequence[Any], schema: Schema, root: Any, path: str) -> Iterator[str]:
    if len(value) < schema.get("minItems", 0):
        yield _told(path, f"has {len(value)} entries, at least {schema['minItems']} are wanted")
    if len(value) > schema.get("maxItems", len(value)):
        yield _told(path, f"has {len(value)} entries, at most {schema['maxItems']} are wanted")
    if schema.get("uniqueItems") and any(
        same(one, other) for at, one in enumerate(value) for other in value[:at]
    ):
        yield _told(path, "has an entry twice")
    for at, one in enumerate(value):
        yield from _misfits(one, schema.get("items", True), root, f"{path}.{at}".lstrip("."))


def _of_object(value: Mapping[str, Any], schema: Schema, root: Any, path: str) -> Iterator[str]:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield _told(f"{path}.{name}".lstrip("."), "is missing")
    others = schema.get("additionalProperties", True)
    for name, inner in value.items():
        place = f"{path}.{name}".lstrip(".")
        if name in known:
            yield from _misfits(inner, known[name], root, place)
        elif others is False:
            yield _told(place, f"is not among the fields ({', '.join(known)})")
        else:
            yield from _misfits(inner, others, root, place)


def _of_forms(value: Any, schema: Schema, root: Any, path: str) -> Iterator[str]:
    for one in schema.get("allOf", ()):
        yield from _misfits(value, one, root, path)
    if "anyOf" in schema and not any(fits(value, one, root) for one in schema["anyOf"]):
        yield from _nearest(value, schema["anyOf"], root, path)
    if "oneOf" in schema:
        count = sum(fits(value, one, root) for one in schema["oneOf"])
        if not count:
            yield from _nearest(value, schema["oneOf"], root, path)
        elif count > 1:
            yield _told(path, f"fits {count} of its {len(schema['oneOf'])} forms, exactly one is wanted")


def _nearest(value: Any, forms: Sequence[Any], root: Any, path: str) -> list[str]:
    """Return what speaks against the form that the value comes closest to.

    A misfit of the value itself (its type, a wrong choice) counts before all misfits of its parts.
    """
    found = [list(_misfits(value, form, root, path)) for form in forms]
    own = f"{path or _WHOLE}: "
    near = [one for one in found if not any(misfit.startswith(own) for misfit in one)]
    return min(near, key=len) if near else list(dict.fromkeys(misfit for one in found for misfit in one))


_WHOLE = "the object"


def _told(path: str, what: str) -> str:
    return f"{path or _WHOLE}: {what}"


def shown(value: Any) -> str:
    """Return a value as JSON, cut when it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
