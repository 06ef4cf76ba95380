"""A suite is worth something only if a part that breaks a law fails it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from holdfast.domain.checks import Checks, Citation
from holdfast.domain.outcomes import Answer, Ruling
from holdfast.domain.prompts import Prompt, Reply
from holdfast.stages.chunking.chunker import SectionChunker
from holdfast.testing.contracts import checker, chunker, decider, embedder, index, library, model, reranker
from holdfast.testing.contracts.samples import TORQUES, a_document, retrieved
from holdfast.testing.embedders import BagEmbedder
from holdfast.testing.fakes import FakeDecider, FakeModel, FakeReranker

DOCUMENT = a_document(*TORQUES)


@dataclass
class Bent:
    """A part whose one method makes something of what a good part made."""

    part: object
    bend: Callable[[object], object]
    version: str = "bent 1"
    fingerprint: str = "bent"
    dimension: int = 64

    def chunk(self, document):
        return self.bend(self.part.chunk(document))

    async def embed(self, texts, *, kind):
        return self.bend(await self.part.embed(texts, kind=kind))

    async def rerank(self, item, retrieved):
        return self.bend(await self.part.rerank(item, retrieved))

    def decide(self, item, prompt, reply, checks):
        return self.bend(self.part.decide(item, prompt, reply, checks))


def moved(chunks):
    return tuple(replace(chunk, start=chunk.start + 1, end=chunk.end + 1) for chunk in chunks)


def test_a_chunk_that_is_no_slice_is_noticed() -> None:
    suite = chunker.ChunkerContract()
    with pytest.raises(AssertionError):
        suite.test_a_chunk_is_a_slice_of_its_document(Bent(SectionChunker(), moved), DOCUMENT)
    with pytest.raises(AssertionError):
        suite.test_chunks_cover_the_text(Bent(SectionChunker(), lambda chunks: chunks[:-1]), DOCUMENT)


@pytest.mark.parametrize(
    "bend",
    [lambda rows: rows * 2, lambda rows: rows.astype(np.float64), lambda rows: rows[:, :-1]],
    ids=["not of length one", "float64", "another dimension"],
)
def test_vectors_of_another_shape_are_noticed(bend: Callable[[object], object]) -> None:
    with pytest.raises(AssertionError):
        embedder.EmbedderContract().test_a_row_for_each_text(Bent(BagEmbedder(), bend), "document")


def test_an_index_that_shows_what_is_closed_is_noticed() -> None:
    volumes = library.library()

    class Leaky:
        def search(self, query, *, principal):
            hits = hits_of(volumes)
            return {"sparse": hits[: query.k], "dense": hits[: query.k]}

    with pytest.raises(AssertionError):
        index.IndexContract().test_only_what_the_principal_may_see_is_found(Leaky(), volumes, library.ANA)


def hits_of(volumes):
    hit = retrieved(*TORQUES).hits[0]
    return tuple(replace(hit, chunk_id=n, document=one.document.path) for n, one in enumerate(volumes))


def test_a_reranker_that_loses_or_invents_hits_is_noticed() -> None:
    suite = reranker.RerankerContract()
    lost = Bent(FakeReranker(), lambda given: replace(given, hits=given.hits[:1]))
    invented = Bent(FakeReranker(), lambda given: replace(given, hits=given.hits * 2))
    with pytest.raises(AssertionError):
        suite.test_what_was_left_out_before_stays_told(lost)
    with pytest.raises(AssertionError):
        suite.test_nothing_is_invented(invented)


def test_a_model_whose_pieces_are_not_its_reply_is_noticed() -> None:
    class Stutters(FakeModel):
        async def generate(self, prompt: Prompt, call: object) -> AsyncIterator[str | Reply]:
            yield "and "
            yield Reply(text="or", model=self.name)

    with pytest.raises(AssertionError):
        model.ModelContract().test_the_pieces_are_the_reply(Stutters())


def test_a_quote_that_no_passage_holds_is_noticed() -> None:
    class Invents:
        def check(self, item: object, prompt: Prompt, reply: Reply) -> Checks:
            passage = prompt.passages[0]
            return Checks(
                citations=(
                    Citation(
                        n=1,
                        document=passage.document,
                        title="",
                        quote="made up",
                        start=passage.start,
                        end=passage.start + 7,
                    ),
                )
            )

    with pytest.raises(AssertionError):
        checker.CheckerContract().test_a_citation_is_a_span_of_its_passage(Invents(), "They take 24 Nm [1].")


def test_an_outcome_without_a_reason_is_noticed() -> None:
    silent = Bent(FakeDecider(), lambda _: Ruling(outcome=Answer(text="Yes.", citations=(), confidence=1)))
    prompt = decider.PROMPTS[0]
    with pytest.raises(AssertionError):
        decider.DeciderContract().test_every_outcome_says_why(silent, decider.GOOD, decider.REPLY, prompt)


def test_a_suite_without_its_part_says_what_to_override(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(
        "from holdfast.testing.contracts.chunker import ChunkerContract\nclass TestMine(ChunkerContract): ...\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert "override the fixture `part`: return a Chunker" in ended.stdout
