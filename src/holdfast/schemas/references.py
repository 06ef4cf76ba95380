"""Follow a schema's local references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]


def resolved(root: Any, reference: str) -> Any:
    """Return what `#`, `#/$defs/NAME` or another pointer into the same schema names; raise LookupError."""
    if not reference.startswith("#"):
        raise LookupError(reference)
    found = root
    for part in reference.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found[name]
        elif isinstance(found, list) and name.isdecimal():
            found = found[int(name)]
        else:
            raise LookupError(reference)
    return found


def inlined(root: Schema, schema: Schema) -> dict[str, Any]:
    """Return a schema with the reference that it begins with written out; its own keywords stay.

    Raises RecursionError when references lead in a circle.
    """
    seen: set[str] = set()
    found = dict(schema)
    while "$ref" in found:
        reference = str(found.pop("$ref"))
        if reference in seen:
            raise RecursionError(reference)
        seen.add(reference)
        target = resolved(root, reference)
        found = {**target, **found} if isinstance(target, Mapping) else found
    return found


def references_in(value: Any) -> Iterator[str]:
    """Yield every reference of a schema, in its order."""
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references_in(one)
