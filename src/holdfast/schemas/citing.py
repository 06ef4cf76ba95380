"""Ask for citations beside the values of a schema's fields, and take the two apart again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from holdfast.schemas.optional import with_nulls
from holdfast.schemas.references import inlined, references_in

NO_ANSWER = "no_answer"
"""Field that is asked for before all others: whether the passages hold no answer."""
EACH = "*"
"""Stands in a path for every entry of a list."""
Path = tuple[str, ...]
Tree = dict[str, Any]
"""Paths as a tree: a name (or `*`) to what lies below it, an empty tree to a field that is cited."""
Schema = Mapping[str, Any]

_VALUE, _CITES = "value", "cites"


def cited_paths(schema: Schema, wanted: Sequence[str] | None) -> tuple[Path, ...]:
    """Return the paths of the named fields (`parts.torque` goes through lists), of all fields for None.

    Raises ValueError in words for a name that the schema does not have.
    """
    if wanted is None:
        return tuple(_leaves(schema, schema, (), frozenset()))
    return tuple(dict.fromkeys(path_of(schema, name) for name in wanted))


def asked(schema: Schema, paths: Sequence[Path]) -> dict[str, Any]:
    """Return the schema that a model is shown: `no_answer` first, cited fields as `{value, cites}`.

    A field that may be left out is asked for as well, and may be null: providers hold a model to a schema
    best when it names every field, and `optional.without_idle_nulls` takes the nulls out again.
    """
    whole = with_nulls(_with_own_root(schema))
    root = _cited(inlined(whole, whole), tree_of(paths), whole)
    first = {
        "type": "boolean",
        "description": "true when the passages do not hold what is asked for; the other fields then "
        "do not count",
    }
    made = root | {
        "properties": {NO_ANSWER: first, **root["properties"]},
        "required": [NO_ANSWER, *root.get("required", ())],
    }
    return {key: value for key, value in made.items() if key not in ("$schema", "$id")} | (
        {"$defs": whole["$defs"]} if whole.get("$defs") else {}
    )


def tree_of(paths: Sequence[Path]) -> Tree:
    """Return the paths as a tree."""
    tree: Tree = {}
    for path in paths:
        below = tree
        for name in path:
            below = below.setdefault(name, {})
    return tree


def apart(
    value: Mapping[str, Any], tree: Tree
) -> tuple[dict[str, Any], dict[str, tuple[int, ...]], list[str]]:
    """Return the plain object, the citation numbers by dotted path, and in words what is malformed.

    A null without citations needs none around it; a value without `{value, cites}` is malformed.
    """
    cites: dict[str, tuple[int, ...]] = {}
    problems: list[str] = []
    plain = {key: inner for key, inner in value.items() if key != NO_ANSWER}
    return _apart(plain, tree, "", cites, problems), cites, problems


def plain_so_far(value: Any, tree: Tree) -> Any:
    """Return a part of a reply in its plain shape; a cited value that has not begun is left out."""
    if isinstance(value, list) and EACH in tree:
        return [plain_so_far(one, tree[EACH]) for one in value if not _is_unbegun(one, tree[EACH])]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _opened(inner, tree[key]) if key in tree else inner
        for key, inner in value.items()
        if key not in tree or not _is_unbegun(inner, tree[key])
    }


def _opened(value: Any, tree: Tree) -> Any:
    return plain_so_far(value, tree) if tree else value.get(_VALUE) if isinstance(value, Mapping) else value


def _is_unbegun(value: Any, tree: Tree) -> bool:
    return not tree and isinstance(value, Mapping) and _VALUE not in value


def _apart(value: Any, tree: Tree, path: str, cites: dict[str, tuple[int, ...]], problems: list[str]) -> Any:
    if isinstance(value, list) and EACH in tree:
        return [
            _taken(one, tree[EACH], f"{path}.{at}".lstrip("."), cites, problems)
            for at, one in enumerate(value)
        ]
    if not isinstance(value, Mapping):
        return value
    return {
        key: _taken(inner, tree[key], f"{path}.{key}".lstrip("."), cites, problems) if key in tree else inner
        for key, inner in value.items()
    }


def _taken(value: Any, tree: Tree, path: str, cites: dict[str, tuple[int, ...]], problems: list[str]) -> Any:
    if tree:
        return _apart(value, tree, path, cites, problems)
    if value is None:
        cites[path] = ()
        return None
    if not isinstance(value, Mapping) or _VALUE not in value or not value.keys() <= {_VALUE, _CITES}:
        problems.append(f'{path}: is not of the form {{"value": ..., "cites": [1]}}')
        return value
    numbers = _numbers(value.get(_CITES, []))
    if numbers is None:
        problems.append(f"{path}.cites: is no list of passage numbers")
    cites[path] = numbers or ()
    return value[_VALUE]


_DIGITS = re.compile(r"\[?\s*(\d{1,4})\s*\]?\Z")


def _numbers(value: Any) -> tuple[int, ...] | None:
    """Return the numbers of `[1, 2]`, also where a model writes `["1"]`, `["[2]"]` or a lone 1."""
    found = []
    for one in value if isinstance(value, list) else [] if value is None else [value]:
        match = _DIGITS.match(str(one))
        if match is None or isinstance(one, bool):
            return None
        found.append(int(match[1]))
    return tuple(dict.fromkeys(found))


def _with_own_root(schema: Schema) -> dict[str, Any]:
    """Return the schema with references to itself led to a copy: its top is going to have other fields."""
    own = [one for one in references_in(schema) if not one.startswith("#/$defs/")]
    if not own:
        return dict(schema)
    name = "whole"
    while name in schema.get("$defs", {}):
        name += "_"
    target = f"#/$defs/{name}"
    copy = _led(dict(schema), target)
    inner = {key: value for key, value in copy.items() if key != "$defs"}
    return {**copy, "$defs": {**copy.get("$defs", {}), name: inner}}


def _led(value: Any, target: str) -> Any:
    if isinstance(value, list):
        return [_led(one, target) for one in value]
    if not isinstance(value, Mapping):
        return value
    made = {key: _led(one, target) for key, one in value.items()}
    reference = made.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#/$defs/"):
        made["$ref"] = target + reference.removeprefix("#")
    return made


def _cited(schema: Schema, tree: Tree, root: Schema) -> dict[str, Any]:
    made = inlined(root, schema)
    for name, below in tree.items():
        if name == EACH and "items" in made:
            made["items"] = _field(made["items"], below, root)
        elif "properties" in made and name in made["properties"]:
            made["properties"] = made["properties"] | {name: _field(made["properties"][name], below, root)}
    for forms in ("anyOf", "oneOf"):
        if forms in made and not {"properties", "items"} & made.keys():
            made[forms] = [
                _cited(one, tree, root) if _holds_fields(one, root) else one for one in made[forms]
            ]
    return made


def _field(schema: Any, tree: Tree, root: Schema) -> dict[str, Any]:
    if tree:
        return _cited(schema, tree, root)
    told = schema.get("description") if isinstance(schema, Mapping) else None
    numbers = {
        "type": "array",
        "items": {"type": "integer"},
        "description": "numbers of the passages that state the value; empty where it is null",
    }
    return ({"description": told} if told else {}) | {
        "type": "object",
        "properties": {_VALUE: schema, _CITES: numbers},
        "required": [_VALUE, _CITES],
        "additionalProperties": False,
    }


def _holds_fields(schema: Any, root: Schema) -> bool:
    return isinstance(schema, Mapping) and _inside(inlined(root, schema), root) is not None


def _inside(schema: Schema, root: Schema) -> Schema | None:
    """Return the schema in which the fields of an object, list or nullable one lie; None: a plain value."""
    if schema.get("properties"):
        return schema
    if isinstance(schema.get("items"), Mapping):
        return schema if _inside(inlined(root, schema["items"]), root) is not None else None
    forms = [one for keyword in ("anyOf", "oneOf") for one in schema.get(keyword, ())]
    deep = [inlined(root, one) for one in forms if isinstance(one, Mapping)]
    real = [one for one in deep if one.get("type") != "null"]
    return _inside(real[0], root) if len(real) == 1 and len(forms) > 1 else None


def _leaves(schema: Any, root: Schema, path: Path, above: frozenset[str]) -> Iterator[Path]:
    reference = schema.get("$ref", "") if isinstance(schema, Mapping) else ""
    if reference and reference in above:
        raise ValueError(
            f"`cite: all` has no end in a schema that holds itself ({reference}); name the fields to cite"
        )
    above |= {reference} if reference else frozenset()
    whole = inlined(root, schema) if isinstance(schema, Mapping) else {}
    if whole.get("properties"):
        for name, one in whole["properties"].items():
            yield from _leaves(one, root, (*path, name), above)
        return
    items = whole.get("items")
    if isinstance(items, Mapping):
        below = list(_leaves(items, root, (*path, EACH), above))
        if below != [(*path, EACH)]:
            yield from below
            return
    forms = [one for keyword in ("anyOf", "oneOf") for one in whole.get(keyword, ())]
    real = [one for one in forms if isinstance(one, Mapping) and one.get("type") != "null"]
    if len(real) == 1 and len(forms) > 1:
        yield from _leaves(real[0], root, path, above)
        return
    yield path


def path_of(schema: Schema, name: str) -> Path:
    """Return the path of a field named with dots; lists on the way are gone through.

    Raises ValueError in words: what is missing, then the nearest name.
    """
    path: Path = ()
    inside: Any = inlined(schema, schema)
    for part in name.split("."):
        while inside is not None and not inside.get("properties"):
            inside, path = inlined(schema, inside["items"]), (*path, EACH)
            inside = _inside(inside, schema)
        fields = inside["properties"] if inside is not None else {}
        if part not in fields:
            near = get_close_matches(part, fields, n=1)
            told = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(fields) or 'none'}"
            raise ValueError(f"the schema has no field '{name}'; {told}")
        path = (*path, part)
        inside = _inside(inlined(schema, fields[part]), schema) if isinstance(fields[part], Mapping) else None
    return path
