"""The local model against vectors that sentence-transformers made."""

from __future__ import annotations

import asyncio
import sys

import numpy as np
import pytest

from holdfast.domain.queries import FloatArray
from holdfast.stages.embedding.graphs import BuiltGraph, Precision
from holdfast.stages.embedding.local import LocalEmbedder
from holdfast.stages.embedding.minilm import minilm

Embedders = dict[Precision, LocalEmbedder]


def vectors(embedder: LocalEmbedder, texts: list[str]) -> FloatArray:
    return asyncio.run(embedder.embed(texts, kind="document"))


def test_the_fp32_graph_gives_the_reference_vector_of_every_text(
    embedders: Embedders, reference: tuple[list[str], FloatArray]
) -> None:
    texts, expected = reference
    assert len(texts) == 50
    assert ((vectors(embedders["fp32"], texts) * expected).sum(axis=1)).min() >= 0.9999


def test_the_int8_graph_stays_close_to_the_reference(
    embedders: Embedders, reference: tuple[list[str], FloatArray]
) -> None:
    texts, expected = reference
    cosines = (vectors(embedders["int8"], texts) * expected).sum(axis=1)
    assert cosines.mean() >= 0.98
    assert cosines.min() >= 0.95


def test_rows_are_float32_and_of_length_one(
    embedders: Embedders, reference: tuple[list[str], FloatArray]
) -> None:
    made = vectors(embedders["int8"], reference[0])
    assert made.dtype == np.float32
    assert made.shape == (50, 384)
    assert np.allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)


def test_a_text_has_the_same_vector_whatever_its_neighbours_are(
    embedders: Embedders, reference: tuple[list[str], FloatArray]
) -> None:
    texts = reference[0]
    together = vectors(embedders["int8"], texts)
    alone = np.vstack([vectors(embedders["int8"], [text]) for text in texts[:12]])
    assert np.array_equal(together[:12], alone)


def test_a_query_and_a_document_of_the_same_words_are_the_same_vector(embedders: Embedders) -> None:
    text = "Which oil may be used?"
    query = asyncio.run(embedders["int8"].embed([text], kind="query"))
    assert np.array_equal(query, vectors(embedders["int8"], [text]))


def test_only_the_first_256_tokens_of_a_long_text_count(embedders: Embedders) -> None:
    start = "the seal leaks " * 200
    first, second = vectors(embedders["int8"], [start + "alpha", start + "omega " * 50_000])
    assert np.array_equal(first, second)


@pytest.mark.parametrize("text", ["", "\x00", "\ud800 lone surrogate", "\u202e", "🔧" * 300])
def test_odd_texts_have_vectors_too(embedders: Embedders, text: str) -> None:
    assert np.isfinite(vectors(embedders["int8"], [text])).all()


def test_no_texts_make_an_empty_matrix(embedders: Embedders) -> None:
    assert vectors(embedders["int8"], []).shape == (0, 384)


def test_fingerprints_tell_the_precisions_apart(embedders: Embedders) -> None:
    assert embedders["int8"].fingerprint != embedders["fp32"].fingerprint
    assert "53aa51172d14" in embedders["int8"].fingerprint


def test_a_graph_that_had_to_be_fp32_is_marked_and_said(embedders: Embedders, tmp_path) -> None:
    graph = BuiltGraph(path=tmp_path / "fp32.onnx", precision="fp32", cosine=1.0, sha256="")
    fallen_back = minilm(tmp_path, graph, wanted="int8")
    assert fallen_back.fingerprint == embedders["fp32"].fingerprint
    assert "fp32" in fallen_back.notice
    assert embedders["int8"].notice == ""


def test_embedding_needs_no_torch_and_no_onnx(model) -> None:
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from holdfast.stages.embedding.choose import embedder_for\n"
        "from holdfast.stages.embedding.settings import EmbeddingSettings\n"
        "assert 'onnxruntime' not in sys.modules\n"
        "e = embedder_for(EmbeddingSettings(), state_folder=Path('.'), fetch=False)\n"
        "asyncio.run(e.embed(['a'], kind='query'))\n"
        "assert e.fingerprint.startswith('minilm'), e.notice\n"
        "assert not {'torch', 'onnx', 'transformers'} & set(sys.modules)\n"
    )
    import subprocess  # noqa: PLC0415

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
