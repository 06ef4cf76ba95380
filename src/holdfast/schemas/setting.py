"""Change single fields of an object, named by their paths."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from holdfast.schemas.entering import Entry, Unreadable, entered, entry_of

NOTHING = (None, "")
"""What an empty text leaves as it was."""
_MOST_ENTRIES = 1_000


def with_fields(output: Mapping[str, Any], schema: Mapping[str, Any], typed: Mapping[str, str]) -> Any:
    """Return a copy of an object of this schema with fields (`parts.0.torque`) as they were typed.

    A list of plain values is typed as JSON or with an entry on each line; the place behind the last entry
    adds one. An empty text leaves the field without a value. Raises Unreadable, the path first, for a field
    that there is not and for what is no JSON.
    """
    made = deepcopy(dict(output))
    for path, text in typed.items():
        _set(made, schema, schema, path.split("."), path, text)
    return made


def set_field(holder: dict[str, Any], name: str, value: Any, entry: Entry) -> None:
    """Put a value into an object; None takes the field's value out, as null where null may be there."""
    if value is not None:
        holder[name] = value
    elif name in holder and holder[name] not in NOTHING:
        if entry.may_be_null:
            holder[name] = None
        else:
            del holder[name]


def _set(inside: Any, schema: Any, root: Mapping[str, Any], parts: list[str], path: str, text: str) -> None:
    entry, name = entry_of(schema, root), parts[0]
    if isinstance(inside, list) or entry.kind == "sections":
        _set_entry(inside, entry, root, parts, path, text)
        return
    fields = entry.schema.get("properties", {})
    if ".".join(parts) in fields:
        name = ".".join(parts)
        parts = [name]
    if name not in fields and (not isinstance(inside, Mapping) or name not in inside):
        near = get_close_matches(name, fields, n=1)
        told = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(fields) or 'none'}"
        raise Unreadable(f"{path}: there is no such field; {told}")
    below = fields.get(name, True)
    if len(parts) == 1:
        own = entry_of(below, root)
        own = own if name in fields else replace(own, may_be_null=False)
        set_field(inside, name, _read(own, path, text), own)
        return
    if not isinstance(inside.get(name), (dict, list)):
        kind = entry_of(below, root).kind
        if kind not in ("section", "sections", "lines"):
            raise Unreadable(f"{path}: {name} is one value and has no fields")
        inside[name] = {} if kind == "section" else []
    _set(inside[name], below, root, parts[1:], path, text)


def _set_entry(
    entries: list[Any], entry: Entry, root: Mapping[str, Any], parts: list[str], path: str, text: str
) -> None:
    at = int(parts[0]) if parts[0].isdecimal() and len(parts[0]) < len(str(_MOST_ENTRIES)) else -1
    if not 0 <= at <= len(entries):
        raise Unreadable(f"{path}: the list has {len(entries)} entries, counted from 0")
    items = entry.schema.get("items", True)
    if len(parts) == 1:
        value = _read(entry_of(items, root), path, text)
        entries[at : at + 1] = [] if value is None else [value]
        return
    if at == len(entries):
        entries.append({})
    _set(entries[at], items, root, parts[1:], path, text)


def _read(entry: Entry, path: str, text: str) -> Any:
    if entry.kind == "lines" and text.lstrip().startswith("["):
        entry = replace(entry, kind="json")
    try:
        return entered(entry, text)
    except Unreadable as error:
        raise Unreadable(f"{path}: {error}") from None
