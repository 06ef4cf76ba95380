"""Small workflows for the paths from end to end, offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Make = Callable[..., Path]

DECLARATION = "name: desk\nembedding: {model: lsa}\nsources: [{files: documents}]\n"
DOCUMENTS = {
    "gland.md": "# Gland\n\nTighten the gland bolts of the HX-200 to 35 Nm.\n",
    "warranty.md": "# Warranty\n\nThe warranty of the HX-200 pump lasts 24 months from delivery.\n",
    "pricing/list.md": "# Price list\n\nThe HX-200 pump costs 1,940 EUR.\n",
    "permissions.yaml": '"**": [everyone]\n"pricing/**": [sales]\n',
}


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOLDFAST_TRUST_FILE", str(tmp_path / "trust.json"))


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return what writes a workflow: its declaration, more lines of it, and its documents."""

    def written(
        more: str = "", *, declaration: str = DECLARATION, documents: Mapping[str, str | bytes] = DOCUMENTS
    ) -> Path:
        folder = tmp_path / "work"
        (folder / "documents").mkdir(parents=True, exist_ok=True)
        (folder / "workflow.yaml").write_text(declaration + more, encoding="utf-8")
        for name, content in documents.items():
            path = folder / "documents" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return written
