"""Embed with all-MiniLM-L6-v2 on this machine, without torch."""

from __future__ import annotations

from pathlib import Path

from holdfast.stages.embedding import pinned
from holdfast.stages.embedding.encoder import TextEncoder
from holdfast.stages.embedding.graphs import GRAPH_VERSION, BuiltGraph, Precision, build_graph
from holdfast.stages.embedding.local import LocalEmbedder
from holdfast.stages.embedding.model_cache import quiet


def minilm(
    model: Path, graph: BuiltGraph, *, wanted: Precision = "int8", threads: int = 0, query_cache: int = 1024
) -> LocalEmbedder:
    """Return the embedder over the model's folder and one of its built graphs; nothing is opened yet."""

    def opener() -> TextEncoder:
        # a damaged file is built anew from the weights rather than reported
        sound = graph if graph.is_intact else build_graph(model, wanted, quiet, anew=True)
        return TextEncoder(sound.path, model / pinned.TOKENIZER.name, max_tokens=pinned.MAX_TOKENS)

    return LocalEmbedder(
        opener,
        fingerprint=fingerprint(graph.precision),
        dimension=pinned.DIMENSION,
        threads=threads,
        query_cache=query_cache,
        notice="" if graph.precision == wanted else _SLOWER,
    )


def fingerprint(precision: Precision) -> str:
    """Return the name of everything that decides a vector.

    Versions of onnxruntime are left out: vectors of 1.22 and 1.32 are .9996 to each other (50 texts, mean
    cosine), far closer than int8 is to fp32, and an upgrade must not embed every corpus again.
    """
    return (
        f"minilm/{pinned.WEIGHTS.sha256[:12]}/{pinned.TOKENIZER.sha256[:8]}"
        f"/{pinned.MAX_TOKENS}/graph{GRAPH_VERSION}/{precision}"
    )


_SLOWER = "The int8 graph does not work on this machine: embedding runs in fp32, at less than half the speed."
