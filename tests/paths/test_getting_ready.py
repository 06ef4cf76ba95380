"""What the first item would wait for is loaded before it comes, and nothing that is not declared."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("httpx2", reason="the extra `providers` is not installed")

READY = """
import asyncio, sys
from pathlib import Path
from holdfast.asking import get_ready
from holdfast.wire import wire

wiring = wire(Path(sys.argv[1]))
asyncio.run(get_ready(wiring))
print("holdfast.stages.generation.openai_direct" in sys.modules)
wiring.close()
"""
RUNG = "generation: {rungs: [{provider: openai, model: m, base_url: 'http://127.0.0.1:9/v1'}]}\n"


@pytest.mark.parametrize(("rung", "told"), [(RUNG, "True"), ("", "False")])
def test_the_client_of_a_declared_provider_is_loaded_before_the_first_item(
    tmp_path: Path, rung: str, told: str
) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "workflow.yaml").write_text(
        f"sources: [{{files: documents}}]\nembedding: {{model: lsa}}\n{rung}"
    )
    ended = subprocess.run(
        [sys.executable, "-c", READY, str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.stdout.strip(), ended.returncode) == (told, 0), ended.stderr
