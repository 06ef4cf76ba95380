"""What the linters cannot say: the shape of files, names and pages."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "holdfast"
MODULES = sorted(SOURCE.rglob("*.py"))
STAGES = sorted(path.name for path in (SOURCE / "stages").iterdir() if (path / "__init__.py").exists())
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
EMPTY_NAMES = re.compile(r"^_?(utils?|helpers?|common|misc|base|core|managers?)\.py$")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_opens_with_one_sentence_and_ends_in_time(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, f"{name_of(path)} says nothing of itself"
    first = docstring.splitlines()[0]
    assert first.endswith((".", ":")), f"{name_of(path)} does not open with a whole sentence: {first}"
    assert text.count("\n") <= LONGEST_FILE, f"{name_of(path)} is a wall; is it still one idea?"
    assert not EMPTY_NAMES.match(path.name), f"{name_of(path)} has a name that says nothing"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_function_is_longer_than_a_screen(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    long = [
        f"{node.name} ({node.end_lineno - node.lineno} lines)"
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno > LONGEST_FUNCTION
        and "migrations" not in path.parts
    ]
    assert not long, f"{name_of(path)}: {long}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_our_own_package_is_imported_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [one for one in ast.walk(node) if isinstance(one, ast.ImportFrom)]
            ours = [one.module for one in inner if (one.module or "").startswith("holdfast")]
            assert not ours, f"{name_of(path)}: {node.name} imports {ours}; use loading.load or the top"


def test_tests_use_fakes_and_no_mocks() -> None:
    for path in (ROOT / "tests").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            name
            for node in ast.walk(tree)
            for name in (
                [node.module or ""] if isinstance(node, ast.ImportFrom)
                else [alias.name for alias in node.names] if isinstance(node, ast.Import)
                else []
            )
        }  # fmt: skip
        assert not any(name.startswith(("unittest.mock", "mock")) for name in imported), name_of(path)


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_page_with_its_failure_table(stage: str) -> None:
    page = ROOT / "docs" / "stages" / f"{stage}.md"
    assert page.exists(), f"docs/stages/{stage}.md is missing"
    text = page.read_text(encoding="utf-8").lower()
    header = next((line for line in text.splitlines() if line.startswith("|") and "noticed" in line), "")
    assert all(word in header for word in ("failure", "noticed", "mitigation", "metric", "test")), (
        f"docs/stages/{stage}.md has no table: failure mode, how it is noticed, mitigation, metric, test"
    )


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_tests_under_its_own_name(stage: str) -> None:
    assert list((ROOT / "tests" / "stages" / stage).glob("test_*.py")), f"tests/stages/{stage} is empty"


def test_no_registry_is_named_in_a_lock() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(encoding="utf-8")


def test_every_dependency_has_its_line_of_reason() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [one for group in declared["optional-dependencies"].values() for one in group]
    reasons = (ROOT / "docs" / "decisions" / "dependencies.md").read_text(encoding="utf-8")
    for dependency in declared["dependencies"] + extras:
        name = re.split(r"[\[<>=~! ]", dependency)[0]
        assert name in reasons, f"{name} has no line in docs/decisions/dependencies.md"


def test_agents_md_names_every_package() -> None:
    text = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
    for path in SOURCE.iterdir():
        if (path / "__init__.py").exists():
            assert f"`{path.name}/" in text, f"AGENTS.md says nothing of {path.name}/"


def test_the_readme_stays_short_and_runs_early() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120
    assert any(line.startswith("$ make run") for line in lines[:30])
