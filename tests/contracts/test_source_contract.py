from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.protocols import Source
from holdfast.stages.sources.files import FilesSource
from holdfast.testing.contracts.source import SourceContract
from holdfast.testing.fakes import FakeSource


class TestFilesSource(SourceContract):
    @pytest.fixture
    def part(self, tmp_path: Path) -> Source:
        for path in ("a.md", "manuals/b.txt", "manuals/deep/ü ß.txt", "Z.csv"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(f"text of {path}")
        (tmp_path / "permissions.yaml").write_text('"**": [everyone]\n')
        return FilesSource(tmp_path)


class TestFakeSource(SourceContract):
    @pytest.fixture
    def part(self) -> Source:
        return FakeSource({"a.md": "alpha", "b/c.md": "gamma"}, unlisted=())
