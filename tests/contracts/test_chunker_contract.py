from __future__ import annotations

import pytest

from holdfast.protocols import Chunker
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.stages.chunking.settings import ChunkingSettings
from holdfast.testing.contracts.chunker import ChunkerContract
from holdfast.testing.fakes import FakeChunker


class TestSectionChunker(ChunkerContract):
    @pytest.fixture
    def part(self) -> Chunker:
        return SectionChunker()


class TestSectionChunkerWithSmallPieces(ChunkerContract):
    @pytest.fixture
    def part(self) -> Chunker:
        return SectionChunker(ChunkingSettings(size=200, overlap=50))


class TestSectionChunkerWithinTokens(ChunkerContract):
    @pytest.fixture
    def part(self) -> Chunker:
        return SectionChunker(count_tokens=lambda text: len(text) // 4, max_tokens=128)


class TestFakeChunker(ChunkerContract):
    @pytest.fixture
    def part(self) -> Chunker:
        return FakeChunker()
