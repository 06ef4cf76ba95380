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
