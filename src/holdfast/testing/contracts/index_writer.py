"""The laws of an IndexWriter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from holdfast.domain.access import AccessList
from holdfast.domain.indexing import Trouble
from holdfast.protocols import IndexWriter
from holdfast.testing.contracts.library import EMBEDDER, Volume, library
from holdfast.testing.records import SOURCE

Name = tuple[str, str]


class IndexWriterContract:
    """Override `part` with a writer of an empty index."""

    @pytest.fixture
    def part(self) -> IndexWriter:
        """Return the writer under test."""
        raise NotImplementedError("override the fixture `part`: return an IndexWriter of an empty index")

    def test_publishing_moves_readers_to_the_version_written(self, part: IndexWriter) -> None:
        """What was written counts for readers with the publication, not before."""
        version = part.version
        _write(part, library())
        before = part.chunk_count()
        assert part.publish() == version
        assert (before, part.chunk_count()) == (0, len(library()))

    def test_what_was_written_is_known(self, part: IndexWriter) -> None:
        """Stamp, skip key and access entries are those of the document."""
        volume = library()[0]
        _write(part, [volume])
        part.publish()
        known = part.known()[_name(volume)]
        assert (known.stamp, known.skip_key, known.parent) == (volume.document.stamp, "key", "")
        assert known.entries == volume.access.entries
        assert known.is_indexed
        assert not known.has_failed

    def test_a_second_revision_takes_the_place_of_the_first(self, part: IndexWriter) -> None:
        """A document is indexed once."""
        for _ in range(2):
            _write(part, library()[:1])
            part.publish()
        assert (part.chunk_count(), len(part.known())) == (1, 1)

    def test_a_removed_document_is_gone(self, part: IndexWriter) -> None:
        """With its chunks, and with nothing else."""
        one, other = library()[:2]
        _write(part, [one, other])
        part.publish()
        part.remove([_name(one)])
        part.publish()
        assert set(part.known()) == {_name(other)}
        assert part.chunk_count() == 1

    @pytest.mark.parametrize("keep", [True, False])
    def test_trouble_is_told_and_keeps_or_ends_the_last_good_revision(
        self,
        part: IndexWriter,
        keep: bool,  # noqa: FBT001
    ) -> None:
        """The problem names document, stage and reason either way."""
        volume = library()[0]
        _write(part, [volume])
        part.publish()
        part.trouble(_trouble(volume), keep_last_good=keep)
        part.publish()
        (problem,) = part.problems()
        assert (problem.document, problem.stage) == (volume.document.path, "parsing")
        assert problem.reason == "cut off"
        assert part.chunk_count() == (1 if keep else 0)
        assert part.known()[_name(volume)].is_indexed is keep

    def test_a_document_that_is_good_again_is_no_problem(self, part: IndexWriter) -> None:
        """Writing it ends its trouble."""
        volume = library()[0]
        part.trouble(_trouble(volume), keep_last_good=False)
        part.publish()
        _write(part, [volume])
        part.publish()
        assert part.problems() == ()

    def test_access_can_change_without_writing_the_document(self, part: IndexWriter) -> None:
        """The new entries are known at once."""
        volume = library()[0]
        _write(part, [volume])
        part.publish()
        part.refile_access({_name(volume): AccessList(entries=frozenset({"sales"}))})
        assert part.known()[_name(volume)].entries == frozenset({"sales"})

    def test_a_text_that_was_embedded_keeps_its_vector(self, part: IndexWriter) -> None:
        """For the next revision, and for another document that says the same."""
        volume = library()[0]
        text = volume.chunks[0].indexed
        assert part.kept_vectors([text, "never written"]) == {}
        _write(part, [volume])
        part.publish()
        kept = part.kept_vectors([text, "never written"])
        assert list(kept) == [text]
        assert np.allclose(kept[text], EMBEDDER.vectors([text])[0], atol=1e-3)

    def test_vectors_may_come_later(self, part: IndexWriter) -> None:
        """Chunks without one are handed out by text key until theirs is written."""
        _write(part, library()[:2], with_vectors=False)
        part.publish()
        lacking = part.without_vectors(10)
        assert len(lacking) == len(library()[:2])
        assert len(part.without_vectors(1)) == 1
        part.write_vectors([key for key, _ in lacking], EMBEDDER.vectors([text for _, text in lacking]))
        assert part.without_vectors(10) == []

    def test_standings_are_resolved_anew_only_after_a_change(self, part: IndexWriter) -> None:
        """A document that became another counts as changed where its standing had been resolved."""
        one, other = library()[:2]
        _write(part, [one, other])
        assert part.has_new_standings("rules 1")
        part.refile_standing({_name(one): other.document.path})
        part.publish()
        assert part.has_new_standings("rules 2")
        _write(part, [_retitled(one)])
        assert part.has_new_standings("rules 1")

    def test_every_document_says_its_standing(self, part: IndexWriter) -> None:
        """Titles and metadata are there for working out which document supersedes which."""
        _write(part, library())
        told = {(one.source, one.path) for one in part.standings()}
        assert told == {_name(volume) for volume in library()}


def _write(part: IndexWriter, volumes: Iterable[Volume], *, with_vectors: bool = True) -> None:
    for volume in volumes:
        vectors = volume.vectors if with_vectors else None
        part.write(volume.document, volume.chunks, vectors, parent="", skip_key="key")


def _retitled(volume: Volume) -> Volume:
    metadata = replace(volume.document.metadata, title="A title that it did not have")
    return replace(volume, document=replace(volume.document, metadata=metadata))


def _name(volume: Volume) -> Name:
    return SOURCE, volume.document.path


def _trouble(volume: Volume) -> Trouble:
    return Trouble(
        source=SOURCE, path=volume.document.path, parent="", stage="parsing", status="malformed",
        reason="cut off", stamp="2", skip_key="key",
    )  # fmt: skip
