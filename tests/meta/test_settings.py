"""Every key that a declaration accepts is read by the code that it is for."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.settings import Settings
from holdfast.stages.guardrails.pii_patterns import FINDERS
from holdfast.workflow import Workflow
from holdfast.workspace import Workspace

SOURCE = Path(__file__).resolve().parents[2] / "src" / "holdfast"
FOR_PEOPLE = {"Charter.inputs", "Charter.systems", "Charter.expensive_mistakes", "Charter.measure"}
"""Keys that say what the work is; no code decides by them."""

BY_KIND = {f"PiiSettings.{kind}" for kind in (*FINDERS, "phone")}
"""Keys that are the name of what is found."""


def sections() -> list[type[Settings]]:
    found: dict[type[Settings], None] = {}
    waiting: list[type[Settings]] = [Workflow, Workspace]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting += [inner for field in one.model_fields.values() for inner in _inside(field.annotation)]
    return sorted(found, key=lambda one: one.__name__)


def _inside(annotation: object) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and not typing.get_args(annotation) and issubclass(annotation, Settings):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from _inside(inner)


READ = {path: path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}


@pytest.mark.parametrize("section", sections(), ids=lambda one: one.__name__)
def test_every_key_of_a_section_is_read(section: type[Settings]) -> None:
    own = Path(inspect.getfile(section)).resolve()
    methods = inspect.getsource(section).partition("def ")[2]
    unread = {
        f"{section.__name__}.{key}"
        for key in section.model_fields
        if not re.search(rf"\bself\.{key}\b", methods)
        and not any(re.search(rf"\.{key}\b", text) for path, text in READ.items() if path.resolve() != own)
    }
    assert unread - FOR_PEOPLE - BY_KIND == set()
