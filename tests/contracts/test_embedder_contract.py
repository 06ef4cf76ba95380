from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.protocols import Embedder, Fittable
from holdfast.stages.embedding.batching import JoiningEmbedder
from holdfast.stages.embedding.endpoint import EndpointEmbedder
from holdfast.stages.embedding.graphs import built_graph
from holdfast.stages.embedding.lsa import LsaEmbedder
from holdfast.stages.embedding.minilm import minilm
from holdfast.stages.embedding.model_cache import models_folder
from holdfast.stages.embedding.model_files import model_files
from holdfast.stages.embedding.settings import EndpointSettings, LsaSettings
from holdfast.testing.contracts.embedder import EmbedderContract, FittableContract
from holdfast.testing.contracts.samples import ORDINARY_TEXTS, TORQUES
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.embedding_server import EmbeddingServer


@pytest.fixture(scope="module")
def mini() -> Embedder:
    folder = model_files(models_folder())
    graph = built_graph(folder, "int8") if folder else None
    if folder is None or graph is None:
        pytest.skip("the embedding model is not here: run `holdfast models get` (make setup does)")
    return minilm(folder, graph, wanted="int8")


@pytest.fixture
def endpoint() -> Iterator[EndpointEmbedder]:
    with EmbeddingServer() as server:
        yield EndpointEmbedder(
            EndpointSettings(url=server.url, model="served", dimension=server.dimension, deadline_s=5.0)
        )


class TestMiniLm(EmbedderContract):
    @pytest.fixture
    def part(self, mini: Embedder) -> Embedder:
        return mini


class TestEndpointEmbedder(EmbedderContract):
    @pytest.fixture
    def part(self, endpoint: EndpointEmbedder) -> Embedder:
        return endpoint


class TestJoiningEmbedder(EmbedderContract):
    @pytest.fixture
    def part(self, endpoint: EndpointEmbedder) -> Embedder:
        return JoiningEmbedder(endpoint)


class TestLsaEmbedder(EmbedderContract):
    @pytest.fixture
    def part(self, tmp_path: Path) -> Embedder:
        embedder = LsaEmbedder(LsaSettings(dimension=16), tmp_path)
        embedder.fit([*TORQUES, *ORDINARY_TEXTS] * 3)
        return embedder


class TestFittingLsa(FittableContract):
    @pytest.fixture
    def unfitted(self, tmp_path: Path) -> Fittable:
        return LsaEmbedder(LsaSettings(dimension=16), tmp_path)


class TestBagEmbedder(EmbedderContract):
    @pytest.fixture
    def part(self) -> Embedder:
        return BagEmbedder()
