"""A small declared folder whose papers are not for everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Make = Callable[..., Path]

DECLARATION = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents}]\n"
RULES = '"**": [everyone]\n"pricing/**": [sales]\n"pricing/kim.md": ["user:kim"]\n"drafts/**": []\n'
DOCUMENTS = {
    "gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    "warranty.md": "# Warranty\n\nThe warranty of the HX-200 pump lasts 24 months from delivery.\n",
    "pricing/list.md": "# Price list\n\nThe HX-200 pump costs 1,940 EUR.\n",
    "pricing/kim.md": "# Rebate\n\nThe rebate of Ostrand is 12 percent on every HX-200 pump.\n",
    "drafts/plan.md": "# Plan\n\nThe HX-200 pump ends in 2031, by a plan that nobody may read.\n",
}


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what writes a declared folder: its rules (None: no permissions.yaml) and its papers."""

    def written(
        rules: str | None = RULES,
        *,
        documents: Mapping[str, str] = DOCUMENTS,
        declaration: str = DECLARATION,
    ) -> Path:
        folder = write(tmp_path / "work", {"workflow.yaml": declaration})
        write(folder / "documents", documents)
        if rules is not None:
            (folder / "documents" / "permissions.yaml").write_text(rules)
        return folder

    return written
