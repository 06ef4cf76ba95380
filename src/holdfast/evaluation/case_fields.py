"""Hold the fields that a case expects against the declared output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.domain.cases import Case, ExpectedField
from holdfast.schemas.citing import EACH, path_of

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
        try:
            path = path_of(schema, name)
        except ValueError as error:
            what, _, move = str(error).partition("; ")
            yield f"expects the field '{name}': {what}", move
            continue
        if EACH in path or len(path) > _DEEPEST:
            yield (
                f"expects the field '{name}', which lies in a list or deeper than one section",
                (f"expect '{path[0]}' as a whole"),
            )
        elif strange := _not_of_the_list(schema, path, expected):
            yield (
                f"expects '{strange[0]}' as the field '{name}'",
                f"the schema allows {', '.join(strange[1])}",
            )


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


def _not_of_the_list(
    schema: Mapping[str, Any], path: tuple[str, ...], expected: ExpectedField
) -> tuple[str, tuple[str, ...]] | None:
    """Return a value that the field's list of values does not have, with the list."""
    inside: Any = schema
    for part in path:
        inside = inside.get("properties", {}).get(part) if isinstance(inside, Mapping) else None
    if not isinstance(inside, Mapping) or "enum" not in inside or expected.compare != "exact":
        return None
    allowed = [str(one).strip().casefold() for one in inside["enum"]]
    if str(expected.value).strip().casefold() in allowed:
        return None
    return str(expected.value), tuple(map(str, inside["enum"]))
