"""Run the loopback provider in a process of its own, as its command does."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A running provider."""

    openai_url: str
    anthropic_url: str

    def account(self) -> dict[str, Any]:
        """Return what it has sent so far."""
        with urllib.request.urlopen(f"{self.anthropic_url}/account") as response:
            return json.load(response)


@contextmanager
def serving(script: str) -> Iterator[Serving]:
    """Serve a script, given as YAML or JSON text, until the `with` block ends."""
    with tempfile.TemporaryDirectory(prefix="holdfast-serving-") as folder:
        file = Path(folder) / "script.yaml"
        file.write_text(script, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "holdfast", "testing", "provider", "--script", str(file)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            named = dict(process.stdout.readline().split() for _ in range(2))
            yield Serving(openai_url=named["openai"], anthropic_url=named["anthropic"])
        finally:
            process.terminate()
            process.wait(timeout=20)
            process.stdout.close()
