"""Code is read as it stands and in words; everything else as before."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from holdfast.domain.queries import FloatArray
from holdfast.protocols import EmbedsHere
from holdfast.stages.embedding.choose import embedder_for
from holdfast.stages.embedding.code_in_words import CodeInWords
from holdfast.stages.embedding.settings import EmbeddingSettings
from holdfast.testing.embedders import BagEmbedder

CODE, PROSE = "fn maxSize(&self) -> usize { self.max_size }", "the largest size a map may have"
WORDS = "fn max Size self - usize self.max size"


@pytest.fixture
def bag() -> BagEmbedder:
    return BagEmbedder(dimension=64)


def test_code_is_read_in_words_too_and_prose_is_not(bag: BagEmbedder) -> None:
    made = asyncio.run(CodeInWords(bag).embed([PROSE, CODE, PROSE], kind="document"))
    raw = asyncio.run(bag.embed([PROSE, CODE, WORDS], kind="document"))
    both = raw[1] + raw[2]
    assert np.array_equal(made[[0, 2]], raw[[0, 0]])
    assert np.allclose(made[1], both / np.linalg.norm(both), atol=1e-6)


def test_a_question_is_read_in_words_too_when_it_names_code(bag: BagEmbedder) -> None:
    made = asyncio.run(CodeInWords(bag).embed(["what is maxSize", PROSE], kind="query"))
    raw = asyncio.run(bag.embed(["what is maxSize", "what is max Size", PROSE], kind="query"))
    assert np.array_equal(made[1], raw[2])
    assert made[0] @ raw[1] > raw[0] @ raw[1]


def test_a_question_is_read_so_on_the_callers_thread_too() -> None:
    class Here(BagEmbedder):
        def embed_question(self, text: str) -> FloatArray:
            return self.vectors([text])[0]

    part = CodeInWords(Here(dimension=64))
    assert isinstance(part, EmbedsHere)
    asked = ["what is maxSize", PROSE]
    made = np.stack([part.embed_question(text) for text in asked])
    assert np.allclose(made, asyncio.run(part.embed(asked, kind="query")), atol=1e-6)
    assert not isinstance(CodeInWords(BagEmbedder(dimension=64)), EmbedsHere)


def test_marks_alone_are_read_once(bag: BagEmbedder) -> None:
    made = asyncio.run(CodeInWords(bag).embed(["{};"], kind="document"))
    assert np.array_equal(made, asyncio.run(bag.embed(["{};"], kind="document")))


def test_the_setting_decides_and_is_in_the_fingerprint(model, tmp_path) -> None:
    with_words, without = (
        embedder_for(EmbeddingSettings(code_in_words=wanted), state_folder=tmp_path, fetch=False)
        for wanted in (True, False)
    )
    assert with_words.fingerprint == f"{without.fingerprint}/code1"
    assert isinstance(with_words, CodeInWords)
