"""What the linters cannot say: the shape of files, names and pages."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "holdfast"
MODULES = sorted(SOURCE.rglob("*.py"))
PACKAGES = sorted({path.parent for path in MODULES})
STAGES = sorted(path.name for path in (SOURCE / "stages").iterdir() if (path / "__init__.py").exists())
LONGEST_FILE = 400
LONGEST_FUNCTION = 60
EMPTY_NAMES = re.compile(r"^_?(utils?|helpers?|common|misc|base|core|managers?)\.py$")


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return name_of(self.path)

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@pytest.fixture(scope="module", params=PACKAGES, ids=name_of)
def modules(request: pytest.FixtureRequest) -> list[Module]:
    """One package's modules, read once for all that is asked of them."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(request.param.glob("*.py"))}
    return [Module(path=path, text=text, tree=ast.parse(text)) for path, text in texts.items()]


def test_every_file_opens_with_one_sentence_and_ends_in_time(modules: list[Module]) -> None:
    for module in modules:
        docstring = ast.get_docstring(module.tree)
        assert docstring, f"{module.name} says nothing of itself"
        first = docstring.splitlines()[0]
        assert first.endswith((".", ":")), f"{module.name} does not open with a whole sentence: {first}"
        assert module.text.count("\n") <= LONGEST_FILE, f"{module.name} is a wall; is it still one idea?"
        assert not EMPTY_NAMES.match(module.path.name), f"{module.name} has a name that says nothing"


def test_no_function_is_longer_than_a_screen(modules: list[Module]) -> None:
    long = [
        f"{module.name}: {node.name} ({node.end_lineno - node.lineno} lines)"
        for module in modules
        for node in module.functions()
        if node.end_lineno is not None
        and node.end_lineno - node.lineno > LONGEST_FUNCTION
        and "migrations" not in module.path.parts
    ]
    assert not long, long


def test_our_own_package_is_imported_at_the_top(modules: list[Module]) -> None:
    for module in modules:
        for node in module.functions():
            inner = [one for one in ast.walk(node) if isinstance(one, ast.ImportFrom)]
            ours = [one.module for one in inner if (one.module or "").startswith("holdfast")]
            assert not ours, f"{module.name}: {node.name} imports {ours}; use loading.load or the top"


def test_the_packages_hold_every_module() -> None:
    assert sum(len(list(package.glob("*.py"))) for package in PACKAGES) == len(MODULES) > 0


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
