from __future__ import annotations

import pytest

from holdfast.protocols import Retriever
from holdfast.stages.retrieval.hybrid import HybridRetriever
from holdfast.stages.retrieval.settings import RetrievalSettings
from holdfast.testing.contracts.library import EMBEDDER
from holdfast.testing.contracts.retriever import RetrieverContract
from holdfast.testing.indexes import LocalRig


class TestHybridRetriever(RetrieverContract):
    @pytest.fixture
    def part(self, filled_rig: LocalRig) -> Retriever:
        return HybridRetriever(filled_rig.index, EMBEDDER, RetrievalSettings())
