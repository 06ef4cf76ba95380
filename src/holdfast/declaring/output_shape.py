"""Read the JSON Schema of a declared output, from the declaration or from its own file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from holdfast.declaring.mistakes import Mistake, Unreadable
from holdfast.declaring.yaml_text import Place, YamlText, parse_yaml
from holdfast.schemas.citing import NO_ANSWER, cited_paths
from holdfast.schemas.references import inlined
from holdfast.schemas.supported import faults_in

ENDINGS = (".json", ".yaml", ".yml")
SECTION: Place = ("output", "schema")


def schema_of_file(
    name: str, data: bytes | None, *, file: str, line: int
) -> tuple[dict[str, Any], YamlText | None]:
    """Return the schema in a file and, for YAML, the lines of its keys; raise Unreadable.

    `file` and `line` say where the declaration names it.
    """
    if PurePosixPath(name).suffix not in ENDINGS or PurePosixPath(name).is_absolute():
        what = f"output.schema names {name}, which is no .json or .yaml file of this folder"
        raise Unreadable(Mistake(file=file, line=line, what=what, move="name one, or write the schema here"))
    if data is None:
        what = f"output.schema names {name}, which does not exist"
        raise Unreadable(Mistake(file=file, line=line, what=what, move="write it beside workflow.yaml"))
    if not name.endswith(".json"):
        text = parse_yaml(data, name=name)
        return text.values, text
    try:
        schema = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        at = getattr(error, "lineno", 0)
        what = f"is not JSON ({getattr(error, 'msg', type(error).__name__)})"
        raise Unreadable(Mistake(file=name, line=at, what=what, move="correct it")) from None
    if not isinstance(schema, dict):
        raise Unreadable(Mistake(file=name, what="is no JSON object", move="write a schema of an object"))
    return schema, None


def shape_mistakes(
    schema: Mapping[str, Any],
    cite: Sequence[str] | None,
    text: YamlText,
    *,
    file: str,
    own: tuple[str, YamlText | None] | None = None,
) -> list[Mistake]:
    """Return what is wrong with the schema or with the fields to cite, with the line where it is known.

    `own` names the file that the schema stands in, and its lines, when it is not the declaration.
    """
    named, lines = own or (file, text)
    above = () if own else SECTION

    def at(place: Place) -> int:
        return lines.line((*above, *place)) if lines else 0

    found = [
        Mistake(file=named, line=at(fault.place), what=f"output.schema: {fault.what}", move=fault.move)
        for fault in faults_in(schema)
    ]
    if found:
        return found
    if NO_ANSWER in inlined(schema, schema)["properties"]:
        what = f"output.schema: the field {NO_ANSWER} is Holdfast's own"
        return [
            Mistake(file=named, line=at(("properties", NO_ANSWER)), what=what, move="give it another name")
        ]
    try:
        cited_paths(schema, cite)
    except ValueError as error:
        return [Mistake(file=file, line=text.line(("output", "cite")), what=f"output.cite: {error}")]
    return []
