from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.protocols import IndexWriter
from holdfast.testing.contracts.index_writer import IndexWriterContract
from holdfast.testing.contracts.library import EMBEDDER
from holdfast.testing.fakes import FakeIndexWriter
from holdfast.testing.indexes import LocalRig


class TestLocalIndexWriter(IndexWriterContract):
    @pytest.fixture
    def part(self, tmp_path: Path) -> Iterator[IndexWriter]:
        with LocalRig(tmp_path, embedder=EMBEDDER) as rig:
            yield rig.writer()


class TestFakeIndexWriter(IndexWriterContract):
    @pytest.fixture
    def part(self) -> IndexWriter:
        return FakeIndexWriter()
