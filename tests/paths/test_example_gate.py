"""The example's golden cases gate this project, offline, against the baseline that is committed beside them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "engineering-support"


@pytest.mark.long
def test_the_example_is_not_worse_than_its_committed_baseline(tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLE, tmp_path / "work", ignore=shutil.ignore_patterns(".holdfast"))
    environment = os.environ | {"HOLDFAST_HOME": str(tmp_path / "home")}
    ended = subprocess.run(
        [sys.executable, "-m", "holdfast", "eval", str(folder), "--json"],
        capture_output=True, text=True, env=environment, check=False, timeout=110,
    )  # fmt: skip
    if "No embedding model" in ended.stderr:
        pytest.skip(
            "THE EXAMPLE'S GATE DID NOT RUN: its baseline was made with the embedding model, get it first"
        )
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["against"] == "golden/baseline.json"
    assert (ended.returncode, told["not_run"]) == (0, []), told["because"]
    assert told["result"] != "fail", told["because"]
