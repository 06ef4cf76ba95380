"""Latent semantic analysis of the corpus, for when there is no model."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.domain.queries import FloatArray
from holdfast.errors import ProviderUnavailable, StorageError
from holdfast.protocols import Fittable
from holdfast.stages.embedding.latent_space import right_directions
from holdfast.stages.embedding.lsa import LsaEmbedder
from holdfast.stages.embedding.settings import LsaSettings
from holdfast.stages.embedding.term_matrix import SparseRows, tf_idf, vocabulary

CORPUS = [
    "the pump leaks oil at the shaft seal",
    "replace the shaft seal when the pump leaks",
    "oil drips from the seal of the pump",
    "tighten the flange bolts with a wrench",
    "the wrench turns the bolts of the flange",
    "invoice and payment are due in thirty days",
    "the payment of an invoice takes thirty days",
]


def embed(
    embedder: LsaEmbedder, texts: list[str], kind: Literal["document", "query"] = "document"
) -> FloatArray:
    return asyncio.run(embedder.embed(texts, kind=kind))


def fitted(folder: Path, texts: list[str] = CORPUS, **changed: int) -> LsaEmbedder:
    embedder = LsaEmbedder(LsaSettings(dimension=16, **changed), folder)
    embedder.fit(texts)
    return embedder


def test_words_that_occur_together_come_close(tmp_path: Path) -> None:
    embedder = fitted(tmp_path)
    [query] = embed(embedder, ["drips"], "query")
    scores = embed(embedder, CORPUS) @ query
    assert set(np.argsort(-scores)[:3]) == {0, 1, 2}


def test_before_the_first_fit_it_says_what_to_do(tmp_path: Path) -> None:
    embedder = LsaEmbedder(LsaSettings(), tmp_path)
    assert isinstance(embedder, Fittable)
    assert not embedder.is_fitted
    with pytest.raises(ProviderUnavailable, match=r"embedding: .* Run `holdfast sync`"):
        embed(embedder, ["a"])


def test_what_was_learned_is_there_for_the_next_process(tmp_path: Path) -> None:
    first = fitted(tmp_path)
    second = LsaEmbedder(LsaSettings(dimension=16), tmp_path)
    assert second.is_fitted
    assert second.fingerprint == first.fingerprint
    assert np.array_equal(embed(first, CORPUS), embed(second, CORPUS))


def test_the_same_corpus_gives_the_same_fingerprint_and_another_one_another(tmp_path: Path) -> None:
    first = fitted(tmp_path / "a").fingerprint
    assert fitted(tmp_path / "b").fingerprint == first
    assert fitted(tmp_path / "c", CORPUS[:4]).fingerprint != first


def test_the_space_of_the_published_index_can_be_opened_after_a_newer_fit(tmp_path: Path) -> None:
    old = fitted(tmp_path)
    before = embed(old, CORPUS)
    new = fitted(tmp_path, CORPUS[:5])
    assert LsaEmbedder(LsaSettings(dimension=16), tmp_path).fingerprint == new.fingerprint
    again = LsaEmbedder(LsaSettings(dimension=16), tmp_path, wanted=old.fingerprint)
    assert again.fingerprint == old.fingerprint
    assert np.array_equal(embed(again, CORPUS), before)


def test_only_a_few_spaces_are_kept(tmp_path: Path) -> None:
    for size in range(1, 7):
        fitted(tmp_path, CORPUS[:size])
    assert len(list(tmp_path.iterdir())) == 3


def test_a_damaged_file_means_learning_anew(tmp_path: Path) -> None:
    fitted(tmp_path)
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:100])
    assert not LsaEmbedder(LsaSettings(dimension=16), tmp_path).is_fitted


def test_a_question_of_unknown_words_is_close_to_nothing(tmp_path: Path) -> None:
    embedder = fitted(tmp_path)
    queries = embed(embedder, ["zzz qqq", ""], "query")
    documents = embed(embedder, [*CORPUS, "xyzzy", ""])
    assert np.allclose(np.linalg.norm(queries, axis=1), 1)
    assert not (queries @ documents.T).any()


def test_its_use_is_said_aloud(tmp_path: Path) -> None:
    assert "No embedding model" in LsaEmbedder(LsaSettings(), tmp_path).notice


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"cannot be stored in .*file"):
        fitted(tmp_path / "file" / "lsa")


@pytest.mark.parametrize("texts", [[], [""], ["one"], ["same same"] * 3, ["..."]])
def test_a_poor_corpus_still_gives_vectors_of_length_one(tmp_path: Path, texts: list[str]) -> None:
    made = embed(fitted(tmp_path, texts), ["one", "same", ""])
    assert made.shape == (3, 16)
    assert np.allclose(np.linalg.norm(made, axis=1), 1)


def test_a_sample_bounds_what_is_learned_from(tmp_path: Path) -> None:
    texts = [f"number {place % 40} of the list {place % 7}" for place in range(900)]
    embedder = fitted(tmp_path, texts, sample=100)
    assert embed(embedder, texts[:5]).shape == (5, 16)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="abc ", max_size=12), max_size=8))
def test_every_row_has_length_one_whatever_was_learned(texts: list[str]) -> None:
    weighted = vocabulary(texts, terms_at_most=5)
    rows = tf_idf(texts, {term: place for place, term in enumerate(weighted)}, _idf(weighted))
    dense = _dense(rows)
    lengths = np.linalg.norm(dense, axis=1)
    assert dense.shape == (len(texts), len(weighted))
    assert np.all(np.isclose(lengths, 1, atol=1e-5) | (lengths == 0))
    assert np.allclose(_dense(rows.transposed()), dense.T)
    other = np.random.default_rng(0).standard_normal((len(weighted), 3), dtype=np.float32)
    assert np.allclose(rows.times(other), dense @ other, atol=1e-5)


def test_the_directions_are_those_of_a_full_decomposition() -> None:
    words = np.random.default_rng(5).choice(list("abcdefghijklmnop"), size=(60, 12))
    texts = [" ".join(row) for row in words]
    weighted = vocabulary(texts, terms_at_most=50)
    rows = tf_idf(texts, {term: place for place, term in enumerate(weighted)}, _idf(weighted))
    found = right_directions(rows, rank=4)
    exact = np.linalg.svd(_dense(rows))[2][:4].T
    assert np.allclose(np.abs((found * exact).sum(axis=0)), 1, atol=1e-3)
    assert np.allclose(found.T @ found, np.eye(4), atol=1e-3)


def _idf(weighted: dict[str, float]) -> FloatArray:
    return np.array(list(weighted.values()), dtype=np.float32)


def _dense(rows: SparseRows) -> FloatArray:
    dense = np.zeros((rows.height, rows.width), dtype=np.float32)
    for row in range(rows.height):
        part = slice(rows.starts[row], rows.starts[row + 1])
        dense[row, rows.columns[part]] = rows.values[part]
    return dense
