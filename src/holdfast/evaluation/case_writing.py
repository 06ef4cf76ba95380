"""Write golden cases into files that people keep: nothing else in them changes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from holdfast.declaring.editing import WIDEST, replace_text
from holdfast.declaring.file_bytes import MOST_BYTES, read_bytes
from holdfast.declaring.mistakes import Mistake, Unreadable, declaration_error
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.domain.cases import Case, Evidence, ExpectedField, Fact
from holdfast.domain.locators import Locator
from holdfast.errors import DeclarationError, UsageError
from holdfast.evaluation.case_files import WrittenField
from holdfast.evaluation.cases import ENDING, FOLDER, cases_in

MANY = 200
"""Cases from which on it is the size of a file that keeps it from being read."""
NAME = re.compile(r"[\w][\w .-]*(/[\w][\w .-]*)*")
WORD = re.compile(r"[^\W\d_](?:[\w ./=-]*[\w])?")
LINE = re.compile(r"[^\W\d_](?:(?:[\w ./=,;?!()'-]|:(?!\s))*[\w.?!)])?")
"""What is written without quotes: in brackets, and on a line of its own."""
NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
HELD = re.compile(r"\bheld:[ ]*(?:true|yes|on)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A file of cases as it is and as it would be; nothing is written yet."""

    folder: Path
    name: str
    """`golden/NAME.yaml`, relative to the workflow's folder."""
    before: bytes | None
    """None where there is no such file yet."""
    after: bytes
    cases: tuple[Case, ...]
    """Those that are new or changed, with the file and line that they get."""


def file_name(name: str) -> str:
    """Return `golden/NAME.yaml` for a name with or without folder and ending; raise UsageError for others."""
    bare = name.removeprefix(f"{FOLDER}/").removesuffix(ENDING)
    if not NAME.fullmatch(bare) or ".." in bare.split("/"):
        raise UsageError(f"{name!r} cannot name a file of cases", move="Write a plain name: --file from-runs")
    return f"{FOLDER}/{bare}{ENDING}"


def appended(folder: Path, name: str, cases: Sequence[Case]) -> Rewritten:
    """Return the file with the cases behind those it has; comments and layout stay as they are.

    Raises DeclarationError where the file has mistakes, or is written so that nothing can be put at its
    end (a list in brackets), and UsageError for a name that is none.
    """
    name = file_name(name)
    before = read_bytes(folder, name)
    old = _cases(before or b"", name) if _has_cases(before, name) else ()
    after = _with(before or b"", cases, name, is_first=not old)
    new = _checked(after, name, old, cases)
    return Rewritten(folder=folder, name=name, before=before, after=after, cases=new)


def confirmed_in_file(folder: Path, case: Case, *, confirmed: Case) -> Rewritten:
    """Return the case's file with `held: true` turned into the name of who confirmed it.

    Raises DeclarationError when the file has changed or its line cannot be changed by a tool.
    """
    before = read_bytes(folder, case.file) or b""
    old = _cases(before, case.file)
    position = next((at for at, one in enumerate(old) if one.id == case.id), -1)
    lines = before.decode("utf-8-sig").splitlines(keepends=True)
    if position >= 0:
        at = parse_yaml(before, name=case.file).line(("cases", position, "held")) - 1
        name = json.dumps(confirmed.confirmed_by, ensure_ascii=False)
        lines[at], count = HELD.subn(lambda _: f"confirmed_by: {name}", lines[at], count=2)
        after = "".join(lines).encode()
        wanted = [confirmed if at == position else one for at, one in enumerate(old)]
        if count == 1 and _same(_readable(after, case.file), wanted):
            return Rewritten(
                folder=folder, name=case.file, before=before, after=after, cases=(confirmed,)
            )  # fmt: skip
    raise DeclarationError(
        f"{case.file}: the case '{case.id}' cannot be confirmed by a tool",
        move=f"Take its `held: true` out and write confirmed_by: {confirmed.confirmed_by}",
    )


def changed_in_file(folder: Path, case: Case, *, changed: Case | None) -> Rewritten:
    """Return the case's file with the case as it is changed, or without it where there is None.

    Comments within the case go with what it said. Raises DeclarationError when the file has changed or
    cannot be changed by a tool.
    """
    before = read_bytes(folder, case.file) or b""
    old = _cases(before, case.file)
    position = next((at for at, one in enumerate(old) if one.id == case.id), -1)
    wanted = [one for one in old if one.id != case.id or changed is not None]
    if position >= 0 and _without_place(old[position]) == _without_place(case):
        text = before.decode("utf-8-sig")
        lines, starts = text.splitlines(keepends=True), parse_yaml(before, name=case.file)
        begin = starts.line(("cases", position)) - 1
        is_last = position + 1 == len(old)
        end = len(lines) if is_last else starts.line(("cases", position + 1)) - 1
        new = f"{_text(changed, _indent(text, case.file))}\n" if changed is not None else ""
        if changed is not None:
            wanted = [changed if at == position else one for at, one in enumerate(old)]
        after = "".join([*lines[:begin], new, *lines[end:]]).encode() if wanted else b""
        if _same(_readable(after, case.file) if wanted else (), wanted):
            made = (changed,) if changed is not None else ()
            return Rewritten(folder=folder, name=case.file, before=before, after=after, cases=made)
    raise DeclarationError(
        f"{case.file}: the case '{case.id}' cannot be changed by a tool",
        move=f"Change it in {case.file}.",
    )


def write(rewritten: Rewritten) -> None:
    """Write the file, or remove one that no case is left in.

    Raises DeclarationError, and leaves it, when it was changed since it was read.
    """
    file = rewritten.folder / rewritten.name
    if read_bytes(rewritten.folder, rewritten.name) != rewritten.before:
        raise DeclarationError(
            f"{rewritten.name} was changed meanwhile; it is as you left it", move="Run the command again."
        )
    if not rewritten.cases and not rewritten.after:
        file.unlink()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    if rewritten.before is None:
        file.touch(exist_ok=False)
    replace_text(file, rewritten.after.decode())


def _has_cases(data: bytes | None, name: str) -> bool:
    if data is None:
        return False
    try:
        return bool(parse_yaml(data, name=name).values.get("cases"))
    except Unreadable as error:
        raise declaration_error((error.mistake,)) from error


def _cases(data: bytes, name: str) -> tuple[Case, ...]:
    try:
        found = cases_in(data, name=name)
    except Unreadable as error:
        raise declaration_error((error.mistake,)) from error
    if isinstance(found, list):
        raise declaration_error(found)
    return found


def _readable(data: bytes, name: str) -> tuple[Case, ...]:
    try:
        return _cases(data, name)
    except DeclarationError:
        return ()


def _checked(after: bytes, name: str, old: Sequence[Case], new: Sequence[Case]) -> tuple[Case, ...]:
    """Return the new cases as they are read back; what was there has to be what it was."""
    found = _readable(after, name)
    if _same(found, [*old, *new]):
        return found[len(old) :]
    if len(after) > MOST_BYTES or len(found) < len(old) + len(new) > MANY:
        mistake = Mistake(file=name, what="is too large for more cases", move="name another with --file")
        raise declaration_error((mistake,))
    what = "is written so that no case can be put at its end"
    move = "write its cases as a list of `- id:` lines, or name another file with --file"
    raise declaration_error((Mistake(file=name, what=what, move=move),))


def _same(ones: Sequence[Case], others: Sequence[Case]) -> bool:
    return [_without_place(one) for one in ones] == [_without_place(one) for one in others]


def _without_place(case: Case) -> Case:
    evidence = tuple(replace(one, line=0) for one in case.expect.evidence)
    return replace(case, expect=replace(case.expect, evidence=evidence), file="", line=0)


def _with(data: bytes, cases: Sequence[Case], name: str, *, is_first: bool) -> bytes:
    text = data.decode("utf-8-sig")
    if text and not text.endswith("\n"):
        text += "\n"
    if is_first and "cases" not in parse_yaml(data, name=name).values:
        text += "cases:\n"
    indent = 2 if is_first else _indent(text, name)
    written = "\n".join(_text(case, indent) for case in cases)
    joined = text + ("" if is_first else "\n") + written
    if "\r\n" in text:
        joined = joined.replace("\r\n", "\n").replace("\n", "\r\n")
    return joined.encode()


def _indent(text: str, name: str) -> int:
    """Return the blanks in front of the dash of the first case."""
    line = parse_yaml(text.encode(), name=name).line(("cases", 0))
    written = text.splitlines()[line - 1]
    return len(written) - len(written.lstrip(" "))


def _text(case: Case, indent: int) -> str:
    yaml = YAML()
    yaml.width = WIDEST
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = io.StringIO(newline="")
    yaml.dump(_block({"cases": [_plain(case)]}), out)
    lines = out.getvalue().split("\n")[1:]
    return "\n".join(" " * indent + line[2:] if line else "" for line in lines)


def _plain(case: Case) -> dict[str, Any]:
    """Return a case as its file has it, without what is not said."""
    expect = case.expect
    wanted = {
        "outcome": expect.outcome,
        "answer": _long(expect.answer),
        "facts": _Flow([_fact(one) for one in expect.facts]),
        "must_not_state": _Flow([_quoted(one) for one in expect.must_not_state]),
        "evidence": [_evidence(one) for one in expect.evidence],
        "fields": {name: _field(one) for name, one in expect.fields.items()},
    }
    principal = {"user": case.principal.user, "groups": sorted(case.principal.groups)}
    said = {
        "kind": case.kind,
        "tags": _Flow(case.tags),
        "risk": case.risk,
        "cluster": case.cluster,
        "question": _long(case.question),
        "principal": _FlowMap(principal),
        "fields": _FlowMap({name: _quoted(value) for name, value in case.fields.items()}),
        "attachments": [{"name": one.name, "text": _long(one.text)} for one in case.attachments],
        "history": [{"speaker": one.speaker.value, "text": _long(one.text)} for one in case.history],
        "rests_on": [_quoted(one) for one in case.rests_on],
        "version": _quoted(case.version) if case.version else "",
        "held": case.held,
        "origin": case.origin,
        "run": _quoted(case.run) if case.run else "",
        "written_by": case.written_by,
        "confirmed_by": case.confirmed_by,
    }
    kept = {"id": case.id, **{key: value for key, value in said.items() if value}}
    # An attachment without a text and an empty list of groups are something that is said.
    return kept | {"expect": {key: value for key, value in wanted.items() if value}}


def _evidence(one: Evidence) -> dict[str, Any]:
    said = {
        "locator": _FlowMap(_locator(one.locator)),
        "keys": _FlowMap({name: _quoted(value) for name, value in one.keys.items()}),
    }
    return {"document": one.document, "quote": _quoted(one.quote)} | {k: v for k, v in said.items() if v}


def _locator(locator: Locator) -> dict[str, Any]:
    said = {
        "page": locator.page, "slide": locator.slide, "sheet": locator.sheet, "cells": locator.cells,
        "part": locator.part, "row": locator.row,
    }  # fmt: skip
    kept: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
    return kept | ({"heading": [_quoted(one) for one in locator.heading]} if locator.heading else {})


def _fact(fact: Fact) -> Any:
    if fact.number is None:
        return _quoted(fact.text)
    said = {"number": _number(fact.number), "unit": fact.unit, "tolerance": _number(fact.tolerance)}
    return {key: value for key, value in said.items() if key == "number" or value}


def _field(field: ExpectedField) -> Any:
    value = [*field.value] if isinstance(field.value, tuple) else field.value
    if not field.tolerance and WrittenField.model_validate({"value": value}).comparison == field.compare:
        return _Flow(value) if isinstance(value, list) else value
    if field.compare == "empty":
        return _FlowMap({"compare": "empty"})
    said = {"value": value, "compare": field.compare, "tolerance": _number(field.tolerance)}
    return _FlowMap({key: one for key, one in said.items() if key != "tolerance" or one})


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else value


class _Flow(list[Any]):
    """A list in brackets."""


class _FlowMap(dict[str, Any]):
    """A mapping in braces."""


def _quoted(text: str) -> str:
    quoted: str = DoubleQuotedScalarString(text)
    return quoted


def _long(text: str) -> str:
    """Return a text of several lines as a block of them, any other that is not plain in quotes."""
    is_plain = all(one.isprintable() or one == "\n" for one in text)
    if "\n" in text and is_plain and not any(line.startswith(" ") for line in text.split("\n")):
        block: str = LiteralScalarString(text)
        return block
    return text if is_plain and "\n" not in text else _quoted(text)


def _block(value: Any, *, in_flow: bool = False) -> Any:
    """Return plain values as the YAML writer wants them, with the style of each."""
    if isinstance(value, Mapping):
        in_flow = in_flow or isinstance(value, _FlowMap)
        pairs = ((_shown(key), _block(one, in_flow=in_flow)) for key, one in value.items())
        mapping = CommentedMap(pairs)
        if in_flow:
            mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list | tuple):
        in_flow = in_flow or isinstance(value, _Flow)
        sequence = CommentedSeq(_block(one, in_flow=in_flow) for one in value)
        if in_flow:
            sequence.fa.set_flow_style()
        return sequence
    return _shown(value, is_line=not in_flow) if type(value) is str else value


def _shown(text: str, *, is_line: bool = False) -> str:
    """Return a text in quotes unless everybody reads it as the text that it is; a line may hold more."""
    pattern = LINE if is_line else WORD
    return text if pattern.fullmatch(text) and text.casefold() not in NO_TEXT else _quoted(text)
