"""Every Python block in the documentation runs as it stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
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


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_the_documentation_runs(block: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "HOLDFAST_HOME": str(tmp_path / "state"),
        "HOLDFAST_TRUST_FILE": str(tmp_path / "t"),
    }
    ended = subprocess.run(
        [sys.executable, "-c", block], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr[-2000:]
