"""Open the embedder that a declaration asks for, or the next best one, said aloud."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from holdfast.calling.accounts import Account
from holdfast.calling.settings import PriceSettings
from holdfast.calling.shared import SharedCalls
from holdfast.errors import ProviderError, StorageError
from holdfast.protocols import Embedder
from holdfast.stages.embedding.batching import JoiningEmbedder
from holdfast.stages.embedding.code_in_words import CodeInWords
from holdfast.stages.embedding.endpoint import EndpointEmbedder
from holdfast.stages.embedding.graphs import build_graph, built_graph
from holdfast.stages.embedding.lsa import NOTICE, LsaEmbedder
from holdfast.stages.embedding.minilm import minilm
from holdfast.stages.embedding.model_cache import Progress, models_folder, quiet
from holdfast.stages.embedding.model_files import fetch_model_files, model_files
from holdfast.stages.embedding.onnx_folder import onnx_folder
from holdfast.stages.embedding.settings import EmbeddingSettings

_log = logging.getLogger(__name__)


def embedder_for(
    settings: EmbeddingSettings,
    *,
    state_folder: Path,
    root: Path = Path(),
    fetch: bool = True,
    wanted: str = "",
    progress: Progress = quiet,
    shared: SharedCalls | None = None,
    account: Account | None = None,
    prices: Mapping[str, PriceSettings] = MappingProxyType({}),
) -> Embedder:
    """Return the declared embedder.

    Relative folders start at `root`. With `fetch` a missing local model is fetched and its graph built
    (a question that only reads the index passes False and never waits for a network); when it cannot be
    had, LSA takes its place and `notice` says so. `wanted` is the fingerprint of the published index: of
    several LSA spaces that one is opened. An endpoint shares its breaker and limits with others by `shared`
    and puts its attempts on record by `account`, at `prices` where they name it.
    Raises DeclarationError, StorageError.
    """
    if settings.model == "endpoint":
        assert settings.endpoint is not None  # held by the settings' validator
        endpoint = EndpointEmbedder(settings.endpoint, shared=shared, account=account, prices=prices)
        return JoiningEmbedder(endpoint)
    if settings.model == "onnx":
        assert settings.onnx is not None
        return onnx_folder(
            settings.onnx, root=root, threads=settings.threads, query_cache=settings.query_cache
        )
    lsa_folder = state_folder / "lsa"
    if settings.model == "lsa":
        return LsaEmbedder(settings.lsa, lsa_folder, wanted=wanted)
    try:
        return _minilm(settings, fetch=fetch, progress=progress)
    except (ProviderError, StorageError) as error:
        _log.warning("%s. LSA takes its place", error)
        return LsaEmbedder(settings.lsa, lsa_folder, wanted=wanted, notice=f"{NOTICE} Why: {error}.")


def models_get(progress: Progress = quiet) -> Path:
    """Fetch the local model, build its graph, and return its folder; at once when both are there."""
    folder = fetch_model_files(models_folder(), progress)
    build_graph(folder, "int8", progress)
    return folder


def _minilm(settings: EmbeddingSettings, *, fetch: bool, progress: Progress) -> Embedder:
    models = models_folder()
    folder = model_files(models)
    graph = built_graph(folder, settings.precision) if folder else None
    if folder is None and fetch:
        folder = fetch_model_files(models, progress)
    if folder is None:
        raise StorageError(
            f"there is no embedding model in {models}", stage="embedding", move="Run `holdfast models get`"
        )
    if graph is None:
        graph = build_graph(folder, settings.precision, progress)
    embedder = minilm(
        folder,
        graph,
        wanted=settings.precision,
        threads=settings.threads,
        query_cache=settings.query_cache,
    )
    return CodeInWords(embedder) if settings.code_in_words else embedder
