"""The real command over a small declared folder, synced once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from holdfast.cli.main import app

QUESTION = "How tight are the gland bolts of the HX-200?"
DECLARATION = """\
name: desk
embedding: {model: lsa}
sources:
  - files: documents
deciding:
  rules:
    - name: personal-harm
      when: any_word('injury', 'injured')
      then: escalate
      to: product-safety
      because: A report in which a person was harmed goes to product safety.
    - name: large-claim
      when: fields.claim_eur > 10000
      then: escalate
      to: commercial-desk
      because: Claims above 10,000 EUR are decided by the commercial desk.
  routes:
    product-safety: {contact: safety@example.com}
    commercial-desk: {contact: commercial@example.com}
"""
DOCUMENTS = {
    "documents/gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    "documents/warranty.md": "# Warranty\n\nThe warranty of the HX-200 pump lasts 24 months from delivery.\n",
    "documents/pricing/list.md": "# Price list\n\nThe HX-200 pump costs 1,940 EUR.\n",
    "documents/pricing/kim.md": "# Rebate\n\nThe rebate of Ostrand is 12 percent on every HX-200 pump.\n",
    "documents/permissions.yaml": '"**": [everyone]\n"pricing/**": [sales]\n"pricing/kim.md": ["user:kim"]\n',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Return the last line of stdout."""
        return json.loads(self.stdout.splitlines()[-1])

    @property
    def lines(self) -> list[Any]:
        """Return every line of stdout."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def says(self, *words: str) -> bool:
        """Return whether stderr is one clear message that holds the words."""
        is_clear = "Traceback" not in self.stderr and "should not have happened" not in self.stderr
        return is_clear and all(word in self.stderr for word in words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdfast:
    """The command, in this process or in one of its own, with its state under the test's folder."""

    environment: Mapping[str, str]

    def __call__(self, *words: str | Path, stdin: str | None = None) -> Ended:
        """Run it in this process."""
        result = CliRunner().invoke(
            app, [str(word) for word in words], env=dict(self.environment), input=stdin, prog_name="holdfast"
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(exit_code=result.exit_code, stdout=result.stdout, stderr=result.stderr)

    def start(self, *words: str | Path, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Start it as a process, in a group of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "holdfast", *map(str, words)],
            cwd=cwd, env=os.environ | self.environment, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def process(self, *words: str | Path, cwd: Path | None = None) -> Ended:
        """Run it as a process to its end."""
        process = self.start(*words, cwd=cwd)
        out, err = process.communicate(timeout=60)
        return Ended(exit_code=process.returncode, stdout=out, stderr=err)


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def command_for(folder: Path) -> Holdfast:
    return Holdfast(
        environment={
            "HOLDFAST_HOME": str(folder / "home"),
            "HOLDFAST_TRUST_FILE": str(folder / "trust.json"),
            "HOLDFAST_DEBUG": "",
            "TERM": "dumb",
            "COLUMNS": "200",
        }
    )


@pytest.fixture
def holdfast(tmp_path: Path) -> Holdfast:
    """Return the command with a state of the test's own."""
    return command_for(tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A declared folder that was synced."""

    folder: Path
    holdfast: Holdfast
    first_sync: Ended


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return a declared folder, synced once; tests leave its documents as they are."""
    root = tmp_path_factory.mktemp("desk")
    folder = write(root / "work", {"workflow.yaml": DECLARATION, **DOCUMENTS})
    command = command_for(root)
    return Desk(folder=folder, holdfast=command, first_sync=command("sync", folder, "--json"))


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Return a declared folder of the test's own, not synced."""
    return write(tmp_path / "own", {"workflow.yaml": DECLARATION, **DOCUMENTS})
