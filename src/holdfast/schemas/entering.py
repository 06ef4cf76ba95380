"""Turn what a person types for a schema's field into its value."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from holdfast.schemas.references import inlined

Kind = Literal["text", "number", "date", "choice", "lines", "section", "sections", "json"]
"""`lines`: a list of plain values, one on each; `sections`: a list of objects with declared fields."""
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")
_LONGEST_NUMBER = 100
_PLAIN = ("string", "integer", "number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How a value of one schema is entered."""

    kind: Kind
    schema: Mapping[str, Any]
    """The schema without references at its top and without the choice of null."""
    may_be_null: bool = False
    choices: Mapping[str, Any] | None = None
    """By what is shown, the value that is meant."""
    holds_numbers: bool = False
    """The entries of a list are numbers."""


class Unreadable(ValueError):
    """What was typed stands for no value; the message says why, in words."""


def entry_of(schema: Any, root: Mapping[str, Any]) -> Entry:
    """Return how values of a sound schema are entered; whatever has no plain form is entered as JSON."""
    plain, may_be_null = _plain(schema, root)
    choices = _choices(plain)
    kind: Kind = "choice" if choices else _kind(plain, root)
    items, _ = _plain(plain.get("items", True), root)
    return Entry(
        kind=kind, schema=plain, may_be_null=may_be_null, choices=choices,
        holds_numbers=_type(items) in ("integer", "number"),
    )  # fmt: skip


def typed_as(entry: Entry, value: Any) -> str | None:
    """Return a value as a person sees and types it; None where this way of entering cannot hold it."""
    if value is None:
        return ""
    shown: str | None = None
    match entry.kind:
        case "text" | "date" if isinstance(value, str):
            shown = value
        case "number" if isinstance(value, (int, float)) and not isinstance(value, bool):
            shown = json.dumps(value)
        case "choice":
            shown = next((text for text, one in (entry.choices or {}).items() if _is(one, value)), None)
        case "lines":
            shown = _lines(value)
        case "json":
            shown = json.dumps(value, ensure_ascii=False, indent=2)
    return shown


def entered(entry: Entry, text: str) -> Any:
    """Return the value that a text stands for, None for an empty one; raise Unreadable for no JSON.

    What is no number stays text, and what is no choice too: the schema says what is wrong with it.
    """
    typed = text.replace("\r\n", "\n")
    if not typed.strip():
        return None
    match entry.kind:
        case "number":
            return _number(typed)
        case "choice":
            return (entry.choices or {}).get(typed.strip(), typed)
        case "lines":
            read = _number if entry.holds_numbers else str.strip
            return [read(line) for line in typed.split("\n") if line.strip()]
        case "text" | "date":
            return typed.strip()
        case _:
            return _json(typed)


def _plain(schema: Any, root: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """Return a schema with its references followed and its one form beside null, and whether null may be."""
    if not isinstance(schema, Mapping):
        return {}, True
    try:
        found = inlined(root, schema)
    except RecursionError:
        return {}, True
    for keyword in ("anyOf", "oneOf"):
        forms = found.get(keyword, ())
        real = [one for one in forms if one != {"type": "null"}]
        if len(real) == 1 and len(forms) > 1:
            inner, _ = _plain(real[0], root)
            rest = {key: one for key, one in found.items() if key != keyword}
            return {**inner, **rest}, True
    kinds = found.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        real_kinds = [one for one in kinds if one != "null"]
        return {**found, "type": real_kinds[0] if len(real_kinds) == 1 else real_kinds}, True
    return found, not {"type", "enum", "const"} & found.keys() or None in found.get("enum", ())


def _choices(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if _type(schema) == "boolean":
        return {"true": True, "false": False}
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else []
    real = [one for one in values if one is not None]
    if not real or not all(isinstance(one, str | int | float) for one in real):
        return None
    shown = {one if isinstance(one, str) else json.dumps(one): one for one in real}
    # A choice that is blank, or that looks like another one, can only be told apart as JSON.
    is_clear = len(shown) == len(real) and all(one.strip() == one and one for one in shown)
    return shown if is_clear else None


def _kind(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Kind:
    if {"anyOf", "oneOf", "allOf", "enum", "const"} & schema.keys():
        return "json"
    kinds: Mapping[str, Kind] = {"string": "text", "integer": "number", "number": "number"}
    match _type(schema):
        case "string" if schema.get("format") == "date":
            return "date"
        case "object" if schema.get("properties"):
            return "section"
        case "array":
            items, may_be_null = _plain(schema.get("items", True), root)
            return "json" if may_be_null else _kind_of_list(items)
        case name:
            return kinds.get(name, "json")


def _kind_of_list(items: Mapping[str, Any]) -> Kind:
    if _type(items) == "object" and items.get("properties"):
        return "sections"
    return "lines" if _is_line(items) else "json"


def _is_line(items: Mapping[str, Any]) -> bool:
    return _type(items) in _PLAIN and not {"anyOf", "oneOf", "allOf"} & items.keys()


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "")
    return kind if isinstance(kind, str) else ""


def _lines(value: Any) -> str | None:
    """Return a list with an entry on each line, None where its entries would come back as others."""
    if not isinstance(value, list):
        return None
    shown = [one if isinstance(one, str) else json.dumps(one) for one in value]
    is_clear = all(one == one.strip() and one and len(one.splitlines()) == 1 for one in shown)
    return "\n".join(shown) if is_clear and shown else None


def _number(text: str) -> Any:
    typed = text.strip()
    is_number = len(typed) <= _LONGEST_NUMBER and NUMBER.fullmatch(typed)
    return json.loads(typed) if is_number and isfinite(float(typed)) else typed


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise Unreadable("is nested too deep to be read") from None
    except ValueError as error:
        why = getattr(error, "msg", str(error))
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(f"is no JSON ({why}{line})") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _is(one: Any, value: Any) -> bool:
    return bool(one == value) and isinstance(one, bool) == isinstance(value, bool)
