"""The reference of the Python interface names every field, its type and every error as the code has them."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

import holdfast
from holdfast import errors
from holdfast.domain.checks import Citation
from holdfast.domain.hits import Hit, Retrieved
from holdfast.domain.outcomes import KINDS
from holdfast.domain.runs import Run
from holdfast.domain.usage import Usage

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)` \| (?:`([^`]+)`|(\d+)) \| (.+) \|$", re.MULTILINE)
TOLD = (*KINDS, Run, Citation, Usage, Retrieved, Hit)


def rows(heading: str) -> dict[str, tuple[str, str]]:
    """Return type and words by name from the table under a heading."""
    found = re.search(rf"^##+ {heading}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"docs/python.md has no heading {heading}"
    return {name: (kind or code, words) for name, kind, code, words in ROW.findall(found[1])}


@pytest.mark.parametrize("told", TOLD, ids=lambda told: told.__name__)
def test_every_field_stands_in_the_reference_with_its_type(told: type) -> None:
    table = rows(told.__name__)
    assert {name: kind for name, (kind, _) in table.items()} == {
        field.name: str(field.type) for field in fields(told)
    }
    assert all(words.strip() for _, words in table.values())


def test_every_error_stands_in_the_reference_with_its_exit_code() -> None:
    table = {name: int(code) for name, (code, _) in rows("Errors").items()}
    assert table == {name: getattr(errors, name).exit_code for name in table}
    roots = set(errors.HoldfastError.__subclasses__())
    assert {one.__name__ for one in roots} <= set(table)


def test_the_package_lists_its_public_names_only() -> None:
    assert dir(holdfast) == sorted(holdfast.__all__)
    for name in dir(holdfast):
        assert f"`{name}`" in PAGE
        assert getattr(holdfast, name) is not None
