"""Every Python block in the documentation runs as it stands."""

from __future__ import annotations

import gc
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [
    pytest.param(
        block,
        id=f"{page.relative_to(ROOT)}#{number}",
        marks=[pytest.mark.long] if "examples/" in block else [],
    )
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8")), 1)
]


@pytest.fixture
def home(block: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where a block keeps its state: those of the example share one, so that it is read in once."""
    if "examples/" not in block:
        return tmp_path / "state"
    mine = tmp_path_factory.getbasetemp()
    return (mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine) / "state-of-the-example"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_the_documentation_runs(
    block: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, with names of its own: a process would first import all there is, each time.

    What a block leaves open would end with its process, and is searched for here, so that no other test is
    blamed for it.
    """
    monkeypatch.setenv("HOLDFAST_HOME", str(home))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "t"))
    monkeypatch.chdir(ROOT)
    exec(compile(block, "block", "exec"), {"__name__": "__main__"})
    gc.collect()
