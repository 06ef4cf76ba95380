"""Hold the fields that a case expects against the declared output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.domain.cases import Case, ExpectedField
from holdfast.schemas.citing import EACH, path_of
from holdfast.schemas.entering import entry_of
from holdfast.schemas.validating import misfits

_DEEPEST = 2
"""Names of a path that is compared: a field, or one inside a section."""


def field_faults(case: Case, schema: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an expected field, and the next move.

    An empty schema: no output is declared; None: it is not known here.
    """
    if schema is None or not case.expect.fields:
        return
    if not schema:
        names = ", ".join(case.expect.fields)
        yield f"expects fields ({names}), and the workflow declares no output", "declare it, or expect facts"
        return
    for name, expected in case.expect.fields.items():
        if fault := field_fault(schema, name, expected):
            yield f"expects the field '{name}': {fault[0]}", fault[1]


def field_fault(schema: Mapping[str, Any], name: str, expected: ExpectedField) -> tuple[str, str] | None:
    """Return why no output of a sound schema can have a field as expected, with the next move; else None."""
    try:
        path = path_of(schema, name)
    except ValueError as error:
        what, _, move = str(error).partition("; ")
        return what, move
    if EACH in path or len(path) > _DEEPEST:
        return "it lies in a list or deeper than one section", f"expect '{path[0]}' as a whole"
    if expected.compare == "empty":
        return None
    declared = _declared(schema, path)
    kinds = _kinds(declared, schema)
    if _is_told_its_way(kinds, expected):
        return None
    found = misfits({name: _value(kinds, expected)}, {"properties": {name: declared}}, root=schema)
    told = "; ".join(one.removeprefix(f"{name}: ") for one in found)
    return (told, "expect a value that the schema allows") if told else None


def _declared(schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """Return the schema of a field that `path_of` found."""
    inside: Any = schema
    for part in path:
        inside = entry_of(inside, schema).schema.get("properties", {}).get(part, True)
    return inside


def _kinds(declared: Any, root: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the types that a field may have beside null, empty where any may be."""
    kinds = entry_of(declared, root).schema.get("type", ())
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def _is_told_its_way(kinds: tuple[str, ...], expected: ExpectedField) -> bool:
    """Return whether a right value may differ from the expected one, so that the schema says nothing of it.

    A text may state a number or a day in any notation, a number be off by its tolerance.
    """
    may_be_text = not kinds or "string" in kinds
    if expected.compare == "number":
        return may_be_text or (expected.tolerance > 0 and bool({"number", "integer"} & {*kinds}))
    return expected.compare == "date" and may_be_text


def _value(kinds: tuple[str, ...], expected: ExpectedField) -> Any:
    if not isinstance(expected.value, tuple):
        return expected.value
    is_alone = len(expected.value) == 1 and kinds and "array" not in kinds  # a plain value is a set of one
    return expected.value[0] if is_alone else [*expected.value]


def fields_of(output: Mapping[str, Any], before: Any, schema: Mapping[str, Any]) -> dict[str, ExpectedField]:
    """Return what a record makes a case expect: its values, and that what was taken out is not there.

    Lists of sections, and what lies deeper than one section, cannot be compared and are left out.
    """
    whole, old = _shallow(output), _shallow(before if isinstance(before, Mapping) else {})
    found = {name: _expected(value) for name, value in whole.items()}
    gone = {name for name, value in old.items() if _holds(value) and not _holds(whole.get(name))}
    found |= {name: ExpectedField(value="", compare="empty") for name in sorted(gone)}
    return {name: one for name, one in found.items() if one is not None and _is_declared(schema, name)}


def _shallow(output: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by name, those of a section as `section.name`."""
    found: dict[str, Any] = {}
    for name, value in output.items():
        inner = {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, Mapping) else None
        found |= {name: value} if inner is None else inner
    return found


def _holds(value: Any) -> bool:
    return value not in (None, "", [], {})


def _expected(value: Any) -> ExpectedField | None:
    if isinstance(value, list):
        is_plain = bool(value) and all(isinstance(one, str | int | float) for one in value)
        return ExpectedField(value=tuple(value), compare="set") if is_plain else None
    if not _holds(value) or isinstance(value, Mapping):
        return None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return ExpectedField(value=value, compare="number" if is_number else "exact")


def _is_declared(schema: Mapping[str, Any], name: str) -> bool:
    try:
        path = path_of(schema, name)
    except ValueError:
        return False
    return EACH not in path and len(path) <= _DEEPEST
