from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from holdfast.domain.queries import FloatArray
from holdfast.protocols import Model
from holdfast.stages.generation.extractive import ExtractiveModel
from holdfast.stages.generation.providers import model_for
from holdfast.stages.generation.settings import RungSettings
from holdfast.testing.contracts.model import ModelContract
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.fakes import FakeModel
from holdfast.testing.provider import ProviderServer


class TestExtractiveModel(ModelContract):
    @pytest.fixture
    def part(self) -> Model:
        return ExtractiveModel(floor=0.0, dense=False)


class TestExtractiveModelWithEmbedder(ModelContract):
    @pytest.fixture
    def part(self) -> Model:
        async def embed(texts: Sequence[str]) -> FloatArray:
            return BagEmbedder().vectors(texts)

        return ExtractiveModel(embed=embed, floor=0.0)


class TestProviderModel(ModelContract):
    @pytest.fixture(params=["openai streamed", "openai whole", "anthropic streamed", "ollama streamed"])
    def part(self, request: pytest.FixtureRequest) -> Iterator[Model]:
        pytest.importorskip("pydantic_ai", reason="the extra `providers` is not installed")
        provider, way = request.param.split()
        with ProviderServer() as server:
            yield model_for(
                RungSettings.model_validate(
                    {
                        "provider": provider,
                        "model": "claude-haiku-4-5" if provider == "anthropic" else "gpt-4.1-mini",
                        "base_url": server.anthropic_url if provider == "anthropic" else server.openai_url,
                        "stream": way == "streamed",
                    }
                )
            )


class TestFakeModel(ModelContract):
    @pytest.fixture
    def part(self) -> Model:
        return FakeModel("The cover screws are tightened to 24 Nm [1].")
