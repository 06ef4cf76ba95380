from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pytest

from holdfast.domain.access import AccessList
from holdfast.domain.indexing import SyncReport
from holdfast.domain.queries import FloatArray
from holdfast.errors import ProviderUnavailable, StorageError
from holdfast.flows.ingest import IngestParts
from holdfast.flows.sync import sync
from holdfast.telemetry.trail import StageClock
from holdfast.testing.fakes import FakeChunker, FakeEnricher, FakeIndexWriter, FakeParser, FakeSource


class Embedder:
    fingerprint = "two numbers"
    dimension = 2

    def __init__(self) -> None:
        self.is_down = False
        self.texts: list[str] = []

    async def embed(self, texts: Sequence[str], *, kind: Literal["document", "query"]) -> FloatArray:
        if self.is_down:
            raise ProviderUnavailable("the endpoint does not answer", stage="embedding", move="Try later.")
        self.texts.extend(texts)
        return np.ones((len(texts), 2), dtype=np.float32)


class LearningEmbedder(Embedder):
    is_fitted = False

    def fit(self, texts: Sequence[str]) -> None:
        self.learned = list(texts)
        self.is_fitted = True


class World:
    """One source and one index that outlive several syncs."""

    def __init__(self, embedder: Embedder | None = None) -> None:
        self.source = FakeSource({"a.md": "alpha\nbeta", "b.md": "gamma"})
        self.writer = FakeIndexWriter()
        self.parser = FakeParser()
        self.embedder = embedder or Embedder()

    def sync(self, *, rebuild: bool = False, may_vanish: bool = False) -> SyncReport:
        self.parser.parsed.clear()
        parts = IngestParts(
            parser=self.parser, enricher=FakeEnricher(), chunker=FakeChunker(), embedder=self.embedder,
            resolve=lambda _standings: {},
        )  # fmt: skip
        return asyncio.run(
            sync(
                [self.source], parts, self.writer, StageClock(),
                listings={self.source.name: self.source.survey()}, progress=lambda *_: None,
                rebuild=rebuild,
                may_vanish=may_vanish,
            )
        )  # fmt: skip

    @property
    def paths(self) -> list[str]:
        return sorted(path for _, path in self.writer.documents)


def counts(report: SyncReport) -> tuple[int, int, int, int, int]:
    return report.added, report.updated, report.removed, report.unchanged, report.failed


def test_everything_new_is_taken_in_and_nothing_is_read_twice() -> None:
    world = World()
    first = world.sync()
    assert counts(first) == (2, 0, 0, 0, 0)
    assert first.chunks == 3
    second = world.sync()
    assert counts(second) == (0, 0, 0, 2, 0)
    assert world.parser.parsed == []


def test_a_changed_document_is_read_again_and_only_that_one() -> None:
    world = World()
    world.sync()
    world.source.texts["a.md"] = "alpha\nbeta\ndelta"
    report = world.sync()
    assert counts(report) == (0, 1, 0, 1, 0)
    assert world.parser.parsed == ["a.md"]
    assert report.chunks == 4


def test_a_document_that_vanished_is_removed() -> None:
    world = World()
    world.sync()
    del world.source.texts["b.md"]
    assert counts(world.sync()) == (0, 0, 1, 1, 0)
    assert world.paths == ["a.md"]


def test_a_folder_that_could_not_be_listed_loses_nothing() -> None:
    world = World()
    world.source.texts = {"a.md": "alpha", "share/b.md": "gamma"}
    world.sync()
    del world.source.texts["share/b.md"]
    world.source.unlisted = ("share",)
    assert counts(world.sync())[2] == 0
    assert world.paths == ["a.md", "share/b.md"]


def test_a_change_of_access_alone_reads_nothing_and_embeds_nothing() -> None:
    world = World()
    world.sync()
    world.embedder.texts.clear()
    world.source.access["a.md"] = AccessList(entries=frozenset({"service"}))
    report = world.sync()
    assert report.access_changed == 1
    assert world.parser.parsed == []
    assert world.embedder.texts == []
    assert world.writer.documents["fake", "a.md"].entries == frozenset({"service"})


@pytest.mark.parametrize("status", ["malformed", "timeout", "crashed", "limit_memory"])
def test_a_file_that_can_no_longer_be_read_keeps_its_last_good_revision_and_is_listed(status: str) -> None:
    world = World()
    world.sync()
    world.source.texts["a.md"] = f"!{status}"
    report = world.sync()
    assert report.failed == 1
    assert world.paths == ["a.md", "b.md"]
    assert [problem.document for problem in report.problems] == ["a.md"]


@pytest.mark.parametrize("status", ["empty", "encrypted", "unsupported", "needs_ocr"])
def test_a_file_that_holds_no_text_any_more_ends_its_old_revision(status: str) -> None:
    world = World()
    world.sync()
    world.source.texts["a.md"] = f"!{status}"
    report = world.sync()
    assert report.failed == 1
    assert world.paths == ["b.md"]
    assert [problem.document for problem in report.problems] == ["a.md"]


def test_a_bad_file_is_not_parsed_again_until_it_changes_but_is_listed_every_time() -> None:
    world = World()
    world.source.texts["bad.pdf"] = "!malformed"
    assert world.sync().failed == 1
    report = world.sync()
    assert world.parser.parsed == []
    assert report.failed == 1
    assert [problem.document for problem in report.problems] == ["bad.pdf"]
    world.source.texts["bad.pdf"] = "mended"
    assert world.sync().problems == ()


@pytest.mark.parametrize("name", ["attachment://invoice.pdf", "lookup:orders"])
def test_a_document_named_as_what_has_no_access_list_is_listed_and_not_taken_in(name: str) -> None:
    world = World()
    world.source = FakeSource({"a.md": "alpha", name: "gamma"})
    report = world.sync()
    assert counts(report) == (1, 0, 0, 0, 1)
    assert world.paths == ["a.md"]
    (problem,) = report.problems
    assert problem.document == name
    assert "name it otherwise" in problem.reason
    assert counts(world.sync()) == (0, 0, 0, 1, 1)


def test_an_unreadable_file_is_tried_again_at_every_sync() -> None:
    world = World()
    world.source.unreadable.add("a.md")
    assert world.sync().failed == 1
    assert world.sync().failed == 1
    world.source.unreadable.clear()
    assert counts(world.sync()) == (1, 0, 0, 1, 0)


def test_a_provider_that_is_down_leaves_chunks_to_be_embedded_by_the_next_sync() -> None:
    world = World()
    world.embedder.is_down = True
    report = world.sync()
    assert report.added == 2
    assert "words only" in report.notices[0]
    world.embedder.is_down = False
    assert world.sync().notices == ()
    assert sorted(world.embedder.texts) == ["alpha", "beta", "gamma"]


def test_an_embedder_that_learns_is_shown_the_corpus_before_it_embeds() -> None:
    embedder = LearningEmbedder()
    world = World(embedder)
    world.sync()
    assert sorted(embedder.learned) == ["alpha", "beta", "gamma"]
    assert sorted(embedder.texts) == ["alpha", "beta", "gamma"]


def test_a_rebuild_reads_everything_anew() -> None:
    world = World()
    world.sync()
    world.sync(rebuild=True)
    assert sorted(world.parser.parsed) == ["a.md", "b.md"]


def test_a_source_that_looks_emptied_is_refused_until_somebody_says_so() -> None:
    world = World()
    world.source.texts = {f"{number}.md": "text" for number in range(12)}
    world.sync()
    world.source.texts = {}
    with pytest.raises(StorageError, match="all 12 documents of fake have vanished"):
        world.sync()
    assert len(world.paths) == 12
    assert world.sync(may_vanish=True).removed == 12


def test_a_folder_below_that_looks_emptied_is_refused_and_one_that_is_gone_is_not() -> None:
    world = World()
    world.source.texts = {f"share/{number}.md": "text" for number in range(12)} | {"top.md": "text"}
    world.sync()
    world.source.texts = {"top.md": "text"}
    world.source.empty = ("other", "share")
    with pytest.raises(StorageError, match="all 12 documents of fake/share have vanished"):
        world.sync()
    assert len(world.paths) == 13
    world.source.empty = ()
    assert world.sync().removed == 12


def test_only_texts_without_a_vector_are_embedded_whatever_their_document_is_called() -> None:
    world = World()
    world.sync()
    assert sorted(world.embedder.texts) == ["alpha", "beta", "gamma"]
    world.embedder.texts.clear()
    world.source.texts = {"renamed.md": "alpha\nbeta\ndelta", "b.md": "gamma\ngamma"}
    assert world.sync().added == 1
    assert world.embedder.texts == ["delta"]
    world.embedder.texts.clear()
    world.sync(rebuild=True)
    assert world.embedder.texts == []


class SlowToOpen(Embedder):
    """Says when it was got ready, and fails to be when told so."""

    fails = False

    def __init__(self) -> None:
        super().__init__()
        self.readied = 0

    def prepare(self) -> None:
        self.readied += 1
        if self.fails:
            raise StorageError("the graph is damaged", stage="embedding", move="Fetch it again.")


def test_parts_get_ready_once_and_only_when_a_document_needs_them() -> None:
    embedder = SlowToOpen()
    world = World(embedder)
    world.sync()
    assert embedder.readied == 1
    world.sync()
    assert embedder.readied == 1


def test_a_part_that_cannot_get_ready_leaves_the_error_to_the_document_that_needs_it() -> None:
    embedder = SlowToOpen()
    embedder.fails = True
    assert counts(World(embedder).sync()) == (2, 0, 0, 0, 0)
