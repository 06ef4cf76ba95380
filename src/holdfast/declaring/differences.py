"""Say in words how two declarations differ, prompts included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from holdfast.declaring.prompt_files import prompt_files

NOT_SET = "not set"
_NAMES = ("name", "model", "files", "use")
"""Keys that tell an entry of a list, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting, entry or file that differs."""

    place: str
    """`retrieval.k`, `generation.rungs[gpt-4o].model`, `prompts/system.md`."""
    before: str
    now: str
    says: str = ""
    """What the setting is, as the declaration's own description has it."""
    lines: tuple[str, ...] = ()
    """A unified difference, for files."""

    def __str__(self) -> str:
        what = f" ({self.says})" if self.says else ""
        if self.lines:
            added = sum(line.startswith("+") for line in self.lines)
            gone = sum(line.startswith("-") for line in self.lines)
            return f"{self.place}: {added} lines added, {gone} taken out"
        return f"{self.place}: {self.before} -> {self.now}{what}"


def setting_changes(before: BaseModel, now: BaseModel, place: str = "") -> Iterator[Change]:
    """Yield every setting that differs, in the order in which the declaration describes them."""
    for name, field in type(now).model_fields.items():
        there, here = getattr(before, name), getattr(now, name)
        if there == here:
            continue
        inner, says = f"{place}.{name}".lstrip("."), (field.description or "").rstrip(".")
        if isinstance(there, BaseModel) and isinstance(here, BaseModel) and type(there) is type(here):
            yield from setting_changes(there, here, inner)
        elif _are_lists_of_models(there, here):
            yield from _entries(there, here, inner)
        else:
            yield Change(place=inner, before=_shown(there), now=_shown(here), says=says)


def prompt_changes(before: Path, now: Path) -> Iterator[Change]:
    """Yield every file of `prompts/` that was added, taken out or changed between two folders."""
    there, here = prompt_files(before), prompt_files(now)
    for name in sorted(there.keys() | here.keys()):
        old = _text(there.get(name))
        new = _text(here.get(name))
        if old == new:
            continue
        lines = unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=1)
        changed = tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))
        is_there, is_here = ("there" if name in files else "no such file" for files in (there, here))
        yield Change(place=f"prompts/{name}", before=is_there, now=is_here, lines=changed)


def _are_lists_of_models(there: Any, here: Any) -> bool:
    both = (there, here)
    return all(isinstance(one, (list, tuple)) for one in both) and all(
        isinstance(entry, BaseModel) for one in both for entry in one
    )


def _entries(there: Sequence[BaseModel], here: Sequence[BaseModel], place: str) -> Iterator[Change]:
    """Yield the changes of a list whose entries are told apart by their names."""
    old, new = _named(there), _named(here)
    for name in dict.fromkeys((*old, *new)):
        inner = f"{place}[{name}]"
        if name not in new:
            yield Change(place=inner, before=_shown(old[name]), now="taken out")
        elif name not in old:
            yield Change(place=inner, before="was not there", now=_shown(new[name]))
        elif old[name] != new[name]:
            yield from setting_changes(old[name], new[name], inner)
    order = [name for name in old if name in new], [name for name in new if name in old]
    if order[0] != order[1]:
        yield Change(place=place, before=f"in the order {', '.join(order[0])}", now=", ".join(order[1]))


def _named(entries: Sequence[BaseModel]) -> dict[str, BaseModel]:
    found: dict[str, BaseModel] = {}
    for number, entry in enumerate(entries):
        name = next((str(value) for key in _NAMES if (value := getattr(entry, key, ""))), str(number))
        found[name if name not in found else f"{name} {number}"] = entry
    return found


def _shown(value: Any) -> str:
    if value is None or value in ("", (), [], {}):
        return NOT_SET
    if isinstance(value, BaseModel):
        return json.dumps(value.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (str, int, float)):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=str)


def _text(file: Path | None) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file is not None else ""
