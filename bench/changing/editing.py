"""Change a copy of a workflow's folder."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from holdfast.workflow import set_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change and what it is."""

    name: str
    is_harmful: bool
    make: Callable[[Path], None]
    """Changes the folder it is given."""
    asks_a_model: bool = False
    """Whether the change shows with a model only; the others run offline, with the extractive answerer."""


def setting(key: str, value: Any) -> Callable[[Path], None]:
    """Return what declares a value (`retrieval.k`, 30)."""
    return lambda folder: set_value(folder / "workflow.yaml", key, value)


def in_file(path: str, pattern: str, by: str) -> Callable[[Path], None]:
    """Return what replaces a pattern in a text file of the folder; raises ValueError where it is not found."""

    def make(folder: Path) -> None:
        file = folder / path
        text, count = re.subn(pattern, by, file.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        if not count:
            raise ValueError(f"{path} has nothing like {pattern!r}; the change would change nothing")
        file.write_text(text, "utf-8")

    return make


def template(name: str, pattern: str, by: str) -> Callable[[Path], None]:
    """Return what puts Holdfast's own template into `prompts/`, with a pattern replaced."""
    change = in_file(f"prompts/{name}", pattern, by)

    def make(folder: Path) -> None:
        own = files("holdfast.stages.assembly").joinpath("templates", name).read_text("utf-8")
        (folder / "prompts").mkdir(exist_ok=True)
        (folder / "prompts" / name).write_text(own, "utf-8")
        change(folder)

    return make


def on_rungs(**values: Any) -> Callable[[Path], None]:
    """Return what sets values of every declared rung."""

    def make(folder: Path) -> None:
        rungs = YAML(typ="safe").load(folder / "workflow.yaml")["generation"]["rungs"]
        set_value(folder / "workflow.yaml", "generation.rungs", [one | values for one in rungs])

    return make


def reordered(folder: Path) -> None:
    """Turn round the order of the declaration's keys, comments lost."""
    yaml = YAML(typ="safe")
    yaml.default_flow_style = False
    declared = yaml.load(folder / "workflow.yaml")
    with (folder / "workflow.yaml").open("w", encoding="utf-8") as file:
        yaml.dump(dict(reversed(declared.items())), file)


def each_document(pattern: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    """Return what changes the bytes of all documents of a pattern (`**/*.docx`)."""

    def make(folder: Path) -> None:
        for file in sorted((folder / "documents").glob(pattern)):
            file.write_bytes(change(file.read_bytes()))

    return make


def zipped_again(data: bytes) -> bytes:
    """Return an Office file as saved once more: the same parts, other times, other compression."""
    made = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new:
        for one in old.infolist():
            new.writestr(zipfile.ZipInfo(one.filename, (2026, 1, 5, 8, 30, 0)), old.read(one))
    return made.getvalue()


def renamed(before: str, after: str) -> Callable[[Path], None]:
    """Return what renames a document, in the golden cases too."""

    def make(folder: Path) -> None:
        (folder / "documents" / before).rename(folder / "documents" / after)
        for file in (folder / "golden").glob("*.yaml"):
            file.write_text(file.read_text("utf-8").replace(before, after), "utf-8")

    return make
