from __future__ import annotations

from collections.abc import Iterator

import pytest

from holdfast.protocols import Reranker
from holdfast.stages.reranking.endpoint import reranker_for
from holdfast.stages.reranking.keep import KeepOrder
from holdfast.stages.reranking.settings import RerankingSettings
from holdfast.testing.contracts.reranker import RerankerContract
from holdfast.testing.fakes import FakeReranker
from holdfast.testing.provider import ProviderServer, Scripted


def _endpoint(server: ProviderServer) -> Reranker:
    return reranker_for(
        RerankingSettings(url=server.rerank_url, model="rerank-3", tries=1, keep=8, candidates=10)
    )


class TestKeepOrder(RerankerContract):
    @pytest.fixture
    def part(self) -> Reranker:
        return KeepOrder(keep=5)


class TestEndpointReranker(RerankerContract):
    @pytest.fixture
    def part(self) -> Iterator[Reranker]:
        with ProviderServer() as server:
            yield _endpoint(server)


class TestEndpointRerankerWhoseEndpointIsDown(RerankerContract):
    @pytest.fixture
    def part(self) -> Iterator[Reranker]:
        with ProviderServer([Scripted(status=503)]) as server:
            yield _endpoint(server)


class TestFakeReranker(RerankerContract):
    @pytest.fixture
    def part(self) -> Reranker:
        return FakeReranker()
