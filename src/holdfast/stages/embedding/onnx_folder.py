"""Embed with any text model that lies in a local folder as ONNX."""

from __future__ import annotations

import hashlib
from pathlib import Path

from holdfast.domain.stages import Stage
from holdfast.errors import DeclarationError
from holdfast.stages.embedding.encoder import TextEncoder
from holdfast.stages.embedding.local import LocalEmbedder
from holdfast.stages.embedding.model_cache import sha256_of
from holdfast.stages.embedding.settings import OnnxFolderSettings


def onnx_folder(
    settings: OnnxFolderSettings, *, root: Path, threads: int = 0, query_cache: int = 1024
) -> LocalEmbedder:
    """Return the embedder of the declared folder; its dimension is read from a probe.

    The graph is opened here, because nothing else knows the dimension. Raises DeclarationError when a
    file is missing or the graph is not one of texts, StorageError when it cannot be opened.
    """
    folder = root / Path(settings.folder).expanduser()
    graph, tokenizer = _file(folder, "model.onnx", "onnx/model.onnx"), _file(folder, "tokenizer.json")
    encoder = TextEncoder(graph, tokenizer, max_tokens=settings.max_tokens, pooling=settings.pooling)
    return LocalEmbedder(
        lambda: encoder,
        fingerprint=_fingerprint(graph, tokenizer, settings),
        dimension=len(encoder.encode("probe")),
        threads=threads,
        query_cache=query_cache,
        query_prefix=settings.query_prefix,
        document_prefix=settings.document_prefix,
    )


def _file(folder: Path, *names: str) -> Path:
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise DeclarationError(
            f"{folder} holds no {names[0]}",
            stage=Stage.EMBEDDING,
            move="Correct embedding.onnx.folder; it needs model.onnx and tokenizer.json",
        )
    return found


def _fingerprint(graph: Path, tokenizer: Path, settings: OnnxFolderSettings) -> str:
    """Name files by content and the settings that change a vector, so that a replaced file is noticed."""
    digest = hashlib.sha256()
    beside = sorted(path for path in graph.parent.glob(f"{graph.name}[._]data*") if path.is_file())
    for path in (graph, *beside, tokenizer):
        digest.update(sha256_of(path).encode())
    said = (settings.pooling, settings.max_tokens, settings.query_prefix, settings.document_prefix)
    digest.update(repr(said).encode())
    return f"onnx/{digest.hexdigest()[:16]}"
